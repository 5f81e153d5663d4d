/**
 * Masks a payload, or takes the mask off: the two are the same (RFC 6455 section 5.3).
 *
 * @param bytes - A part of a payload. Not changed.
 * @param key - Four bytes.
 * @param at - Where in its payload the part begins.
 * @returns a copy.
 * @example
 * ```ts
 * const plain = maskBytes(bytes, Uint8Array.of(1, 2, 3, 4));
 * ```
 */
export function maskBytes(bytes: Uint8Array, key: Uint8Array, at = 0): Uint8Array {
  const masked = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++)
    masked[index] = bytes[index]! ^ (key[(at + index) & 3] ?? 0);
  return masked;
}
