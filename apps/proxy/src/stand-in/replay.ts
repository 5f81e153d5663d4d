/** A replay that answers for the targets of a proxy. */
import type { Answerer } from "@faultwire/fault-engine";
import { maskKeys } from "@faultwire/fault-engine/internal";
import type { PassOn, Recordings, Replay } from "@faultwire/recordings";
import type { Runtime } from "@faultwire/runtime";

/** Recordings that answer for the targets, by HTTPS and in clear. */
export interface ReplaySettings {
  /** The folder that they are in, as `openRecorder` of `@faultwire/recordings` and `--record` write it. */
  readonly folder: string;
  /** How many times as fast as recorded: 1, the default, keeps every pause, `Infinity` none. */
  readonly speed?: number;
  /**
   * What becomes of a request that was never recorded. `refuse` (default): it gets 404 with an error that says what is nearest.
   * `pass`: it goes on to the real API, as it would without a replay; `resolve` and proxies on the way count for it there.
   */
  readonly unrecorded?: "refuse" | "pass";
}

/** Requests that a replay has had. */
export interface ReplayCounts {
  /** Answered from a recording. */
  readonly replayed: number;
  /** Never recorded, and passed on to the real API. */
  readonly passed: number;
  /** Never recorded, and to be passed on; the API could not be reached, so that the proxy answered in its place. */
  readonly unreachable: number;
  /** Never recorded, and answered by 404. */
  readonly missing: number;
}

/** A replay that runs. */
export interface RunningReplay {
  /** How many recordings there are. */
  readonly recordings: number;
  /** What it has done so far. */
  readonly counts: () => ReplayCounts;
}

/** The header by which the proxy names each request for its replay. */
export const markHeader = "x-faultwire-request";

/** Requests of which it is remembered who answered them: more than can be under way. */
const maxAnswered = 10_000;

/** Who answered, by the name that a request has in events; `no-upstream` where the API that it went on to was not reached. */
export type Answered = Map<string, Answerer | "no-upstream">;

/** The same for who has started it. */
export interface StartedReplay extends RunningReplay {
  readonly port: number;
  /** Of requests that are under way. Who has told of one takes it out. */
  readonly answered: Answered;
  /** What was recorded, as `HOST:PORT`. */
  readonly authorities: ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * Reads recordings, and starts the server that answers from them.
 *
 * @param pass - The way to the real APIs, and who hears what goes it; where somebody does, the folder may be empty.
 * @throws RecordingsError `bad-folder`, `bad-file`, `bad-option`
 */
export async function startReplayOf(
  { folder, speed = 1 }: ReplaySettings,
  { authority, logger }: Pick<Runtime, "logger"> & { readonly authority: NonNullable<Runtime["authority"]> },
  pass?: PassOn,
): Promise<StartedReplay> {
  const { readRecordings, startReplay } = await import("@faultwire/recordings");
  const recordings = await readRecordings(folder, { mayBeEmpty: pass?.tap !== undefined });
  const answered: Answered = new Map();
  const counts = { replayed: 0, passed: 0, unreachable: 0, missing: 0 };
  const replay: Replay = await startReplay({
    recordings,
    speed,
    ...(pass && { pass }),
    markHeader,
    secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext(),
    log({ method, target, host, mark, missing, isPassed }) {
      // What is asked for by a client that has gone by then is never told of.
      const oldest = answered.size < maxAnswered ? undefined : answered.keys().next().value;
      if (oldest !== undefined) answered.delete(oldest);
      if (mark !== undefined)
        answered.set(mark, missing === undefined ? "recording" : isPassed ? "passed-on" : "no-recording");
      counts[missing === undefined ? "replayed" : isPassed ? "passed" : "missing"]++;
      if (missing === undefined) return;
      const entry = { method, target: maskKeys(target), host };
      if (isPassed) logger.info({ event: "passed-on", ...entry }, `goes on to the real API: ${missing}`);
      else logger.warn({ event: "not-replayed", ...entry }, `the replay answers 404: ${missing}`);
    },
    // Why it was not reached, the way itself logs.
    unreached({ mark }) {
      if (mark !== undefined && answered.has(mark)) answered.set(mark, "no-upstream");
      counts.passed--;
      counts.unreachable++;
    },
  });
  return {
    recordings: recordings.size,
    counts: () => ({ ...counts }),
    port: replay.port,
    answered,
    authorities: authoritiesOf(recordings),
    async close() {
      await replay.close();
      const { replayed, passed, unreachable, missing } = counts;
      const others = pass ? [`${passed} passed on`] : [`${missing} not recorded`];
      if (unreachable > 0) others.push(`${unreachable} for which the real API could not be reached`);
      logger.info({ event: "replayed", folder, ...counts }, [`${replayed} replayed`, ...others].join(", "));
    },
  };
}

const authoritiesOf = ({ origins }: Recordings): ReadonlySet<string> =>
  new Set(
    origins.map(({ scheme, host }) =>
      /:\d+$/.test(host) ? host : `${host}:${scheme === "https" ? 443 : 80}`,
    ),
  );
