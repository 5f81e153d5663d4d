/** A line that remembers what was done to it, and whose peer the test plays by its ears. */
import type { EndKind } from "@faultwire/fault-session";
import { type Line, type LineEars, silentEars } from "@faultwire/lines";

export class PlayedLine implements Line {
  /** What was done, in order; bytes by their number. */
  readonly done: string[] = [];
  /** What was written. */
  readonly written: Uint8Array[] = [];
  /** Who waits for what has gone out. */
  readonly watched: Parameters<Line["whenGone"]>[] = [];
  ears: LineEars = silentEars;
  needsDrain = false;
  waitingBytes = 0;
  peerEnd: EndKind | undefined;
  hasEnded = false;
  isClosed = false;
  isPaused = true;
  /** What was agreed on in TLS, where the line is one of TLS. */
  alpnProtocol: string | undefined;

  listen(ears: LineEars): void {
    this.ears = ears;
  }
  write(bytes: Uint8Array): void {
    this.written.push(new Uint8Array(bytes));
    this.done.push(`write ${bytes.length}`);
  }
  end(how: EndKind): void {
    this.hasEnded = true;
    this.done.push(how);
  }
  whenGone(...watch: Parameters<Line["whenGone"]>): void {
    this.watched.push(watch);
  }
  setPaused(isPaused: boolean): void {
    this.isPaused = isPaused;
  }
  destroy(): void {
    this.done.push("destroyed");
  }
}

/** Ears that remember what they heard, in order. */
export function rememberingEars(): { readonly ears: LineEars; readonly heard: string[] } {
  const heard: string[] = [];
  const ears: LineEars = {
    data: (bytes) => heard.push(`data ${Buffer.from(bytes).toString("latin1")}`),
    ended: (how) => heard.push(how),
    drained: () => heard.push("drained"),
    opened: () => heard.push("opened"),
    failed: (error) => heard.push(`failed ${error.message}`),
    closed: () => heard.push("closed"),
  };
  return { ears, heard };
}
