/** Proxy, mock API and plugin endpoints on one runtime, in one process: the whole of `start`, a part of it for `proxy`, and what `run` builds on. */
import type { LlmMock } from "@faultwire/llm-mock";
import type { PluginServer, PluginServerOptions } from "@faultwire/plugin-server";
import { type ProxySettings, type RunningProxy, startProxy } from "@faultwire/proxy";
import type { Recorder } from "@faultwire/recordings";
import { defaultTargetHost } from "@faultwire/runtime/internal";
import type { MockSettings } from "../mock-options.ts";
import type { RunningRuntime } from "../running-runtime.ts";
import { countText } from "../traffic/plain-text.ts";
import { upstreamProxySetting } from "../upstream-proxy-setting.ts";
import { listenError } from "./listen-error.ts";
import { outcomeRoute } from "./outcome-route.ts";
import {
  type RecordingSettings,
  type ReplayCounts,
  type RunningRecorder,
  type RunningReplay,
  startRecorder,
  startReplayOf,
} from "./recording.ts";
import { openWayOut, type WayOut } from "./way-out.ts";

/** What a stack stands on: what `startRuntime` opens, or the like of it. */
export type StackRuntime = Omit<RunningRuntime, "traffic">;

/** What is opened. */
export interface StackOptions {
  /** With `ownUpstream` where there is a mock. The stack closes it. */
  readonly runtime: StackRuntime;
  /** Where the proxy listens, and what it may reach. Entries of `resolve` win over the mock. */
  readonly proxy?: Omit<ProxySettings, "upstreamProxy">;
  /** A proxy on the way to upstreams, as `--upstream-proxy` says it. Default `env`. */
  readonly upstreamProxy?: string;
  /**
   * A mock API that stands in for the targets at port 443; port 0 takes a free one. Another one beside it, on a free port, does so
   * in clear at port 80. Left out, upstreams are the real ones.
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
  /** The one that speaks HTTPS. */
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
  const mockedHosts = hasStandIn ? mockableHosts(runtime.rules.sources.targets) : [];
  let mocks: Mocks | undefined;
  let replay: RunningReplay | undefined;
  let wayOut: WayOut | undefined;
  let recorder: RunningRecorder | undefined;
  let plugin: PluginServer | undefined;
  let proxy: RunningProxy | undefined;
  const close = async (hasServed: boolean, hurry?: AbortSignal): Promise<void> => {
    try {
      await Promise.all([proxy?.close(), plugin?.close(hurry && { hurry })]);
      // Behind the proxy: what it still passes on is recorded by the replay.
      await replay?.replay.close();
      await recorder?.close();
      if (replay && hasServed)
        runtime.logger.info(
          { event: "replayed", folder: recording.replay?.folder, ...replay.counts() },
          replay.summary(),
        );
      if (recorder && hasServed)
        runtime.logger.info(
          {
            event: "recorded",
            folder: recording.record,
            exchanges: recorder.written(),
            notRecorded: recorder.left(),
          },
          `recorded ${countText(recorder.written(), "exchange")} in ${recording.record}`,
        );
      // What was asked for was not done. A run has a status of its own.
      if (recorder?.stopped() !== undefined) process.exitCode = 1;
      await runtime.close(hasServed);
    } finally {
      // Also where a report can't be written: a server that listens keeps the process alive.
      const standIns = [mocks?.secure, mocks?.clear, replay?.replay, wayOut].filter(
        (one) => one !== undefined,
      );
      await Promise.all(standIns.map((one) => one.close()));
    }
  };
  const opening = options.plugin && startPlugin(runtime, options.plugin);
  // If the mock fails first, nobody waits for this one yet.
  opening?.catch(() => {});
  try {
    recorder = recording.record === undefined ? undefined : await startRecorder(recording.record, runtime);
    if (recording.replay?.passes) wayOut = await openWayOut(runtime, wayOutSettings(options));
    const pass = wayOut && { connect: wayOut.connect, ...(recorder && { tap: recorder.tap }) };
    replay = recording.replay && (await startReplayOf(recording.replay, runtime, pass));
    mocks = options.mock && (await startMocks(runtime, options.mock, options.proxy?.http2 === "on"));
    plugin = await opening;
    // With a replay the recorder hears what that passes on, and nothing else.
    proxy = await startOwnProxy(
      options,
      standInOf(mocks, replay, wayOut !== undefined),
      replay ? undefined : recorder,
    );
    return {
      ...{ runtime, proxy, mock: mocks?.secure, plugin, mockedHosts },
      recordingStopped: () => recorder?.stopped(),
      replayed: replay?.recordings.size,
      replayCounts: () => replay?.counts(),
      close: (hurry) => close(true, hurry),
    };
  } catch (error) {
    plugin ??= await opening?.catch(() => undefined);
    await close(false);
    throw error;
  }
}

/**
 * Of target patterns, the names that a mock can stand in for. Anthropic's API is always one of them, so that a program which
 * asks it is not sent to the real one by mistake.
 */
