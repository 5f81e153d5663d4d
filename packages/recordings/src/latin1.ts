/** Bytes as text of as many characters, and back. */

export const fromLatin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

export const toLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
