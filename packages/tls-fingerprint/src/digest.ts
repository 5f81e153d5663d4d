import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** All 32 hex digits of the MD5 of a text in ASCII. A name for the text, not a protection of it. */
export function md5Hex(text: string): string {
  return hex(md5(asciiBytes(text)), 16);
}

/** The first 12 hex digits of the SHA-256 of a text in ASCII. */
export function sha256Hex12(text: string): string {
  return hex(sha256(asciiBytes(text)), 6);
}

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const octets: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, "0"),
);

function hex(bytes: Uint8Array, count: number): string {
  let text = "";
  for (let at = 0; at < count; at++) text += octets[bytes[at]!];
  return text;
}

/** Four lower-case hex digits of a 16-bit value. */
export function hex16(value: number): string {
  return octets[value >> 8]! + octets[value & 0xff]!;
}
