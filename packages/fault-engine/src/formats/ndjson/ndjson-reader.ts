import { CollectedBytes } from "@faultwire/http1/internal";
import { fromUtf8, utf8 } from "../../text.ts";
import { type StreamItem, streamLimits, TOO_LARGE, type UnitReader } from "../stream-item.ts";

const LF = 10;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Reads lines, each with one JSON value. Lines end in LF, or in CRLF, whose CR is a blank behind the value. A blank line is
 * a unit without data. Bytes of an unfinished line come as `part` items: nothing is held back.
 */
export class NdjsonReader implements UnitReader {
  readonly #maxUnitBytes: number;
  readonly #kept = new CollectedBytes();
  #isOpaque = false;

  constructor(maxUnitBytes: number = streamLimits.maxUnitBytes) {
    this.#maxUnitBytes = maxUnitBytes;
  }

  get pendingBytes(): number {
    return this.#kept.length;
  }

  push(chunk: Uint8Array): StreamItem[] {
    const items: StreamItem[] = [];
    let rest = chunk;
    while (rest.length > 0 && !this.#isOpaque) {
      const end = rest.indexOf(LF) + 1;
      const bytes = end === 0 ? rest : rest.subarray(0, end);
      items.push(this.#take(bytes, end > 0));
      rest = rest.subarray(bytes.length);
    }
    if (rest.length > 0) items.push({ kind: "opaque", bytes: rest, reason: TOO_LARGE });
    return items;
  }

  finish(): StreamItem[] {
    if (this.#isOpaque || this.#kept.length === 0) return [];
    return [unit(NOTHING, this.#kept.take(), utf8("\n"))];
  }

  #take(bytes: Uint8Array, isEnd: boolean): StreamItem {
    if (this.#kept.length + bytes.length > this.#maxUnitBytes) {
      this.#isOpaque = true;
      this.#kept.take();
      return { kind: "opaque", bytes, reason: TOO_LARGE };
    }
    if (isEnd && this.#kept.length === 0) return unit(bytes, bytes, NOTHING);
    this.#kept.push(bytes);
    return isEnd ? unit(bytes, this.#kept.take(), NOTHING) : { kind: "part", bytes };
  }
}

function unit(bytes: Uint8Array, whole: Uint8Array, closing: Uint8Array): StreamItem {
  const data = fromUtf8(whole)
    .replace(/^\ufeff/, "")
    .trim();
  return { kind: "event", bytes, whole, event: { name: null, data: data === "" ? null : data }, closing };
}
