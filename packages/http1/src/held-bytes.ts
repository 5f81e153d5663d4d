const EMPTY = new Uint8Array(0);

/**
 * The unread end of a stream, kept from one push to the next. Growing costs amortized constant time a byte, so that
 * a peer which sends byte by byte gains nothing.
 */
export class HeldBytes {
  #buffer: Uint8Array = EMPTY;
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** What is held and then `chunk`, as one array; `chunk` itself when nothing is held. Call {@link keep} afterwards. */
  join(chunk: Uint8Array): Uint8Array {
    if (this.#length === 0) return chunk;
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2, 256));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    return this.#buffer.subarray(0, length);
  }

  /** Holds `data[from…]` of what {@link join} gave. Views of a part before `from` stay valid: that memory is left to them. */
  keep(data: Uint8Array, from: number): void {
    this.#length = data.length - from;
    if (this.#length === 0) this.#buffer = EMPTY;
    else if (from > 0 || data.buffer !== this.#buffer.buffer) this.#buffer = data.slice(from);
  }

  /** What is held, as a view; nothing is held afterwards. */
  take(): Uint8Array {
    const all = this.#buffer.subarray(0, this.#length);
    this.#buffer = EMPTY;
    this.#length = 0;
    return all;
  }
}
