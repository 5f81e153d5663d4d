// The encoders that every host has (WHATWG Encoding). Declared here because the package takes neither the DOM's
// nor Node's types: what is not declared cannot be used by accident.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** The UTF-8 bytes of `text`, in a new array; lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `bytes` read as UTF-8; what is not UTF-8 becomes U+FFFD, a byte-order mark is kept. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * `bytes[from, to)` with each byte as the code point of the same number (ISO-8859-1), which is how HTTP header
 * values are read (RFC 9110 §5.5). `TextDecoder("latin1")` is windows-1252 and would lose 0x80–0x9f.
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

/** The bytes of several arrays in one new array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
