import { CollectedBytes, joinBytes } from "@faultwire/http1/internal";
import { FaultEngineError } from "../../fault-engine-error.ts";
import { utf8 } from "../../text.ts";
import { type StreamItem, streamLimits, TOO_LARGE, type UnitReader } from "../stream-item.ts";
import { readBlock } from "./block.ts";

/** A piece of an event stream; see {@link StreamItem}. It has no `open`, `between` and `close`. */
export type SseItem = StreamItem;

const LF = 10;
const CR = 13;

const NOTHING: Uint8Array = new Uint8Array(0);
/** U+FEFF in UTF-8. */
const MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/**
 * Reads server-sent events, byte-exact, with CRLF, LF and CR line ends in any mixture. Nothing is held back: the bytes
 * of an unfinished event come as `part` items, except for a CR whose LF may still follow.
 *
 * It never throws over what it reads; an event over the limit makes the rest `opaque`.
 *
 * @example
 * ```ts
 * const reader = new SseReader();
 * for (const item of reader.push(chunk)) if (item.kind === "event") console.log(item.event.name);
 * ```
 */
export class SseReader implements UnitReader {
  readonly #maxEventBytes: number;
  /** The event that is not complete. */
  readonly #kept = new CollectedBytes();
  #lineIsEmpty = true;
  /** A CR was read and the next byte decides whether the line ended there. */
  #afterCr = false;
  /** Lines of this stream end in CR alone: no LF is waited for. */
  #endsInCr = false;
  /** The event before ended in a CR, so that a LF here would still belong to it. */
  #skipsLf = false;
  /** Bytes of the byte-order mark that were read; 3 also where the stream has none. */
  #markBytes = 0;
  /** Bytes that began as a byte-order mark and were none: they have gone out, but belong to the first event. */
  #falseMark = 0;
  /** How the last line ended, for {@link finish}. */
  #lineEnd: "\n" | "\r\n" | "\r" = "\n";
  #isOpaque = false;

  /** @throws FaultEngineError `invalid-argument` for a limit that is not a positive integer. */
  constructor(options: { readonly maxEventBytes?: number } = {}) {
    this.#maxEventBytes = options.maxEventBytes ?? streamLimits.maxUnitBytes;
    if (!Number.isSafeInteger(this.#maxEventBytes) || this.#maxEventBytes < 1)
      throw new FaultEngineError(
        "invalid-argument",
        `maxEventBytes is ${this.#maxEventBytes}; an integer above 0 expected`,
      );
  }

  /** Bytes of the event that is not complete yet; all of them have been given out as parts, but for a last CR. */
  get pendingBytes(): number {
    return this.#kept.length;
  }

  /** Reads on. Views live as long as the chunk is left alone; `whole` is a view where the event came in one chunk. */
  push(chunk: Uint8Array): SseItem[] {
    if (chunk.length === 0) return [];
    if (this.#isOpaque) return [{ kind: "opaque", bytes: chunk, reason: TOO_LARGE }];
    const items: SseItem[] = [];
    let start = this.#readMark(chunk);
    if (start > 0) items.push({ kind: "mark", bytes: chunk.subarray(0, start) });
    for (let at = start; at < chunk.length && !this.#isOpaque; at++) {
      const byte = chunk[at]!;
      if (this.#afterCr) {
        this.#afterCr = false;
        this.#lineEnd = byte === LF ? "\r\n" : "\r";
        if (byte !== LF) {
          this.#endsInCr = true;
          // The line had ended before this byte; where it was a blank one, so had the event.
          if (this.#endLine()) {
            items.push(this.#complete(chunk.subarray(start, at)));
            start = at;
          }
        } else {
          if (this.#endLine()) {
            items.push(this.#complete(chunk.subarray(start, at + 1)));
            start = at + 1;
          }
          continue;
        }
      }
      if (byte === LF && this.#skipsLf) {
        this.#skipsLf = false;
        continue;
      }
      this.#skipsLf = false;
      if (byte === LF) this.#lineEnd = "\n";
      if (byte === CR) {
        if (!this.#endsInCr) this.#afterCr = true;
        else if (this.#endLine()) {
          items.push(this.#complete(chunk.subarray(start, at + 1)));
          start = at + 1;
          this.#skipsLf = true;
        } else this.#skipsLf = true;
      } else if (byte !== LF) this.#lineIsEmpty = false;
      else if (this.#endLine()) {
        items.push(this.#complete(chunk.subarray(start, at + 1)));
        start = at + 1;
      }
    }
    if (start < chunk.length) {
      const rest = chunk.subarray(start);
      items.push(this.#isOpaque ? { kind: "opaque", bytes: rest, reason: TOO_LARGE } : this.#keep(rest));
    }
    return items;
  }

  /**
   * The stream has ended. The event in which it ended is given out: its bytes went out as parts, and `closing` says what
   * it lacks. By the standard it is dispatched to nobody; many clients take it all the same.
   */
  finish(): SseItem[] {
    if (this.#isOpaque || this.#kept.length === 0) return [];
    const closing = this.#missing();
    this.#afterCr = false;
    this.#lineIsEmpty = true;
    const item = this.#complete(new Uint8Array(0));
    return [item.kind === "event" ? { ...item, closing: utf8(closing) } : item];
  }

  /** What the unfinished event lacks up to the end of its blank line. */
  #missing(): string {
    const end = this.#lineEnd;
    if (!this.#afterCr) return this.#lineIsEmpty ? end : end + end;
    // The CR may be the first half of a CRLF: a lone LF behind it would be the other half, and no blank line.
    if (this.#lineIsEmpty) return "";
    return end === "\r\n" ? "\n\r\n" : "\r";
  }

  /** How many bytes of `chunk` are the stream's byte-order mark. */
  #readMark(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.#markBytes < MARK.length && chunk[at] === MARK[this.#markBytes]) {
      this.#markBytes++;
      at++;
    }
    if (at < chunk.length && this.#markBytes < MARK.length) {
      this.#falseMark = this.#markBytes;
      this.#markBytes = MARK.length;
    }
    return at;
  }

  /** Ends a line; true where it was blank and the event is complete. */
  #endLine(): boolean {
    const isBlank = this.#lineIsEmpty;
    this.#lineIsEmpty = true;
    return isBlank;
  }

  #complete(bytes: Uint8Array): SseItem {
    if (this.#kept.length + bytes.length > this.#maxEventBytes) return this.#becomeOpaque(bytes);
    let whole = bytes;
    if (this.#kept.length > 0) {
      this.#kept.push(bytes);
      whole = this.#kept.take();
    }
    const read =
      this.#falseMark === 0 ? whole : joinBytes([Uint8Array.from(MARK.slice(0, this.#falseMark)), whole]);
    this.#falseMark = 0;
    return { kind: "event", bytes, whole, event: readBlock(read), closing: NOTHING };
  }

  #keep(bytes: Uint8Array): SseItem {
    if (this.#kept.length + bytes.length > this.#maxEventBytes) return this.#becomeOpaque(bytes);
    this.#kept.push(bytes);
    return { kind: "part", bytes };
  }

  #becomeOpaque(bytes: Uint8Array): SseItem {
    this.#isOpaque = true;
    this.#kept.take();
    return { kind: "opaque", bytes, reason: TOO_LARGE };
  }
}
