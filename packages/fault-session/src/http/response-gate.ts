/** The last thing on a response's way to the client: nothing passes before its time, and nothing behind its point. */
import type { BytePoint } from "../byte-point.ts";

/** What passes a gate. `E`: how the carrier's messages begin and end. */
export type Gated<E> =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "close" | "reset" }
  | E;

/** The beginning of a message that is no bytes, or its end. */
interface Mark {
  readonly kind: "head" | "end";
}

export class ResponseGate<E extends Mark> {
  readonly #point: BytePoint | null;
  #openAtMs: number;
  /** Waits for {@link #openAtMs}. */
  #waiting: Gated<E>[] = [];
  #waitingBytes = 0;
  #hasPassed = false;
  #isOver = false;
  #isCut = false;

  /** @param openAtMs - The moment at which the response may begin. */
  constructor(openAtMs: number, point: BytePoint | null) {
    this.#openAtMs = openAtMs;
    this.#point = point;
  }

  /** The moment from which on something passes; `Infinity` is never. */
  get openAtMs(): number {
    return this.#openAtMs;
  }

  /** Whether anything has passed. */
  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** Whether the last has passed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether that was no proper end. */
  get isCut(): boolean {
    return this.#isCut;
  }

  get pendingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether something waits here. */
  get holds(): boolean {
    return this.#waiting.length > 0;
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get wakeAtMs(): number | undefined {
    return this.holds && Number.isFinite(this.#openAtMs) ? this.#openAtMs : undefined;
  }

  /** Lets through what may pass now: first what waits, then `actions`. */
  pass(actions: readonly Gated<E>[], nowMs: number): Gated<E>[] {
    const out = this.wake(nowMs);
    for (const action of actions) this.#take(action, nowMs, out);
    return out;
  }

  /** Time has passed. */
  wake(nowMs: number): Gated<E>[] {
    const out: Gated<E>[] = [];
    if (!this.holds || nowMs < this.#openAtMs) return out;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const action of waiting) this.#take(action, nowMs, out);
    return out;
  }

  /** Nothing waits for its time any more. */
  open(): void {
    this.#openAtMs = Number.NEGATIVE_INFINITY;
  }

  #take(action: Gated<E>, nowMs: number, out: Gated<E>[]): void {
    if (this.#isOver) return;
    if (nowMs < this.#openAtMs) {
      this.#wait(action);
      return;
    }
    const divided = this.#divide(action);
    if (divided === null) {
      this.#emit(action, out);
      return;
    }
    const { before, behind } = divided;
    if (before.length > 0) this.#emit({ kind: "bytes", bytes: before }, out);
    const act = this.#point?.act ?? { kind: "close" };
    if (act.kind !== "stall") {
      this.#emit({ kind: act.kind }, out);
      return;
    }
    this.#openAtMs = act.ms === null ? Number.POSITIVE_INFINITY : nowMs + act.ms;
    this.#wait(action.kind === "bytes" ? { kind: "bytes", bytes: behind } : action);
  }

  /** How the point divides what comes; `null` where it does not. */
  #divide(action: Gated<E>): { readonly before: Uint8Array; readonly behind: Uint8Array } | null {
    const point = this.#point;
    if (point === null) return null;
    if ("bytes" in action) return point.divide(action.bytes);
    if (action.kind !== "head" || point.isReached || point.leftBytes > 0) return null;
    point.reach();
    return { before: nothing, behind: nothing };
  }

  #emit(action: Gated<E>, out: Gated<E>[]): void {
    this.#hasPassed ||= action.kind === "bytes" || action.kind === "head";
    this.#isCut ||= action.kind === "close" || action.kind === "reset";
    this.#isOver = action.kind !== "bytes" && action.kind !== "head";
    out.push(action);
  }

  #wait(action: Gated<E>): void {
    // Behind a stall for ever nothing is kept: it would be all that the upstream still says.
    if (!Number.isFinite(this.#openAtMs)) return;
    this.#waiting.push(action);
    if ("bytes" in action) this.#waitingBytes += action.bytes.length;
  }
}

const nothing = new Uint8Array(0);
