/** Bytes and the text that they stand for in HTTP/1.1. */

const { fromCharCode } = String;

/** Node's own decoder, where there is one; from so many bytes on it is faster than ours. */
const nodeDecoder = (globalThis as { Buffer?: { prototype: { latin1Slice: LatinSlice } } }).Buffer?.prototype
  .latin1Slice;
const nodeDecoderBytes = 64;

type LatinSlice = (this: Uint8Array, from: number, to: number) => string;

/**
 * `bytes[from, to)` with each byte as the code point of the same number (ISO-8859-1), which is how HTTP header values
 * are read (RFC 9110 section 5.5). `TextDecoder("latin1")` is windows-1252 and would lose 0x80 to 0x9f.
 */
export function fromLatin1(bytes: Uint8Array, from: number, to: number): string {
  if (nodeDecoder && to - from >= nodeDecoderBytes) return nodeDecoder.call(bytes, from, to);
  let text = "";
  let at = from;
  // Eight at a time takes half of the time of one at a time, and a tenth of that of a spread.
  for (; at + 8 <= to; at += 8)
    text += fromCharCode(
      bytes[at]!,
      bytes[at + 1]!,
      bytes[at + 2]!,
      bytes[at + 3]!,
      bytes[at + 4]!,
      bytes[at + 5]!,
      bytes[at + 6]!,
      bytes[at + 7]!,
    );
  for (; at < to; at++) text += fromCharCode(bytes[at]!);
  return text;
}

/** The inverse of {@link fromLatin1}; code units above 0xff keep their low byte, so check before. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The parts in one array. A single part that is not empty is given back itself, not copied. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length === 1 && filled[0]) return filled[0];
  const all = new Uint8Array(filled.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of filled) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
