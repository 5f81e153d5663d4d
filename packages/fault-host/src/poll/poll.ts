/**
 * The host is a program of futures: something is polled, answers "not yet" and is polled again when whatever it
 * waits for wakes its task. Its quirks are what such polls leave undone, so it is modelled in those terms.
 */

/** "Not yet": the answer of a poll that has nothing to give. */
export const PENDING: unique symbol = Symbol("pending");
/** The type of {@link PENDING}. */
export type Pending = typeof PENDING;

/** Whoever can be told that polling again is worth while. */
export interface Waker {
  /** Schedules one more poll; several calls before it happens are one. */
  wake(): void;
}

/**
 * A byte stream that is polled. Whoever gives `PENDING` has to see to it that the waker is woken, or the stream
 * stalls until something else wakes the task: the host has streams that forget, and stalls.
 */
export interface PollStream {
  /**
   * Reads into `into` (never empty).
   *
   * @returns how many bytes were read, 0 at the end of the stream, or `PENDING`.
   * @throws StreamError when the stream is broken.
   */
  pollRead(waker: Waker, into: Uint8Array): number | Pending;
  /**
   * Writes from `bytes` (never empty), perhaps only in part.
   *
   * @returns how many bytes count as written, 0 when nothing can be written any more, or `PENDING`.
   * @throws StreamError when the stream is broken.
   */
  pollWrite(waker: Waker, bytes: Uint8Array): number | Pending;
  /**
   * Ends the writing direction (FIN).
   *
   * @throws StreamError when the stream is broken.
   */
  shutdown(): void;
  /** Gives the stream up: calls in flight are cancelled, sockets closed. */
  drop(): void;
}

/** An I/O error of a {@link PollStream}: it ends one direction of a tunnel. Never leaves the package. */
export class StreamError extends Error {
  override readonly name: string = "StreamError";
}

/** The socket at the end of a stream is gone, by a reset for instance; its plugins have nothing to do with it. */
export class BrokenSocket extends StreamError {
  override readonly name: string = "BrokenSocket";
}

/** One task of the host: polled when woken, on a later turn of the event loop, until it is done. */
export class Task implements Waker {
  readonly #poll: () => boolean;
  #scheduled = false;
  #done = false;

  /** @param poll does what can be done now; true when there is nothing left to do. */
  constructor(poll: () => boolean) {
    this.#poll = poll;
  }

  wake(): void {
    if (this.#scheduled || this.#done) return;
    this.#scheduled = true;
    // Not a microtask: between two polls of a busy task the real host's reactor may deliver more bytes, and what
    // is lost by that must be lost here too.
    setImmediate(this.#run);
  }

  /** Never polls again. */
  stop(): void {
    this.#done = true;
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (!this.#done && this.#poll()) this.#done = true;
  };
}
