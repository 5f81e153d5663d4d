/**
 * How long the host takes from our answer to the call that this answer brings about. The host's own work, both connections
 * and our own queue are part of that time. The host does some things without telling us; a call that has to wait for
 * one of them waits this long and a margin. Mean and deviation are smoothed as for TCP's retransmission timer (RFC 6298
 * section 2).
 */
export class HostPace {
  #meanMs = 0;
  #deviationMs = 0;
  #samples = 0;

  /** A call has come, `ms` after the answer that brought it about. */
  sample(ms: number): void {
    if (this.#samples++ === 0) {
      this.#meanMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(ms - this.#meanMs) - this.#deviationMs) / 4;
    this.#meanMs += (ms - this.#meanMs) / 8;
  }

  /** The mean time of a round, in ms; 0 before the first round. */
  get roundMs(): number {
    return this.#meanMs;
  }

  /** Nearly all rounds are shorter than this, in ms; 0 before the first round. */
  get slowRoundMs(): number {
    return this.#meanMs + 4 * this.#deviationMs;
  }
}
