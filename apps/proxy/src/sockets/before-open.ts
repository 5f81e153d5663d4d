/** What a line is asked for before it is open; it is done in the same order once the line is. */
import type { EndKind } from "@faultwire/fault-session";
import type { Line } from "@faultwire/lines";

/** Bytes that may wait for a line to open before their sender has to wait, too. A proxy or an upstream that is slow to open would fill the memory. */
const maxWaitingBytes = 65_536;

/** The words, the end and the waiters that a line has before it is open. */
export class BeforeOpen {
  #words: Uint8Array[] = [];
  #bytes = 0;
  #end: EndKind | undefined;
  readonly #told: Parameters<Line["whenGone"]>[] = [];

  get waitingBytes(): number {
    return this.#bytes;
  }
  /** So much waits that its sender should wait. */
  get isFull(): boolean {
    return this.#bytes > maxWaitingBytes;
  }

  /** @param bytes - Copied: the memory stays the caller's. */
  write(bytes: Uint8Array): void {
    this.#words.push(new Uint8Array(bytes));
    this.#bytes += bytes.length;
  }

  /** Takes an end. Where words wait it stands behind them, and `true` is given; else the line can end at once. */
  end(how: EndKind): boolean {
    this.#end = how;
    return this.#bytes > 0;
  }

  /** Takes one who waits for what was written, and gives `true`, where words wait; else the line itself can tell. */
  whenGone(...waiter: Parameters<Line["whenGone"]>): boolean {
    if (this.#bytes === 0) return false;
    this.#told.push(waiter);
    return true;
  }

  /**
   * Says everything.
   *
   * @param to - Who takes words and the end. @param opened - Called when the words are said: what is written from then on goes past
   *   this. @param line - Who tells when they are gone.
   * @returns Whether a sender may wait for room: it has to be told that there is some.
   */
  release(to: Pick<Line, "write" | "end">, line: Pick<Line, "whenGone">, opened: () => void): boolean {
    const wasFull = this.isFull;
    // What is written meanwhile, as an answer to our own first words, is said behind what waits.
    for (let bytes = this.#words.shift(); bytes; bytes = this.#words.shift()) to.write(bytes);
    this.#bytes = 0;
    opened();
    if (this.#end) to.end(this.#end);
    for (const [what, told] of this.#told.splice(0)) line.whenGone(what, told);
    return wasFull;
  }
}
