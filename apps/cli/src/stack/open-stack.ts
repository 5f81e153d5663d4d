/** Proxy, mock API and plugin endpoints on one runtime, in one process: the whole of `start`, a part of it for `proxy`, and what `run` builds on. */

import { writeCount } from "@faultwire/fault-engine/internal";
import type { LlmMock } from "@faultwire/llm-mock";
import type { PluginServer, PluginServerOptions } from "@faultwire/plugin-server";
import { type ProxySettings, type ReplayCounts, type RunningProxy, startProxy } from "@faultwire/proxy";
import { stoodInNames } from "@faultwire/proxy/internal";
import type { Recorder } from "@faultwire/recordings";
import type { MockSettings } from "../mock-options.ts";
import type { RunningRuntime } from "../running-runtime.ts";
import { upstreamProxySetting } from "../upstream-proxy-setting.ts";
import { listenError } from "./listen-error.ts";
import { outcomeRoute } from "./outcome-route.ts";
import { type RecordingSettings, type RunningRecorder, startRecorder } from "./recording.ts";

/** What a stack stands on: what `startRuntime` opens, or the like of it. */
export type StackRuntime = Omit<RunningRuntime, "traffic">;

/** What is opened. */
export interface StackOptions {
  /** With `ownUpstream` where there is a mock. The stack closes it. */
  readonly runtime: StackRuntime;
  /** Where the proxy listens, and what it may reach. Entries of `resolve` win over the mock. */
  readonly proxy?: Omit<ProxySettings, "upstreamProxy" | "mock" | "replay">;
  /** A proxy on the way to upstreams, as `--upstream-proxy` says it. Default `env`. */
  readonly upstreamProxy?: string;
  /**
   * A mock API that stands in for the targets at every port; port 0 takes a free one. Left out, upstreams are the real ones.
   */
  readonly mock?: { readonly port: number } & MockSettings;
  /** A recorder beside the proxy, and a replay that stands in for the targets in the place of a mock. */
  readonly recording?: RecordingSettings;
  /** gRPC endpoints for a Fault proxy, on the same rules. Left out, there are none. */
  readonly plugin?: Omit<PluginServerOptions, "runtime">;
  /** The flag that names the proxy's port, for errors; default `--proxy-port`. */
  readonly portFlag?: string;
}

/** What runs. */
export interface Stack {
  readonly runtime: StackRuntime;
  readonly proxy: RunningProxy;
  readonly mock: LlmMock | undefined;
  readonly plugin: PluginServer | undefined;
  /** Why exchanges are not recorded any more, in words; `undefined` where they are, or none were to be. */
  readonly recordingStopped: () => string | undefined;
  /** How many recordings answer; `undefined` without a replay. */
  readonly replayed: number | undefined;
  /** What the replay has done so far; `undefined` without one. */
  readonly replayCounts: () => ReplayCounts | undefined;
  /** Hosts whose connections end at the mock, or at the replay; empty without one. `*.name` stands for all below a name. */
  readonly mockedHosts: readonly string[];
  /**
   * Ends it: first what carries connections, then the runtime, which writes reports and sets the exit status, then the mock.
   *
   * @param hurry - Ends the wait for a Fault proxy that works with the plugin.
   */
  close(hurry?: AbortSignal): Promise<void>;
}

/**
 * Opens what the options say. If a part can't be opened, those before it are closed; the runtime is closed as well.
 *
 * @throws UsageError, ProxyError, PluginServerError, LlmMockError: what the user has to mend.
 */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { runtime } = options;
  const { recording = {} } = options;
  const hasStandIn = options.mock !== undefined || recording.replay !== undefined;
  const mockedHosts = hasStandIn ? stoodInNames(runtime) : [];
  let recorder: RunningRecorder | undefined;
  let plugin: PluginServer | undefined;
  let proxy: RunningProxy | undefined;
  const close = async (hasServed: boolean, hurry?: AbortSignal): Promise<void> => {
    await Promise.all([proxy?.close(), plugin?.close(hurry && { hurry })]);
    // Behind the proxy, which may have passed something on until its end.
    await recorder?.close();
    if (recorder && hasServed)
      runtime.logger.info(
        {
          event: "recorded",
          folder: recording.record,
          exchanges: recorder.written(),
          notRecorded: recorder.left(),
        },
        `recorded ${writeCount(recorder.written(), "exchange")} in ${recording.record}`,
      );
    // What was asked for was not done. A run has a status of its own.
    if (recorder?.stopped() !== undefined) process.exitCode = 1;
    await runtime.close(hasServed);
  };
  const opening = options.plugin && startPlugin(runtime, options.plugin);
  // If the mock fails first, nobody waits for this one yet.
  opening?.catch(() => {});
  try {
    recorder = recording.record === undefined ? undefined : await startRecorder(recording.record, runtime);
    plugin = await opening;
    const running = await startOwnProxy(options, recorder);
    proxy = running;
    return {
      ...{ runtime, proxy: running, mock: running.mock, plugin, mockedHosts },
      recordingStopped: () => recorder?.stopped(),
      replayed: running.replay?.recordings,
      replayCounts: () => running.replay?.counts(),
      close: (hurry) => close(true, hurry),
    };
  } catch (error) {
    plugin ??= await opening?.catch(() => undefined);
    await close(false);
    throw error;
  }
}

async function startPlugin(
  runtime: StackRuntime,
  options: Omit<PluginServerOptions, "runtime">,
): Promise<PluginServer> {
  const { startPluginServer } = await import("@faultwire/plugin-server");
  return startPluginServer({ ...options, runtime });
}

function startOwnProxy(
  { runtime, proxy = {}, mock, recording, upstreamProxy = "env", portFlag = "--proxy-port" }: StackOptions,
  recorder: Recorder | undefined,
): Promise<RunningProxy> {
  const { host = "127.0.0.1", port = 3180 } = proxy;
  return startProxy({
    ...proxy,
    ...upstreamProxySetting(upstreamProxy, process.env),
    ...(mock && { mock }),
    ...(recording?.replay && { replay: recording.replay }),
    ...(recorder && { tap: recorder.tap }),
    routes: [outcomeRoute(runtime), ...(proxy.routes ?? [])],
    // The stack closes the runtime, after every carrier.
    runtime: { ...runtime, close: () => Promise.resolve(undefined) },
  }).catch((error: unknown) => {
    if ((error as Error).name === "LlmMockError")
      throw listenError(error, "127.0.0.1", mock?.port ?? 0, "--mock-port");
    throw listenError(error, host, port, portFlag);
  });
}
