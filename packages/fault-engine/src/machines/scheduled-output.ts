import type { StreamAction } from "./fault-machine.ts";

interface Due {
  readonly action: StreamAction;
  readonly atMs: number;
}

/** Bytes that go out piece by piece. A piece is made when it is due: a million of them that wait would each be an object. */
interface Pieces {
  /** What has not gone yet. */
  rest: Uint8Array;
  readonly size: number;
  /** When the next piece is due. */
  atMs: number;
  readonly laterMs: PieceTimes["laterMs"];
}

/** The times of pieces. */
export interface PieceTimes {
  /** Bytes of each piece; of the last one as many as are left. */
  readonly size: number;
  /** When the first one is due. */
  readonly firstAtMs: number;
  /** How long behind the piece before it a piece of so many bytes is due. */
  readonly laterMs: (bytes: number) => number;
}

/** The shortest and the longest block that small bytes wait in. */
const blockBytes = { least: 256, most: 16_384 } as const;

/**
 * Small bytes that wait, each with its moment, one behind the other in one block: an array of its own for each of them, and an
 * object, would take 200 bytes more.
 */
class Block {
  readonly #bytes: Uint8Array;
  #used = 0;
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  #next = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** When the next is due; `undefined` where there is none. */
  get atMs(): number | undefined {
    return this.#times[this.#next];
  }

  /** @returns false where there is no room. */
  push(bytes: Uint8Array, atMs: number): boolean {
    if (this.#used + bytes.length > this.#bytes.length) return false;
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#ends.push(this.#used);
    this.#times.push(atMs);
    return true;
  }

  shift(): StreamAction {
    const from = this.#ends[this.#next - 1] ?? 0;
    const bytes = this.#bytes.subarray(from, this.#ends[this.#next++]);
    return { kind: "bytes", bytes };
  }
}

/** Actions that wait for their moment, in order: none overtakes another. */
export class ScheduledOutput {
  /** Those before {@link #next} are gone. */
  #queue: (Block | Due | Pieces | undefined)[] = [];
  #next = 0;
  #pendingBytes = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** When the first action is due. */
  get nextAtMs(): number | undefined {
    return this.#queue[this.#next]?.atMs;
  }

  /** When the last action that was put in is due. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** True once an action has been put in after which there can be none. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** True when it is closed and everything has been given out. */
  get isOver(): boolean {
    return this.#isClosed && this.nextAtMs === undefined;
  }

  /** Puts an action in, due at `atMs` or when the one before it is, whichever is later. */
  put(action: StreamAction, atMs: number): void {
    if (this.#isClosed || (action.kind === "bytes" && action.bytes.length === 0)) return;
    if (action.kind === "bytes") this.#pendingBytes += action.bytes.length;
    else this.#isClosed = true;
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    this.#queue.push({ action, atMs: this.#lastAtMs });
  }

  /** Whatever is put in from now on is due no earlier than this. */
  delayUntil(atMs: number): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
  }

  /** Puts bytes in; see {@link put}. Bytes that have to wait are copied, since views die with the caller's chunk. */
  putBytes(bytes: Uint8Array, atMs: number, nowMs: number): void {
    if (atMs <= nowMs && this.#lastAtMs <= nowMs) this.put({ kind: "bytes", bytes }, atMs);
    else if (bytes.length > blockBytes.least) this.put({ kind: "bytes", bytes: bytes.slice() }, atMs);
    else if (bytes.length > 0 && !this.#isClosed) this.#putSmall(bytes, atMs);
  }

  #putSmall(bytes: Uint8Array, atMs: number): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    const last = this.#next < this.#queue.length ? this.#queue.at(-1) : undefined;
    if (!(last instanceof Block && last.push(bytes, this.#lastAtMs))) {
      // As much again as what waits already: a single one needs little, and many make few blocks.
      const size = Math.min(blockBytes.most, Math.max(blockBytes.least, this.#pendingBytes));
      const block = new Block(size);
      block.push(bytes, this.#lastAtMs);
      this.#queue.push(block);
    }
    this.#pendingBytes += bytes.length;
  }

  /** Puts bytes in that go out in pieces, each an action of its own; copied as by {@link putBytes}. */
  putPieces(bytes: Uint8Array, { size, firstAtMs, laterMs }: PieceTimes, nowMs: number): void {
    if (this.#isClosed || bytes.length === 0) return;
    const atMs = Math.max(this.#lastAtMs, firstAtMs);
    const lastBytes = bytes.length % size || Math.min(size, bytes.length);
    const between = Math.ceil(bytes.length / size) - 2;
    this.#lastAtMs = between < 0 ? atMs : atMs + between * laterMs(size) + laterMs(lastBytes);
    this.#pendingBytes += bytes.length;
    this.#queue.push({ rest: this.#lastAtMs > nowMs ? bytes.slice() : bytes, size, atMs, laterMs });
  }

  /** Takes out what is due. At `Infinity` that is everything, and bytes that are left come in one piece. */
  take(nowMs: number): StreamAction[] {
    const actions: StreamAction[] = [];
    for (;;) {
      const due = this.#queue[this.#next];
      if (due?.atMs === undefined || due.atMs > nowMs) break;
      const action = due instanceof Block ? due.shift() : "rest" in due ? nextPiece(due, nowMs) : due.action;
      actions.push(action);
      if (action.kind === "bytes") this.#pendingBytes -= action.bytes.length;
      const isGone =
        due instanceof Block ? due.atMs === undefined : !("rest" in due) || due.rest.length === 0;
      if (isGone) this.#queue[this.#next++] = undefined;
    }
    // Emptied in one go now and then: taking from the front of an array moves all the rest.
    if (this.#next > 64 && this.#next * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    return actions;
  }
}

function nextPiece(pieces: Pieces, nowMs: number): StreamAction {
  const { rest } = pieces;
  // At the end of all time everything goes at once, and pieces are of no use any more.
  const size = nowMs === Number.POSITIVE_INFINITY ? rest.length : pieces.size;
  const bytes = rest.subarray(0, size);
  pieces.rest = rest.subarray(size);
  pieces.atMs += pieces.laterMs(Math.min(size, pieces.rest.length));
  return { kind: "bytes", bytes };
}
