import { PENDING, type Pending, type PollStream, StreamError, type Waker } from "./poll.ts";

/** The size of the buffer through which each direction is copied, and so the largest chunk of a write call. */
export const COPY_BUFFER_BYTES = 8192;

/**
 * One direction of a tunnel: reads, writes, and while a write is "not yet", tops its buffer up from the source.
 * It believes what the writer says: a writer that counts the whole buffer as written has it all.
 */
export class CopyBuffer {
  readonly #buffer = new Uint8Array(COPY_BUFFER_BYTES);
  /** Bytes from here … */
  #position = 0;
  /** … to here have been read and not yet written. */
  #filled = 0;
  #copied = 0;
  #sourceEnded = false;

  /**
   * Copies what can be copied now.
   *
   * @returns the number of bytes copied in all once the source has ended and everything is written; else `PENDING`.
   * @throws StreamError when the source or the sink is broken, or when the sink takes nothing any more.
   */
  poll(waker: Waker, source: PollStream, sink: PollStream): number | Pending {
    for (;;) {
      if (this.#filled < COPY_BUFFER_BYTES && !this.#sourceEnded) {
        // A source that has nothing doesn't matter while there is something to write.
        if (this.#fill(waker, source) === PENDING && this.#position === this.#filled) return PENDING;
      }
      while (this.#position < this.#filled) {
        const written = sink.pollWrite(waker, this.#buffer.subarray(this.#position, this.#filled));
        if (written === PENDING) {
          if (!this.#sourceEnded && this.#filled < COPY_BUFFER_BYTES) this.#fill(waker, source);
          return PENDING;
        }
        if (written === 0) throw new StreamError("the stream takes no more bytes");
        this.#position += written;
        this.#copied += written;
      }
      this.#position = 0;
      this.#filled = 0;
      if (this.#sourceEnded) return this.#copied;
    }
  }

  #fill(waker: Waker, source: PollStream): number | Pending {
    const read = source.pollRead(waker, this.#buffer.subarray(this.#filled));
    if (read === PENDING) return PENDING;
    this.#filled += read;
    this.#sourceEnded = read === 0;
    return read;
  }
}
