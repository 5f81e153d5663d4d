/**
 * How long the host takes from an answer to the call that follows from it, as seen from here: its own work, both
 * connections and our own queue included. What has to wait for something that the host does without telling waits
 * that long and a margin: smoothed mean and deviation, as TCP's retransmission timer has them (RFC 6298 section 2).
 */
export class HostPace {
  #meanMs = 0;
  #deviationMs = 0;
  #samples = 0;

  /** A call has come that an answer `ms` ago brought about. */
  sample(ms: number): void {
    if (this.#samples++ === 0) {
      this.#meanMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(ms - this.#meanMs) - this.#deviationMs) / 4;
    this.#meanMs += (ms - this.#meanMs) / 8;
  }

  /** The mean time of a round, in ms; 0 while none was seen. */
  get roundMs(): number {
    return this.#meanMs;
  }

  /** What all but freak rounds stay under, in ms; 0 while none was seen. */
  get slowRoundMs(): number {
    return this.#meanMs + 4 * this.#deviationMs;
  }
}
