/** What keeps exchanges beside a proxy. */
import type { ReplaySettings } from "@faultwire/proxy";
import type { Recorder } from "@faultwire/recordings";
import type { RunningRuntime } from "../running-runtime.ts";

/** What is asked for. */
export interface RecordingSettings {
  /** The folder that exchanges are kept in. */
  readonly record?: string;
  /** The folder that answers come from. */
  readonly replay?: ReplaySettings;
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
