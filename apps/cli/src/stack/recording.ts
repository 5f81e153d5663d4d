/** What keeps exchanges, and what answers from them, beside a proxy. */
import { maskKeys } from "@faultwire/fault-engine/internal";
import type { Recorder, Recordings, Replay } from "@faultwire/recordings";
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
  };
}

/** Replays for HTTPS and for requests in clear, and where they stand in. */
export interface Replays {
  readonly secure: Replay;
  readonly clear: Replay;
  readonly recordings: Recordings;
}

/** Why something was not recorded, in words that come behind "not recorded: ". */
const leftWords: Readonly<Record<string, string>> = {
  "not-http1": "what is spoken is not HTTP/1.1, or no more",
  http2: "HTTP/2 is spoken; without --http2 on, clients that can speak HTTP/1.1 do",
  "too-large": "an exchange has more than 64 MiB",
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
      stopped = `recording has stopped: ${folder} can't be written (${code})`;
      logger.error({ event: "recording-stopped", folder }, stopped);
    },
  });
  return { ...recorder, stopped: () => stopped };
}

/**
 * Reads recordings, and starts the servers that answer from them.
 *
 * @throws RecordingsError `bad-folder`, `bad-file`
 */
export async function startReplays(
  { folder, speed }: NonNullable<RecordingSettings["replay"]>,
  { authority, logger }: Pick<RunningRuntime, "authority" | "logger">,
): Promise<Replays> {
  const { readRecordings, startReplay } = await import("@faultwire/recordings");
  const recordings = await readRecordings(folder);
  const options: Parameters<typeof startReplay>[0] = {
    recordings,
    speed,
    log({ method, target, host, missing }) {
      if (missing === undefined) return;
      const entry = { event: "not-replayed", method, target: maskKeys(target), host };
      logger.warn(entry, `the replay answers 404: ${missing}`);
    },
  };
  const secure = await startReplay({
    ...options,
    secureContextFor: async (serverName) => (await authority.forHost(serverName)).secureContext(),
  });
  try {
    return { secure, clear: await startReplay(options), recordings };
  } catch (error) {
    await secure.close();
    throw error;
  }
}
