const NOTHING: Uint8Array = new Uint8Array(0);

/** Bytes that wait to be taken. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** How many they are. */
  get length(): number {
    return this.#length;
  }

  /** Puts bytes behind the others; they are kept as they are, so don't change them. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** All of them; the queue is empty then. */
  take(): Uint8Array {
    const bytes = joinBytes(this.#chunks);
    if (this.#length > 0) this.#chunks = [];
    this.#length = 0;
    return bytes;
  }
}

/** One array of many; no copy where there is only one. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length <= 1) return chunks[0] ?? NOTHING;
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
