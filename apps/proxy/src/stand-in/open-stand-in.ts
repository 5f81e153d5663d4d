/** What answers for the targets in the place of the real APIs: a mock, or recordings. */
import type { TapUpstream } from "@faultwire/fault-session";
import type { LlmMock } from "@faultwire/llm-mock";
import type { PassOn } from "@faultwire/recordings";
import type { Runtime } from "@faultwire/runtime";
import { ProxyError } from "../proxy-error.ts";
import type { ProxyOptions, ProxySettings, RunningProxy } from "../proxy-options.ts";
import type { Resolver } from "../upstream/resolve-table.ts";
import { type Answered, type RunningReplay, startReplayOf } from "./replay.ts";
import type { StandInSettings } from "./stand-in-settings.ts";
import { leadingTo, stoodInHosts } from "./stood-in-hosts.ts";
import { openWayOut, type WayOut, type WayOutSettings } from "./way-out.ts";

/** What answers for the targets. */
export interface StandIn {
  readonly mock: LlmMock | undefined;
  readonly replay: RunningReplay | undefined;
  /** Who has answered which request; `undefined` where it is the mock that answers all. */
  readonly answered: Answered | undefined;
  /** Where it listens on loopback. */
  readonly port: number;
  /** Whether it speaks HTTP/1.1 alone: a replay that passes on, which does so by HTTP/1.1. */
  readonly hasHttp1Alone: boolean;
  /** The runtime for connections that may end there: our own CA vouches for it. */
  readonly runtime: Runtime;
  readonly answersFor: (host: string) => boolean;
  /** Leads there what it answers for. */
  readonly leads: (given: Resolver) => Resolver;
  close(): Promise<void>;
}

/** @throws ProxyError `bad-option` where two are to answer, or a replay has no folder or an unknown wish */
export function checkStandIns({ mock, replay }: StandInSettings): void {
  if (mock && replay)
    throw new ProxyError(
      "bad-option",
      "a mock and a replay can't both answer for the targets; leave one of the two out",
    );
  if (!replay) return;
  const { folder, unrecorded = "refuse" }: { folder?: unknown; unrecorded?: unknown } = replay;
  if (typeof folder !== "string" || folder === "")
    throw new ProxyError(
      "bad-option",
      `replay.folder is ${shown(folder)}, expected the folder of recordings`,
    );
  if (unrecorded !== "refuse" && unrecorded !== "pass")
    throw new ProxyError(
      "bad-option",
      `replay.unrecorded is ${shown(unrecorded)}, expected "refuse" or "pass"`,
    );
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/**
 * Opens it.
 *
 * @throws ProxyError `bad-option` without a CA; LlmMockError, RecordingsError
 */
export async function openStandIn(
  settings: ProxySettings,
  runtime: Runtime,
  start: (options: ProxyOptions) => Promise<RunningProxy>,
): Promise<StandIn | undefined> {
  const { mock, replay } = settings;
  if (!mock && !replay) return undefined;
  const { authority } = runtime;
  if (!authority)
    throw new ProxyError(
      "bad-option",
      "a mock and a replay have their certificates from the CA, and there is none; open it by `authority: {}`",
    );
  const trusted = trusting(runtime, authority.certificatePem);
  const answersFor = stoodInHosts(runtime);
  if (replay) {
    const passes = replay.unrecorded === "pass";
    const wayOut = passes ? await openWayOut(runtime, wayOutSettings(settings), start) : undefined;
    const { tap } = settings;
    const pass = wayOut && { connect: wayOut.connect, ...(tap && { tap: heardBy(tap) }) };
    const started = await closingAtError(wayOut, () =>
      startReplayOf(replay, { authority, logger: runtime.logger }, pass),
    );
    const { port, authorities: others } = started;
    return {
      ...{ mock: undefined, replay: started, runtime: trusted, answersFor, port },
      ...{ answered: started.answered, hasHttp1Alone: passes },
      leads: (given) => leadingTo({ given, port, answersFor, others, passes }),
      async close() {
        await started.close();
        await wayOut?.close();
      },
    };
  }
  const { startLlmMock } = await import("@faultwire/llm-mock");
  const started = await startLlmMock({
    ...mock,
    host: "127.0.0.1",
    alsoInClear: true,
    prefersHttp2: settings.http2 === "on",
    tls: { secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext() },
  });
  const lead = { port: started.port, answersFor, others: new Set<string>(), passes: false };
  return {
    ...{ mock: started, replay: undefined, runtime: trusted, answersFor },
    ...{ port: started.port, answered: undefined, hasHttp1Alone: false },
    leads: (given) => leadingTo({ given, ...lead }),
    close: () => started.close(),
  };
}

/** One who hears connections of sessions, for what a replay passes on. */
function heardBy(tap: TapUpstream): NonNullable<PassOn["tap"]> {
  return (connection) => {
    const heard = tap(connection);
    if (!heard) return undefined;
    return {
      toUpstream: (bytes) => heard.toUpstream(bytes),
      fromUpstream: (bytes) => heard.fromUpstream(bytes),
      upstreamEnded: (how) => heard.upstreamEnded(how),
      finish: () => heard.finish(),
      leave: () => (heard.leave ? heard.leave("unreachable") : heard.finish()),
    };
  };
}

async function closingAtError<T>(opened: WayOut | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await opened?.close();
    throw error;
  }
}

/** A runtime whose upstreams may have certificates of our own CA. */
function trusting(runtime: Runtime, certificatePem: string): Runtime {
  const { upstreamTrust, interception } = runtime;
  const { caPem = [] } = upstreamTrust;
  const upstream = { ...upstreamTrust, caPem: [...new Set([certificatePem, ...caPem])], distrusted: [] };
  return {
    ...runtime,
    upstreamTrust: upstream,
    interception: interception && { ...interception, upstream },
  };
}

const wayOutSettings = ({
  resolve,
  lookup,
  upstreamProxy,
  limits,
  allowPrivate,
}: ProxySettings): WayOutSettings => ({
  ...(resolve && { resolve }),
  ...(lookup && { lookup }),
  ...(upstreamProxy !== undefined && { upstreamProxy }),
  ...(limits && { limits }),
  ...(allowPrivate !== undefined && { allowPrivate }),
});
