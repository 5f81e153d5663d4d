const { fromCharCode } = String;

/** The string whose code units are the bytes `start`..`end`: lossless for any bytes. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  // Eight at a time: a third of the time of one at a time, where most names have more than eight.
  for (; at + 8 <= end; at += 8)
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
  for (; at < end; at++) text += fromCharCode(bytes[at]!);
  return text;
}

/** The bytes of a string whose code units are all below 256; undefined for any other string. */
export function latin1Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0xff) return undefined;
    bytes[at] = unit;
  }
  return bytes;
}
