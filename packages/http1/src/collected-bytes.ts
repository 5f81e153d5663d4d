const EMPTY = new Uint8Array(0);

/**
 * Bytes that are kept as they come, copied into one array that grows: a peer that sends byte by byte costs its bytes, and
 * not an object for each. The caller holds {@link length} against a limit before it adds.
 *
 * @example
 * ```ts
 * const body = new CollectedBytes();
 * for (const item of items) if (item.kind === "body") body.push(item.data);
 * JSON.parse(text(body.take()));
 * ```
 */
export class CollectedBytes {
  #buffer: Uint8Array = EMPTY;
  #length = 0;

  /** Bytes that are kept. */
  get length(): number {
    return this.#length;
  }

  /** Copies bytes behind those that are there; amortized constant time a byte. */
  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** All of them, as a view that holds until the next {@link push}. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** All of them, for good; nothing is kept afterwards. */
  take(): Uint8Array {
    const all = this.view();
    this.#buffer = EMPTY;
    this.#length = 0;
    return all;
  }
}
