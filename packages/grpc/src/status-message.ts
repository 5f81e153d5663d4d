/** `grpc-message`: UTF-8, percent-encoded (PROTOCOL-HTTP2, "Percent-Encoded"). */
import { fromUtf8, utf8 } from "./text.ts";

/**
 * Percent-encodes a status message: space and visible ASCII but `%` stay as they are, every other byte of its UTF-8 becomes
 * `%` and two hex digits in upper case.
 *
 * @example
 * ```ts
 * encodeStatusMessage("50 % of the cafés"); // "50 %25 of the caf%C3%A9s"
 * ```
 */
export function encodeStatusMessage(text: string): string {
  let encoded = "";
  for (const byte of utf8(text))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return encoded;
}

const hexDigits = /^[0-9A-Fa-f]{2}$/;

/**
 * Reads a status message. A `%` without two hex digits stays as it is, as the protocol asks for; bytes that are no UTF-8 become
 * U+FFFD.
 */
export function decodeStatusMessage(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const digits = text.slice(at + 1, at + 3);
    if (text[at] === "%" && hexDigits.test(digits)) {
      bytes.push(Number.parseInt(digits, 16));
      at += 2;
    } else bytes.push(...utf8(text[at]!));
  }
  return fromUtf8(Uint8Array.from(bytes));
}
