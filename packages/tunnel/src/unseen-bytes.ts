/** Bytes of one direction's read answers that no write call has shown yet, in order. */
import { joinBytes } from "@faultwire/http1";

export class UnseenBytes {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end; they must not be changed while they are here. */
  push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** Removes the first `count` and returns them (copied only when they span several pushes). */
  take(count: number): Uint8Array {
    this.#length -= count;
    const taken: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      const part = this.#parts[0];
      if (part === undefined) break;
      if (part.length <= missing) {
        taken.push(part);
        this.#parts.shift();
      } else {
        taken.push(part.subarray(0, missing));
        this.#parts[0] = part.subarray(missing);
      }
      missing -= Math.min(missing, part.length);
    }
    return joinBytes(taken);
  }

  /** Whether the bytes from number `at` on are those of `chunk`. */
  matches(chunk: Uint8Array, at: number): boolean {
    let skip = at;
    let done = 0;
    for (const part of this.#parts) {
      if (skip >= part.length) {
        skip -= part.length;
        continue;
      }
      const length = Math.min(part.length - skip, chunk.length - done);
      const expected = part.subarray(skip, skip + length);
      if (Buffer.compare(expected, chunk.subarray(done, done + length)) !== 0) return false;
      done += length;
      skip = 0;
      if (done === chunk.length) return true;
    }
    return done === chunk.length;
  }

  clear(): void {
    this.#parts = [];
    this.#length = 0;
  }
}
