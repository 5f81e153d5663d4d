import { createHash } from "node:crypto";

/** What an id is derived from. */
export type IdPart = string | number | Uint8Array;

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const hexDigits = "0123456789abcdef";
const lettersAndDigits = `${"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}abcdefghijklmnopqrstuvwxyz0123456789`;

function digest(parts: readonly IdPart[]): Buffer {
  const hash = createHash("sha512");
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
    // The length in between keeps ("ab", "c") and ("a", "bc") apart.
    hash.update(`\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest();
}

function letters(count: number, alphabet: string, parts: readonly IdPart[]): string {
  const base = BigInt(alphabet.length);
  let number = BigInt(`0x${digest(parts).toString("hex")}`);
  let text = "";
  while (text.length < count) {
    text += alphabet[Number(number % base)];
    number /= base;
  }
  return text;
}

/**
 * An id in Anthropic's form (`msg_01…`, `toolu_01…`: 22 characters without 0, O, I and l), derived from
 * what is given alone: the same parts make the same id everywhere.
 *
 * @example
 * ```ts
 * derivedId("msg", seed, body); // "msg_01" and 22 characters
 * ```
 */
export const derivedId = (prefix: string, ...parts: readonly IdPart[]): string =>
  `${prefix}_01${letters(22, base58, [prefix, ...parts])}`;

/** As {@link derivedId}: `count` hexadecimal digits, 100 at most. */
export const derivedHex = (count: number, ...parts: readonly IdPart[]): string =>
  letters(count, hexDigits, parts);

/** As {@link derivedId}: `count` letters and digits, 80 at most. */
export const derivedLetters = (count: number, ...parts: readonly IdPart[]): string =>
  letters(count, lettersAndDigits, parts);

/** As {@link derivedId}: a version 4 UUID. */
export function derivedUuid(...parts: readonly IdPart[]): string {
  const hex = derivedHex(32, ...parts);
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...groups, hex.slice(20)].join("-");
}

/** Bytes that follow from the parts alone, in base64: a signature, an encrypted text, something opaque. */
export const derivedBase64 = (...parts: readonly IdPart[]): string => digest(parts).toString("base64");

/** Numbers between −1 and 1 that follow from the parts alone; the vector's length is 1. */
export function derivedVector(dimensions: number, ...parts: readonly IdPart[]): readonly number[] {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < dimensions; block++) {
    const bytes = digest([...parts, block]);
    for (let at = 0; at + 3 < bytes.length && numbers.length < dimensions; at += 4)
      numbers.push(bytes.readInt32BE(at) / 0x8000_0000);
  }
  const length = Math.hypot(...numbers) || 1;
  return numbers.map((number) => number / length);
}
