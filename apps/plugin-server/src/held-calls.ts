/** Calls of the host that are answered later: each until its time, its cancellation, or the end of the server. */
import type { Timers } from "@faultwire/tunnel";
import { forwardLimits } from "./forward-way.ts";

/** Holds calls; every one of them comes to an end. */
export class HeldCalls {
  readonly #timers: Timers;
  readonly #release = new Set<() => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * Waits, for `forwardLimits.maxHoldMs` at the most.
   *
   * @returns false where the host has cancelled the call meanwhile.
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

  /** Answers everything now. */
  release(): void {
    for (const release of this.#release) release();
  }
}
