/** A point behind so many bytes of one direction, and what happens there. */
import type { Fault } from "@faultwire/fault-engine";

/** A fault that strikes at a point of a connection. */
export type PointFault = Extract<
  Fault,
  { readonly kind: "connection.close" | "connection.reset" | "connection.stall" }
>;

/** What happens at a point. A stall of `ms: null` never ends. */
export type PointAct =
  | { readonly kind: "close" | "reset" }
  | { readonly kind: "stall"; readonly ms: number | null };

/** Bytes that a point divides. */
export interface Divided {
  /** They still go through; may be empty. */
  readonly before: Uint8Array;
  /** They come behind the point; may be empty. */
  readonly behind: Uint8Array;
}

/** Counts bytes up to a point. An end comes right behind the last byte before it; a stall shows at the byte after it. */
export class BytePoint {
  readonly act: PointAct;
  #left: number;
  #isReached = false;

  /** @param afterBytes - Bytes that still go through; not negative. */
  constructor(fault: PointFault, afterBytes: number) {
    this.act =
      fault.kind === "connection.stall"
        ? { kind: "stall", ms: fault.forMs }
        : { kind: fault.kind === "connection.close" ? "close" : "reset" };
    this.#left = afterBytes;
  }

  /** Bytes that still go through before the point. */
  get leftBytes(): number {
    return this.#left;
  }

  /** Whether the point lies behind us. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Counts bytes. @returns how the point divides them; `null` where all of them go through. */
  divide(bytes: Uint8Array): Divided | null {
    const isStall = this.act.kind === "stall";
    if (this.#isReached || bytes.length < this.#left || (isStall && bytes.length === this.#left)) {
      this.#left = this.#isReached ? 0 : this.#left - bytes.length;
      return null;
    }
    const before = bytes.subarray(0, this.#left);
    const behind = bytes.subarray(this.#left);
    this.reach();
    return { before, behind };
  }

  /** Something comes that has no bytes and lies behind the point. */
  reach(): void {
    this.#isReached = true;
    this.#left = 0;
  }
}
