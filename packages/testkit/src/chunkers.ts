/** Ways to cut the same bytes: whole, byte by byte, at every point, and at random from a seed. */

/** The chunks of `bytes` at a fixed size; the last one may be shorter. Views, not copies. */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

/** Every way to cut `bytes` into two parts, the empty first and the empty second part included. */
export function* splitsOf(bytes: Uint8Array): Generator<readonly [Uint8Array, Uint8Array]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

/** The bytes of several chunks in one array. */
export function concatBytes(chunks: Iterable<Uint8Array>): Uint8Array {
  const list = [...chunks];
  const all = new Uint8Array(list.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of list) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A small seeded generator (mulberry32) of numbers in [0, 1): the same sequence for the same seed everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Chunks of random sizes between `min` and `max`, in bytes. */
export function randomChunks(
  bytes: Uint8Array,
  min: number,
  max: number,
  random: () => number,
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = min + Math.floor(random() * (max - min + 1));
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
