/** Bytes that wait to be read, and how far they are read. */
export interface WaitingBytes {
  /** What {@link chunk} begins, with room behind it; undefined where it is the caller's own memory. */
  readonly store: Uint8Array | undefined;
  readonly chunk: Uint8Array;
  readonly at: number;
}

const MIN_STORE_BYTES = 256;

/**
 * The bytes that wait with `more` behind them. Who pushes byte by byte and reads late costs amortized constant time a
 * byte: the store doubles. What was handed out of the store stays as it is, since only what is behind it is written.
 */
export function appended({ store, chunk, at }: WaitingBytes, more: Uint8Array): WaitingBytes {
  const end = chunk.length + more.length;
  if (store !== undefined && end <= store.length) {
    store.set(more, chunk.length);
    return { store, chunk: store.subarray(0, end), at };
  }
  const left = chunk.subarray(at);
  const length = left.length + more.length;
  const larger = new Uint8Array(Math.max(MIN_STORE_BYTES, 2 * length));
  larger.set(left);
  larger.set(more, left.length);
  return { store: larger, chunk: larger.subarray(0, length), at: 0 };
}
