/** Bytes and the text that they stand for in HTTP/1.1. */

/**
 * `bytes[from, to)` with each byte as the code point of the same number (ISO-8859-1), which is how HTTP header values
 * are read (RFC 9110 section 5.5). `TextDecoder("latin1")` is windows-1252 and would lose 0x80 to 0x9f.
 */
export function fromLatin1(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  // Function arguments live on the stack: a long value is read in parts.
  for (let at = from; at < to; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 4096, to)));
  return text;
}

/** The inverse of {@link fromLatin1}; code units above 0xff keep their low byte, so check before. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
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
