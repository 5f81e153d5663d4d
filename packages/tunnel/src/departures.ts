/** What of a direction's bytes has gone out, and who waits to be told. */

/** Somebody who waits until something has gone. */
interface Waiter {
  /** Bytes of the direction up to which it waits. */
  readonly atByte: number;
  readonly needsEnd: boolean;
  readonly told: (isGone: boolean) => void;
}

export class Departures {
  /** Bytes that were ever to go. */
  #queued = 0;
  #gone = 0;
  /** Up to which byte the answers go that were given, and when. */
  #going: { readonly upTo: number; readonly atMs: number }[] = [];
  #waiters: Waiter[] = [];
  /** Since when somebody waits while there is no call to send anything with. */
  #strandedSinceMs: number | undefined;

  /** So many bytes more are to go; fewer, where some were given up. */
  queue(bytes: number): void {
    this.#queued += bytes;
  }

  /** So many bytes more go out at that moment. */
  go(bytes: number, atMs: number): void {
    if (bytes > 0) this.#going.push({ upTo: (this.#going.at(-1)?.upTo ?? this.#gone) + bytes, atMs });
  }

  /**
   * Calls `told` once: with true when all that was queued so far has gone and, where `needsEnd` says so, the direction has
   * ended; with false when there was no call to send it with for `maxStrandedMs`.
   */
  wait(needsEnd: boolean, told: (isGone: boolean) => void): void {
    this.#waiters.push({ atByte: this.#queued, needsEnd, told });
  }

  /** Tells the waiters whether their bytes have gone by now, or can't go. */
  tell(state: {
    readonly nowMs: number;
    readonly hasEnded: boolean;
    readonly hasCall: boolean;
    /** Everything that was given goes at once. */
    readonly isReleased: boolean;
    readonly maxStrandedMs: number;
  }): void {
    const { nowMs, hasEnded, hasCall, isReleased, maxStrandedMs } = state;
    if (this.#waiters.length === 0 && this.#going.length === 0) {
      this.#strandedSinceMs = undefined;
      return;
    }
    for (let [next] = this.#going; next && (next.atMs <= nowMs || isReleased); [next] = this.#going) {
      this.#gone = next.upTo;
      this.#going.shift();
    }
    const isGone = ({ atByte, needsEnd }: Waiter): boolean => this.#gone >= atByte && (!needsEnd || hasEnded);
    const gone = this.#waiters.filter(isGone);
    this.#waiters = this.#waiters.filter((waiter) => !gone.includes(waiter));
    for (const { told } of gone) told(true);
    if (this.#waiters.length === 0 || hasCall || this.#going.length > 0) {
      this.#strandedSinceMs = undefined;
      return;
    }
    this.#strandedSinceMs ??= nowMs;
    if (nowMs < this.#strandedSinceMs + maxStrandedMs) return;
    this.#strandedSinceMs = undefined;
    for (const { told } of this.#waiters.splice(0)) told(false);
  }

  /** When to call {@link tell} at the latest; `Infinity` while nobody waits for a time. */
  wakeAtMs(maxStrandedMs: number): number {
    const [next] = this.#going;
    if (this.#waiters.length > 0 && next) return next.atMs;
    return this.#strandedSinceMs === undefined
      ? Number.POSITIVE_INFINITY
      : this.#strandedSinceMs + maxStrandedMs;
  }

  /** Whether nobody waits, and nothing is on its way out. */
  get isIdle(): boolean {
    return this.#waiters.length + this.#going.length === 0;
  }

  /** Forgets everything; nobody is told any more. */
  clear(): void {
    this.#waiters = [];
    this.#going = [];
  }
}
