import { joinBytes } from "@faultwire/http1";
import { FaultEngineError } from "../fault-engine-error.ts";
import { fromUtf8 } from "../text.ts";

/** What a block of an event stream says (WHATWG HTML §9.2.6). */
export interface SseEvent {
  /** The last `event:` field; `null` without one. */
  readonly name: string | null;
  /** The `data:` fields joined by line feeds; `null` for a block that is dispatched to nobody: comments, blank lines. */
  readonly data: string | null;
}

/**
 * A piece of an event stream. The `bytes` of all pieces, joined, are the bytes that were pushed.
 *
 * - `part`: bytes of an event that is not complete yet, for whoever need not wait for it
 * - `event`: the last bytes of an event, and the event; `whole` holds all of its bytes, parts included
 * - `opaque`: after an event over the limit: the stream is not read any more
 */
export type SseItem =
  | { readonly kind: "part"; readonly bytes: Uint8Array }
  | {
      readonly kind: "event";
      readonly bytes: Uint8Array;
      readonly whole: Uint8Array;
      readonly event: SseEvent;
    }
  | { readonly kind: "opaque"; readonly bytes: Uint8Array };

const LF = 10;
const CR = 13;

/** Bytes of one event. 1 MiB: a server that never ends its event would be stored without end. */
const DEFAULT_MAX_EVENT_BYTES = 1_048_576;

/** Reads the fields of one block. */
function readBlock(whole: Uint8Array): SseEvent {
  let name: string | null = null;
  let data: string[] | null = null;
  for (const line of fromUtf8(whole).split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const raw = colon === -1 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "data") {
      data ??= [];
      data.push(value);
    }
    if (field === "event") name = value;
  }
  return { name, data: data === null ? null : data.join("\n") };
}

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
export class SseReader {
  readonly #maxEventBytes: number;
  /** Copies of the parts of the event that is not complete. */
  #parts: Uint8Array[] = [];
  #eventBytes = 0;
  #lineIsEmpty = true;
  /** A CR was read and the next byte decides whether the line ended there. */
  #afterCr = false;
  /** Lines of this stream end in CR alone: no LF is waited for. */
  #endsInCr = false;
  /** The event before ended in a CR, so that a LF here would still belong to it. */
  #skipsLf = false;
  #isFirstBlock = true;
  #isOpaque = false;

  /** @throws FaultEngineError `invalid-argument` for a limit that is not a positive integer. */
  constructor(options: { readonly maxEventBytes?: number } = {}) {
    this.#maxEventBytes = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
    if (!Number.isSafeInteger(this.#maxEventBytes) || this.#maxEventBytes < 1)
      throw new FaultEngineError(
        "invalid-argument",
        `maxEventBytes is ${this.#maxEventBytes}; an integer above 0 expected`,
      );
  }

  /** Bytes of the event that is not complete yet; all of them have been given out as parts, but for a last CR. */
  get pendingBytes(): number {
    return this.#eventBytes;
  }

  /** Reads on. Views live as long as the chunk is left alone; `whole` is a view where the event came in one chunk. */
  push(chunk: Uint8Array): SseItem[] {
    if (chunk.length === 0) return [];
    if (this.#isOpaque) return [{ kind: "opaque", bytes: chunk }];
    const items: SseItem[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length && !this.#isOpaque; at++) {
      const byte = chunk[at]!;
      if (this.#afterCr) {
        this.#afterCr = false;
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
      items.push(this.#isOpaque ? { kind: "opaque", bytes: rest } : this.#keep(rest));
    }
    return items;
  }

  /** Ends a line; true where it was blank and the event is complete. */
  #endLine(): boolean {
    const isBlank = this.#lineIsEmpty;
    this.#lineIsEmpty = true;
    return isBlank;
  }

  #complete(bytes: Uint8Array): SseItem {
    if (this.#eventBytes + bytes.length > this.#maxEventBytes) return this.#becomeOpaque(bytes);
    const whole = this.#parts.length === 0 ? bytes : joinBytes([...this.#parts, bytes]);
    this.#parts = [];
    this.#eventBytes = 0;
    const hasMark = this.#isFirstBlock && whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf;
    this.#isFirstBlock = false;
    return { kind: "event", bytes, whole, event: readBlock(hasMark ? whole.subarray(3) : whole) };
  }

  #keep(bytes: Uint8Array): SseItem {
    this.#eventBytes += bytes.length;
    if (this.#eventBytes > this.#maxEventBytes) return this.#becomeOpaque(bytes);
    this.#parts.push(bytes.slice());
    return { kind: "part", bytes };
  }

  #becomeOpaque(bytes: Uint8Array): SseItem {
    this.#isOpaque = true;
    this.#parts = [];
    this.#eventBytes = 0;
    return { kind: "opaque", bytes };
  }
}
