/** Streams that are over, as far as that tells how a frame for one of them is to be taken (RFC 9113 section 5.1, "closed"). */

/** Of each kind so many are remembered; an older one is as one that we have reset. */
const maxRemembered = 200;

/** Why a frame should not have come: its sender had ended the stream, reset it, or gone past it; `crossed` is no error. */
export type ClosedWhy = "ended" | "reset" | "skipped" | "crossed";

export class ClosedStreams {
  /** Streams that the peer has ended in order. */
  readonly #ended: Set<number> = new Set();
  /** Streams that the peer has reset. */
  readonly #reset: Set<number> = new Set();
  /** Streams that we have reset: what the peer had sent before it heard so is no error. */
  readonly #resetByUs: Set<number> = new Set();
  /** Identifiers that the peer went past without opening them: the first and the last of each gap. */
  readonly #gaps: { readonly first: number; readonly last: number }[] = [];

  endedByPeer(id: number): void {
    remember(this.#ended, id);
  }
  resetByPeer(id: number): void {
    remember(this.#reset, id);
  }
  resetByUs(id: number): void {
    remember(this.#resetByUs, id);
  }

  /** The peer opens a stream; lower ones that it has not opened are closed by that (RFC 9113 section 5.1.1). */
  opened(id: number, before: number): void {
    const first = before === 0 ? (id % 2 === 1 ? 1 : 2) : before + 2;
    if (first >= id) return;
    this.#gaps.push({ first, last: id - 2 });
    if (this.#gaps.length > maxRemembered) this.#gaps.shift();
  }

  /** Why no frame but PRIORITY, WINDOW_UPDATE and RST_STREAM should come for a stream that is not open. */
  why(id: number): ClosedWhy {
    if (this.#resetByUs.has(id)) return "crossed";
    if (this.#ended.has(id)) return "ended";
    if (this.#reset.has(id)) return "reset";
    return this.#gaps.some(({ first, last }) => id >= first && id <= last) ? "skipped" : "crossed";
  }
}

/** Remembers the latest of these. */
function remember(set: Set<number>, id: number): void {
  set.add(id);
  if (set.size <= maxRemembered) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