function mockableHosts(targets: readonly string[]): readonly string[] {
  const names = targets.filter((target) => target === "*" || /^(?:\*\.)?[^*]+$/.test(target));
  return [...new Set([defaultTargetHost, ...names])];
}

/** The mock for HTTPS, and the one for requests in clear: a target's request must not leave this machine either way. */
interface Mocks {
  readonly secure: LlmMock;
  readonly clear: LlmMock;
}

async function startMocks(
  { authority }: StackRuntime,
  { port, ...settings }: { readonly port: number } & MockSettings,
  prefersHttp2: boolean,
): Promise<Mocks> {
  const { startLlmMock } = await import("@faultwire/llm-mock");
  const host = "127.0.0.1";
  const secure = await startLlmMock({
    ...settings,
    host,
    port,
    prefersHttp2,
    tls: { secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext() },
  }).catch((error: unknown) => {
    throw listenError(error, host, port, "--mock-port");
  });
  try {
    return { secure, clear: await startLlmMock({ ...settings, host }) };
  } catch (error) {
    await secure.close();
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

/** What stands in for upstreams: ports on loopback, and authorities that are led there besides the targets. */
interface StandIn {
  readonly secure: number;
  readonly clear: number;
  /** `HOST:PORT` to one of the two ports. */
  readonly others: Readonly<Record<string, number>>;
  /** Where a name leads that is given counts behind it, on the way to the real API. */
  readonly passes: boolean;
}

function standInOf(
  mocks: Mocks | undefined,
  running: RunningReplay | undefined,
  passes: boolean,
): StandIn | undefined {
  if (!running)
    return mocks && { secure: mocks.secure.port, clear: mocks.clear.port, others: {}, passes: false };
  const { port } = running.replay;
  const others = running.recordings.origins.map(({ scheme, host }) => {
    const authority = /:\d+$/.test(host) ? host : `${host}:${scheme === "https" ? 443 : 80}`;
    return [authority, port] as const;
  });
  return { secure: port, clear: port, others: Object.fromEntries(others), passes };
}

/** What the way to the real APIs has of the proxy: where names lead, and what is between. */
function wayOutSettings({
  proxy = {},
  upstreamProxy = "env",
}: StackOptions): Parameters<typeof openWayOut>[1] {
  const { resolve, lookup, limits, allowPrivate } = proxy;
  return {
    ...upstreamProxySetting(upstreamProxy, process.env),
    ...(resolve && { resolve }),
    ...(lookup && { lookup }),
    ...(limits && { limits }),
    ...(allowPrivate !== undefined && { allowPrivate }),
  };
}

/** Leads targets to what stands in for them; those that a rule file names later as well, and for good. */
function standingIn(
  { secure, clear, others, passes }: StandIn,
  { rules }: StackRuntime,
  given: NonNullable<ProxySettings["resolve"]>,
): () => Readonly<Record<string, string>> {
  let targets: readonly string[] | undefined;
  const recorded = Object.fromEntries(
    Object.entries(others).map(([name, port]) => [name, `127.0.0.1:${port}`] as const),
  );
  const first = typeof given === "function" ? given() : given;
  const mocked: Record<string, string> = {};
  let entries: Record<string, string> = {};
  return () => {
    if (rules.sources.targets !== targets) {
      targets = rules.sources.targets;
      for (const name of mockableHosts(targets)) {
        mocked[`${name}:443`] ??= `127.0.0.1:${secure}`;
        mocked[`${name}:80`] ??= `127.0.0.1:${clear}`;
        // A replay speaks both on one port: so no other port of a target leads past it.
        if (secure === clear) mocked[name] ??= `127.0.0.1:${secure}`;
      }
      // The first entry that fits a name counts; of two for the same name the last value does.
      const ours = { ...recorded, ...mocked };
      entries = passes
        ? { ...ours, ...first, ...ours }
        : { ...recorded, ...first, ...mocked, ...recorded, ...first };
    }
    return entries;
  };
}

function startOwnProxy(
  { runtime, proxy = {}, upstreamProxy = "env", portFlag = "--proxy-port" }: StackOptions,
  standIn: StandIn | undefined,
  recorder: Recorder | undefined,
): Promise<RunningProxy> {
  const { host = "127.0.0.1", port = 3180, resolve = {} } = proxy;
  return startProxy({
    ...proxy,
    ...upstreamProxySetting(upstreamProxy, process.env),
    resolve: standIn ? standingIn(standIn, runtime, resolve) : resolve,
    ...(recorder && { tap: recorder.tap }),
    routes: [outcomeRoute(runtime), ...(proxy.routes ?? [])],
    // The stack closes the runtime, after every carrier.
    runtime: { ...runtime, close: () => Promise.resolve(undefined) },
  }).catch((error: unknown) => {
    throw listenError(error, host, port, portFlag);
  });
}
