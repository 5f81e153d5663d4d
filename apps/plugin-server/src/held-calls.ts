/** Calls of the host that are answered later: when their time has come, or when the server closes. */
import type { Timers } from "@faultwire/tunnel";
import { forwardLimits } from "./forward-way.ts";

/** Holds calls; each of them comes to an end. */
export class HeldCalls {
  readonly #timers: Timers;
  readonly #release = new Set<() => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * Waits so long, and not longer than `forwardLimits.maxHoldMs`.
   *
   * @returns false if the host has cancelled the call meanwhile.
   */
  hold(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (isOver: boolean): void => {
        takeBack();
        this.#release.delete(release);
        signal.removeEventListener("abort", cancel);
        resolve(isOver);
      };
      const release = (): void => end(true);
      const cancel = (): void => end(false);
      const takeBack = this.#timers.after(Math.min(ms, forwardLimits.maxHoldMs), release);
      this.#release.add(release);
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Calls that are held now. */
  get size(): number {
    return this.#release.size;
  }

  /** Ends the wait of every call. */
  release(): void {
    for (const release of this.#release) release();
  }
}
