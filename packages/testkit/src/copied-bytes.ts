/** Counts the bytes that are copied while something runs, for tests of how work grows: no clock, so no busy machine. */

/**
 * How many bytes `work` copies by `set` and `slice` of byte arrays, which is how the packages under test copy.
 * Synchronous work only; not to be nested.
 *
 * @example `copiedBytes(() => new Uint8Array(8).set(new Uint8Array(3)))` is 3.
 */
export function copiedBytes(work: () => void): number {
  const copying = Uint8Array.prototype;
  // They are the parent's own: what is put over them here can be taken away again.
  const original = Object.getPrototypeOf(copying) as Uint8Array;
  let count = 0;
  Object.assign(copying, {
    set(this: Uint8Array, from: ArrayLike<number>, at?: number): void {
      count += from.length;
      original.set.call(this, from, at);
    },
    slice(this: Uint8Array, start?: number, end?: number): Uint8Array {
      const copy = original.slice.call(this, start, end);
      count += copy.length;
      return copy;
    },
  });
  try {
    work();
  } finally {
    Reflect.deleteProperty(copying, "set");
    Reflect.deleteProperty(copying, "slice");
  }
  return count;
}
