import { CollectedBytes } from "@faultwire/http1/internal";
import { fromUtf8 } from "../../text.ts";
import { type StreamItem, streamLimits, TOO_LARGE, type UnitReader } from "../stream-item.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** U+FEFF in UTF-8. */
const MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/** Where the reader stands. */
type State =
  /** Before the array. */
  | "before"
  /** Behind `[`: an element, or the end. */
  | "first"
  /** Behind a comma: an element. */
  | "next"
  | "element"
  /** Behind an element: a comma, or the end. */
  | "behind"
  | "closed"
  | "opaque";

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Why a body is read no more. */
const NO_ARRAY = "the body is no JSON array";

/**
 * Reads the elements of one JSON array (RFC 8259 §5) as they come. Elements are told apart by their brackets and quotes
 * alone: what is in them may be no JSON. Nothing is held back: bytes of an unfinished element come as `part` items.
 */
export class JsonArrayReader implements UnitReader {
  readonly #maxUnitBytes: number;
  readonly #kept = new CollectedBytes();
  #state: State = "before";
  #markBytes = 0;
  /** Bytes between two elements. */
  #betweenBytes = 0;
  /** Objects and arrays that are open in the element. */
  #depth = 0;
  /** The element is a number, `true`, `false` or `null`: it ends before the byte that is none of it. */
  #isBare = false;
  #isInText = false;
  #isEscaped = false;
  #reason = NO_ARRAY;

  constructor(maxUnitBytes: number = streamLimits.maxUnitBytes) {
    this.#maxUnitBytes = maxUnitBytes;
  }

  get pendingBytes(): number {
    return this.#kept.length;
  }

  push(chunk: Uint8Array): StreamItem[] {
    const items: StreamItem[] = [];
    for (let at = 0; at < chunk.length; ) {
      const state = this.#state;
      if (state === "opaque") {
        items.push({ kind: "opaque", bytes: chunk.subarray(at), reason: this.#reason });
        break;
      }
      const end = state === "element" ? this.#elementEnd(chunk, at) : this.#structureEnd(chunk, at, items);
      if (state === "element") this.#takeElement(chunk.subarray(at, end), items);
      at = end;
    }
    return items;
  }

  finish(): StreamItem[] {
    if (this.#state !== "element" || this.#kept.length === 0) return [];
    this.#state = "opaque";
    // An element that broke off is a unit all the same: it counts, and nothing can complete it.
    return [unit(NOTHING, this.#kept.take())];
  }

  /** Takes what stands outside of elements. @returns where the rest begins. */
  #structureEnd(chunk: Uint8Array, from: number, items: StreamItem[]): number {
    const byte = chunk[from]!;
    const one = chunk.subarray(from, from + 1);
    if (this.#state === "before" && this.#markBytes < 3 && byte === MARK[this.#markBytes]) {
      this.#markBytes++;
      items.push({ kind: "mark", bytes: one });
      return from + 1;
    }
    if (isBlank(byte)) return this.#takeBlanks(chunk, from, items);
    if (this.#state === "before" && byte === OPEN_ARRAY) {
      this.#state = "first";
      items.push({ kind: "open", bytes: one });
      return from + 1;
    }
    if (this.#state === "behind" && byte === COMMA) {
      this.#state = "next";
      this.#betweenBytes = 1;
      items.push({ kind: "between", bytes: one });
      return from + 1;
    }
    if ((this.#state === "behind" || this.#state === "first") && byte === CLOSE_ARRAY) {
      this.#state = "closed";
      items.push({ kind: "close", bytes: one });
      return from + 1;
    }
    if ((this.#state === "first" || this.#state === "next") && byte !== COMMA && byte !== CLOSE_ARRAY) {
      this.#state = "element";
      return from;
    }
    this.#state = "opaque";
    return from;
  }

  #takeBlanks(chunk: Uint8Array, from: number, items: StreamItem[]): number {
    let end = from;
    while (end < chunk.length && isBlank(chunk[end]!)) end++;
    const bytes = chunk.subarray(from, end);
    const isBetween = this.#state === "next";
    if (isBetween) this.#betweenBytes += bytes.length;
    if (this.#betweenBytes > this.#maxUnitBytes) {
      this.#state = "opaque";
      this.#reason = TOO_LARGE;
      return from;
    }
    items.push({ kind: isBetween ? "between" : "mark", bytes });
    return end;
  }

  /** Where the element's bytes in this chunk end; `behind` is the state where they are its last. */
  #elementEnd(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) {
          this.#isInText = false;
          if (this.#depth === 0 && !this.#isBare) return this.#ended(at + 1);
        }
        continue;
      }
      if (this.#depth === 0 && this.#isBare && (isBlank(byte) || byte === COMMA || byte === CLOSE_ARRAY))
        return this.#ended(at);
      if (byte === QUOTE) this.#isInText = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth--;
        if (this.#depth <= 0) return this.#ended(at + 1);
      } else if (this.#depth === 0) this.#isBare = true;
    }
    return chunk.length;
  }

  #ended(at: number): number {
    this.#state = "behind";
    this.#depth = 0;
    this.#isBare = false;
    return at;
  }

  #takeElement(bytes: Uint8Array, items: StreamItem[]): void {
    if (this.#kept.length + bytes.length > this.#maxUnitBytes) {
      this.#state = "opaque";
      this.#reason = TOO_LARGE;
      this.#kept.take();
      if (bytes.length > 0) items.push({ kind: "opaque", bytes, reason: TOO_LARGE });
      return;
    }
    if (this.#state !== "behind") {
      this.#kept.push(bytes);
      items.push({ kind: "part", bytes });
      return;
    }
    if (this.#kept.length === 0) items.push(unit(bytes, bytes));
    else {
      this.#kept.push(bytes);
      items.push(unit(bytes, this.#kept.take()));
    }
  }
}

const unit = (bytes: Uint8Array, whole: Uint8Array): StreamItem => ({
  kind: "event",
  bytes,
  whole,
  event: { name: null, data: fromUtf8(whole) },
  closing: NOTHING,
});
