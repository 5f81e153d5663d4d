import type { StreamAction } from "./fault-machine.ts";

interface Due {
  readonly action: StreamAction;
  readonly atMs: number;
}

/** Actions that wait for their moment, in order: none overtakes another. */
export class ScheduledOutput {
  #queue: Due[] = [];
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
    const waits = atMs > nowMs || this.#lastAtMs > nowMs;
    this.put({ kind: "bytes", bytes: waits ? bytes.slice() : bytes }, atMs);
  }

  /** Takes out what is due. */
  take(nowMs: number): StreamAction[] {
    const actions: StreamAction[] = [];
    for (
      let due = this.#queue[this.#next];
      due !== undefined && due.atMs <= nowMs;
      due = this.#queue[this.#next]
    ) {
      actions.push(due.action);
      if (due.action.kind === "bytes") this.#pendingBytes -= due.action.bytes.length;
      this.#next++;
    }
    // Emptied in one go now and then: taking from the front of an array moves all the rest.
    if (this.#next > 64 && this.#next * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    return actions;
  }
}
