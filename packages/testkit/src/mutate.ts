/** Ways to spoil bytes that know what TLS is made of: lengths, types and nested lists. */

const telling = [0, 1, 2, 3, 11, 20, 22, 23, 32, 0x0a, 0x1a, 0x40, 0x7f, 0x80, 0xfe, 0xff];

/**
 * A changed copy of `bytes`: one to three changes at once. It may be shorter or longer than `bytes`.
 *
 * @param other - another input, pieces of which may be put in
 * @param random - numbers in [0, 1), as `seededRandom` gives them
 */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) result = mutateOnce(result, other, random);
  return result;
}

function mutateOnce(
  bytes: Uint8Array<ArrayBuffer>,
  other: Uint8Array,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const below = (limit: number): number => Math.floor(random() * limit);
  const at = below(bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + below(16));
  const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let to = 0;
    for (const part of parts) {
      joined.set(part, to);
      to += part.length;
    }
    return joined;
  };
  const head = bytes.subarray(0, at);
  const tail = bytes.subarray(at);
  switch (below(8)) {
    case 0: // a bit
      if (at < bytes.length) bytes[at]! ^= 1 << below(8);
      return bytes;
    case 1: // a telling value
      if (at < bytes.length) bytes[at] = telling[below(telling.length)]!;
      return bytes;
    case 2: // a length one more or less
      if (at < bytes.length) bytes[at]! += random() < 0.5 ? 1 : -1;
      return bytes;
    case 3: // cut out
      return join(head, tail.subarray(length));
    case 4: // twice
      return join(head, tail.subarray(0, length), tail);
    case 5: // cut off
      return bytes.slice(0, at);
    case 6: {
      // a piece of another input
      const from = below(other.length + 1);
      return join(head, other.subarray(from, from + length), tail);
    }
    default: {
      // another input's end
      const from = below(other.length + 1);
      return join(head, other.subarray(from));
    }
  }
}
