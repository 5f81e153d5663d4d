import { drawFrom, drawKey, drawKeyOf } from "../draw.ts";

/**
 * A short text that is equal for requests that ask for the same and, but for a chance of one in 2⁵³, for no others. It
 * gives nothing of the body away.
 *
 * @param body - All of it, or its beginning: then always the same number of bytes, or equal requests are not told as equal.
 * @param bodyBytes - Bytes of all of it.
 *
 * @example
 * ```ts
 * requestFingerprint("POST", "/v1/messages", body); // "a1b2…"
 * ```
 */
export function requestFingerprint(
  method: string,
  target: string,
  body: Uint8Array,
  bodyBytes: number = body.length,
): string {
  const key = drawKeyOf(drawKey(method, target), body);
  return Math.floor(drawFrom(key, bodyBytes) * 2 ** 53)
    .toString(16)
    .padStart(14, "0");
}
