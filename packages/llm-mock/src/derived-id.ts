import { createHash } from "node:crypto";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const idLength = 22;

/**
 * An id in the provider's form (`msg_01…`, `toolu_01…`: 22 characters without 0, O, I and l), derived from
 * what is given alone: the same parts make the same id everywhere.
 *
 * @example
 * ```ts
 * derivedId("msg", seed, body); // "msg_01" and 22 characters
 * ```
 */
export function derivedId(prefix: string, ...parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash("sha256").update(prefix);
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
    // The length in between keeps ("ab", "c") and ("a", "bc") apart.
    hash.update(`\0${bytes.length}\0`).update(bytes);
  }
  let number = BigInt(`0x${hash.digest("hex")}`);
  let id = "";
  while (id.length < idLength) {
    id += alphabet[Number(number % 58n)];
    number /= 58n;
  }
  return `${prefix}_01${id}`;
}
