import { joinBytes } from "@faultwire/http1/internal";
import { utf8 } from "../text.ts";
import type { StreamFormat } from "./stream-format.ts";
import type { StreamItem } from "./stream-item.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Joins units on their way out: where units were left out, sent twice or put in, what stands before, between and behind them
 * follows. Where nothing was changed, the bytes are those that came.
 */
export class UnitJoiner {
  readonly #around: StreamFormat["around"];
  readonly #isPlain: boolean;
  /** What came between two units, and waits for the second. */
  #between: Uint8Array = NOTHING;
  /** What the unit before lacks to be complete. */
  #closing: Uint8Array = NOTHING;
  #units = 0;
  #isOpen = false;
  #isInUnit = false;
  #isClosed = false;
  /** What stands between two units has gone out, and the second has not. */
  #isDangling = false;

  constructor({ around }: StreamFormat) {
    this.#around = around;
    this.#isPlain = around.opening === "";
  }

  /** Bytes that wait for the next unit. */
  get pendingBytes(): number {
    return this.#between.length;
  }

  /** Whether a unit has begun to pass and has not ended. */
  get isInUnit(): boolean {
    return this.#isInUnit;
  }

  /** What goes out for an item; for a unit that was held its whole, instead of the last of its bytes. */
  take(item: StreamItem, bytes: Uint8Array = item.bytes): Uint8Array {
    switch (item.kind) {
      case "mark":
        return bytes;
      case "open":
        if (this.#isOpen) return NOTHING;
        this.#isOpen = true;
        return bytes;
      case "between":
        this.#between = joinBytes([this.#between, bytes]).slice();
        return NOTHING;
      case "close":
        this.#isClosed = true;
        return joined(this.#takeBetween(), bytes);
      case "part": {
        const lead = this.#isInUnit ? NOTHING : this.#lead();
        this.#isInUnit = true;
        return joined(lead, bytes);
      }
      case "event": {
        const lead = this.#isInUnit ? NOTHING : this.#lead();
        this.#isInUnit = false;
        this.#units++;
        this.#closing = item.closing;
        return joined(lead, bytes);
      }
      case "opaque":
        return joined(this.#takeBetween(), bytes);
      default:
        return item satisfies never;
    }
  }

  /** What goes out for a whole unit of ours, or for one that changes its place. */
  unit(whole: Uint8Array, closing: Uint8Array = NOTHING): Uint8Array {
    const lead = this.#lead();
    this.#isInUnit = false;
    this.#units++;
    this.#closing = closing;
    return joined(lead, whole);
  }

  /** What goes out for the beginning of a unit that is cut off in its middle. */
  beginning(bytes: Uint8Array): Uint8Array {
    const lead = this.#isInUnit ? NOTHING : this.#lead();
    this.#isInUnit = true;
    return joined(lead, bytes);
  }

  /** What a body lacks that is to end here as if it were whole. In the middle of a unit nothing can make it whole. */
  end(): Uint8Array {
    if (this.#isPlain || this.#isInUnit || this.#isDangling || this.#isClosed) return NOTHING;
    this.#between = NOTHING;
    const opening = this.#isOpen ? "" : this.#around.opening;
    this.#isClosed = true;
    return utf8(opening + this.#around.closing);
  }

  /** Gives out what waits for a unit: the stream ends without one, or something happens exactly here. */
  flush(): Uint8Array {
    const between = this.#takeBetween();
    this.#isDangling ||= between.length > 0;
    return between;
  }

  /** Takes away what waits for a unit that is left out, or that waits itself. */
  skip(): Uint8Array {
    return this.#takeBetween();
  }

  /** Gives back what {@link skip} took: the unit comes after all, in its place. */
  restore(between: Uint8Array): void {
    this.#between = between;
  }

  /** What the unit before lacks to be complete, where something is to stand behind it that is no unit. */
  complete(): Uint8Array {
    const closing = this.#closing;
    this.#closing = NOTHING;
    return closing;
  }

  /** What has to stand before the next unit. */
  #lead(): Uint8Array {
    if (this.#isPlain) return this.complete();
    const between = this.#takeBetween();
    if (!this.#isOpen) {
      this.#isOpen = true;
      return utf8(this.#around.opening);
    }
    if (this.#isDangling || this.#units === 0) {
      this.#isDangling = false;
      return NOTHING;
    }
    return between.length > 0 ? between : utf8(this.#around.between);
  }

  #takeBetween(): Uint8Array {
    const between = this.#between;
    this.#between = NOTHING;
    return between;
  }
}

function joined(lead: Uint8Array, bytes: Uint8Array): Uint8Array {
  return lead.length === 0 ? bytes : joinBytes([lead, bytes]);
}
