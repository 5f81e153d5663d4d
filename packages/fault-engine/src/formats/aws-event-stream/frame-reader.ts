import { CollectedBytes } from "@faultwire/http1/internal";
import { type StreamItem, streamLimits, TOO_LARGE, type UnitReader } from "../stream-item.ts";
import { PRELUDE_BYTES, readFrame, readPrelude } from "./frame.ts";
import { frameUnit } from "./frame-unit.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** Why a stream is read no more. */
const BAD_PRELUDE = "a frame of the stream has a prelude that is none";
const BAD_FRAME = "a frame of the stream has a wrong checksum, or headers that can't be read";

/**
 * Reads frames of an AWS event stream. A frame is held against its checksums; one that is wrong ends the reading. Nothing is
 * held back: bytes of an unfinished frame come as `part` items.
 */
export class FrameReader implements UnitReader {
  readonly #maxUnitBytes: number;
  readonly #kept = new CollectedBytes();
  /** The bytes of the prelude that have come. */
  readonly #prelude = new Uint8Array(PRELUDE_BYTES);
  /** Of the frame that is being read; `null` until its prelude is there. */
  #totalBytes: number | null = null;
  #opaqueReason: string | undefined;

  constructor(maxUnitBytes: number = streamLimits.maxUnitBytes) {
    this.#maxUnitBytes = maxUnitBytes;
  }

  get pendingBytes(): number {
    return this.#kept.length;
  }

  push(chunk: Uint8Array): StreamItem[] {
    const items: StreamItem[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      const bytes = this.#opaqueReason === undefined ? rest.subarray(0, this.#wanted(rest)) : rest;
      rest = rest.subarray(bytes.length);
      items.push(this.#take(bytes));
    }
    return items;
  }

  finish(): StreamItem[] {
    if (this.#opaqueReason !== undefined || this.#kept.length === 0) return [];
    const whole = this.#kept.take();
    this.#opaqueReason = BAD_FRAME;
    // A frame that broke off is a unit all the same: it counts, and nothing can complete it.
    return [{ kind: "event", bytes: NOTHING, whole, event: { name: null, data: "" }, closing: NOTHING }];
  }

  /** How many of these bytes belong to the prelude, or to the frame. */
  #wanted(rest: Uint8Array): number {
    const until = this.#totalBytes ?? PRELUDE_BYTES;
    return Math.min(rest.length, until - this.#kept.length);
  }

  #take(bytes: Uint8Array): StreamItem {
    if (this.#opaqueReason !== undefined) return { kind: "opaque", bytes, reason: this.#opaqueReason };
    if (this.#totalBytes === null) {
      this.#prelude.set(bytes, this.#kept.length);
      if (this.#kept.length + bytes.length === PRELUDE_BYTES) {
        const lengths = readPrelude(this.#prelude);
        if (lengths === undefined) return this.#becomeOpaque(bytes, BAD_PRELUDE);
        if (lengths.totalBytes > this.#maxUnitBytes) return this.#becomeOpaque(bytes, TOO_LARGE);
        this.#totalBytes = lengths.totalBytes;
      }
    }
    this.#kept.push(bytes);
    if (this.#kept.length !== this.#totalBytes) return { kind: "part", bytes };
    this.#totalBytes = null;
    const whole = this.#kept.take();
    const frame = readFrame(whole);
    if (frame === undefined) return this.#becomeOpaque(bytes, BAD_FRAME);
    return { kind: "event", bytes, whole, event: frameUnit(frame), closing: NOTHING };
  }

  #becomeOpaque(bytes: Uint8Array, reason: string): StreamItem {
    this.#opaqueReason = reason;
    this.#kept.take();
    return { kind: "opaque", bytes, reason };
  }
}
