/** What keeps exchanges, and what answers from them, beside a proxy. */
import { maskKeys } from "@faultwire/fault-engine/internal";
import type { PassOn, Recorder, Recordings, Replay } from "@faultwire/recordings";
import type { RunningRuntime } from "../running-runtime.ts";

/** What is asked for. */
export interface RecordingSettings {
  /** The folder that exchanges are kept in. */
  readonly record?: string;
  /** The folder that answers come from. */
  readonly replay?: {
    readonly folder: string;
    /** How many times as fast as recorded; `Infinity` leaves every pause out. */
    readonly speed: number;
    /** What was never recorded goes on to the real API. */
    readonly passes: boolean;
  };
}

/** A replay, which stands in for targets by HTTPS and in clear, and what it has answered. */
export interface RunningReplay {
  readonly replay: Replay;
  readonly recordings: Recordings;
  /** What it has done so far, in words: `12 replayed, 3 passed on`. */
  readonly summary: () => string;
  readonly counts: () => ReplayCounts;
}

/** Requests that a replay has had. */
export interface ReplayCounts {
  readonly replayed: number;
  /** Never recorded, and passed on to the real API. */
  readonly passed: number;
  /** Never recorded, and answered by 404. */
  readonly missing: number;
}

/** Why something was not recorded, in words that come behind "not recorded: ". */
const leftWords: Readonly<Record<string, string>> = {
  "not-http1": "what is spoken is not HTTP/1.1, or no more",
  "not-http2": "what is spoken is not HTTP/2 as it should be",
  interleaved:
    "the client said more of a request once it had read some of the answer, which no replay can do",
  "too-much": "exchanges under way hold more than 256 MiB together, and this one the most",
  "compressed-secret": "a compressed body holds a secret, which can't be masked there",
  unopened: "a compressed body can't be opened to look for secrets",
  unreachable: "the real API could not be reached",
  "too-large": "an exchange has more than 64 MiB, or its file would have more than 128 MiB",
  incomplete: "the client went away, or a fault cut it off, before all of an exchange had come",
  unanswered: "the connection ended before its response",
  pipelined: "the client asks for too much at once",
};

/** A recorder, and why it writes no more, in words; `undefined` while it does. */
export interface RunningRecorder extends Recorder {
  readonly stopped: () => string | undefined;
}

/**
 * Opens a recorder that tells in the log what it left out, each reason once for a host.
 *
 * @throws RecordingsError `bad-folder`
 */
export async function startRecorder(
  folder: string,
  { logger, clock }: Pick<RunningRuntime, "logger" | "clock">,
): Promise<RunningRecorder> {
  const { openRecorder } = await import("@faultwire/recordings");
  const told = new Set<string>();
  let stopped: string | undefined;
  const recorder = await openRecorder({
    folder,
    now: () => clock.now(),
    left(reason, { host }) {
      const key = `${reason} ${host}`;
      if (told.has(key)) return;
      told.add(key);
      logger.warn(
        { event: "not-recorded", host, reason },
        `${host}: not recorded: ${leftWords[reason] ?? reason}`,
      );
    },
    failed(error) {
      const { code = error.message } = error as NodeJS.ErrnoException;
      const why = code === "folder-full" ? error.message : `${folder} can't be written (${code})`;
      stopped = `recording has stopped: ${why}`;
      logger.error({ event: "recording-stopped", folder }, stopped);
    },
  });
  return { ...recorder, stopped: () => stopped };
}

/**
 * Reads recordings, and starts the server that answers from them.
 *
 * @param pass - The way to the real APIs, and who hears what goes it; with a recorder the folder may be empty.
 * @throws RecordingsError `bad-folder`, `bad-file`
 */
export async function startReplayOf(
  { folder, speed }: NonNullable<RecordingSettings["replay"]>,
  { authority, logger }: Pick<RunningRuntime, "authority" | "logger">,
  pass?: PassOn,
): Promise<RunningReplay> {
  const { readRecordings, startReplay } = await import("@faultwire/recordings");
  const recordings = await readRecordings(folder, { mayBeEmpty: pass?.tap !== undefined });
  const counts = { replayed: 0, passed: 0, missing: 0 };
  const replay = await startReplay({
    recordings,
    speed,
    ...(pass && { pass }),
    secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext(),
    log({ method, target, host, missing, isPassed }) {
      counts[missing === undefined ? "replayed" : isPassed ? "passed" : "missing"]++;
      if (missing === undefined) return;
      const entry = { method, target: maskKeys(target), host };
      if (isPassed) logger.info({ event: "passed-on", ...entry }, `passed on to the real API: ${missing}`);
      else logger.warn({ event: "not-replayed", ...entry }, `the replay answers 404: ${missing}`);
    },
  });
  const summary = (): string =>
    pass
      ? `${counts.replayed} replayed, ${counts.passed} passed on`
      : `${counts.replayed} replayed, ${counts.missing} not recorded`;
  return { replay, recordings, summary, counts: () => ({ ...counts }) };
}
