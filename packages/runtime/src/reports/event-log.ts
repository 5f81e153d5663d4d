/** `events.ndjson`: what happened, written while it happens, never in the way of traffic. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { kindOf } from "@faultwire/cert-authority/internal";
import { type EngineEvent, writeEvent } from "@faultwire/fault-engine";
import { writeCount } from "@faultwire/fault-engine/internal";
import { after } from "@faultwire/timers";

/** Limits of a log. */
export const eventLogLimits = {
  /** Characters that wait for the disk; events beyond are lost, and counted. Against a disk slower than the traffic. */
  maxWaiting: 8_388_608,
  /** How long an event waits to be written together with others, in ms: what a kill -9 may cost. */
  flushMs: 100,
  /** Bytes of a log that is judged, about two million events. It is read whole, and Node has no text of 512 MiB. */
  maxReadBytes: 500_000_000,
} as const;

/** An event log in the making. */
export class EventLog {
  readonly #file: Pick<FileHandle, "appendFile" | "close">;
  readonly #onProblem: (message: string) => void;
  #waiting: string[] = [];
  #waitingLength = 0;
  #takeBack: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;
  #lost = 0;

  /**
   * @param onProblem - Told once of the first event that can't be kept; and at the end how many there were.
   */
  constructor(file: Pick<FileHandle, "appendFile" | "close">, onProblem: (message: string) => void) {
    this.#file = file;
    this.#onProblem = onProblem;
  }

  /**
   * Makes the file, or empties it. It is for its owner alone: it says who asked whom for what.
   *
   * @throws the file system's own error, or an Error whose message is the reason, where something else has that name.
   */
  static async create(path: string, onProblem: (message: string) => void): Promise<EventLog> {
    // Windows has not all of them: there they are undefined, which counts as 0.
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const before = await lstat(path).catch(() => undefined);
    // In a folder that others may write, a link could lead to any file of this user.
    if (before?.isSymbolicLink()) throw new Error("it is a link, and would empty the file that it leads to");
    if (before && !before.isFile()) throw new Error(`it is ${kindOf(before)}, not a file`);
    const file = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      await file.chmod(0o600);
      await file.truncate();
      return new EventLog(file, onProblem);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Events that were not written. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes an event; it is written soon. */
  record(event: EngineEvent): void {
    if (this.#failed) {
      this.#lost++;
      return;
    }
    const line = writeEvent(event);
    if (this.#waitingLength + line.length > eventLogLimits.maxWaiting) {
      if (this.#lost++ === 0) this.#onProblem("the disk is slower than the traffic; events are lost");
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    if (this.#takeBack !== undefined || this.#writing) return;
    this.#takeBack = after(eventLogLimits.flushMs, () => this.#flush(), { keepsAlive: false });
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
    await this.#file.close().catch(() => {});
    if (this.#lost > 0) this.#onProblem(`${writeCount(this.#lost, "event")} lost`);
  }

  #flush(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#failed) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(lines.join(""));
        this.#waitingLength -= lines.reduce((sum, line) => sum + line.length, 0);
      } catch (error) {
        this.#failed = true;
        this.#lost += lines.length + this.#waiting.length;
        this.#waiting = [];
        const { code = "unknown error" } = error as NodeJS.ErrnoException;
        this.#onProblem(`the event log can't be written (${code}); traffic goes on without`);
      }
    }
  }
}
