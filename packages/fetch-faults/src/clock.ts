/** Time, and waits that end early where the caller has gone. */
import { after } from "@faultwire/timers";

/** Where time comes from; a test gives its own. */
export interface FetchClock {
  /** Milliseconds, never going backwards. */
  now(): number;
  /** Calls `action` once after `delayMs`. @returns what takes it back. */
  after(delayMs: number, action: () => void): () => void;
  /** Milliseconds since 1970, for times in answers; default `Date.now`. */
  wallNow?(): number;
}

/** The time of the machine. */
export const realClock: FetchClock = { now: () => performance.now(), after };

/** What a wait came to. `ready`: what else was waited for. */
export type Waited = "time" | "ready" | "aborted";

/** Ends early whatever waits for a call. It is the caller's signal, or the cancelling of a body. */
export class Departure {
  readonly #signal: AbortSignal | undefined;
  readonly #listeners = new Set<() => void>();
  #reason: { readonly value: unknown } | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (signal?.aborted) this.leave(signal.reason);
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Whether the caller has gone. */
  get hasLeft(): boolean {
    return this.#reason !== undefined;
  }

  /** What the caller is told: the signal's reason, as fetch does. */
  get reason(): unknown {
    return this.#reason?.value;
  }

  /** The caller has gone. */
  leave(reason: unknown): void {
    if (this.#reason) return;
    this.#reason = { value: reason };
    for (const listener of [...this.#listeners]) listener();
    this.end();
  }

  /** Calls `listener` when the caller goes. @returns what takes it back. */
  onLeave(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The call is over: nothing listens to the signal any more. */
  end(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#listeners.clear();
  }

  readonly #onAbort = (): void => this.leave(this.#signal?.reason);
}

/**
 * Waits until a time has passed, something else is ready, or the caller has gone. No timer and no listener stays.
 *
 * @param ms - `Infinity` waits for the others alone.
 */
export function waitFor(
  clock: FetchClock,
  ms: number,
  departure: Departure,
  ready?: Promise<unknown>,
): Promise<Waited> {
  if (departure.hasLeft) return Promise.resolve("aborted");
  return new Promise((resolve) => {
    const end = (how: Waited): void => {
      takeBack();
      stopListening();
      resolve(how);
    };
    const stopListening = departure.onLeave(() => end("aborted"));
    const takeBack = Number.isFinite(ms) ? clock.after(ms, () => end("time")) : () => {};
    ready?.then(
      () => end("ready"),
      () => end("ready"),
    );
  });
}
