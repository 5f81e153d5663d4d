/** Takes secrets out of AWS's event streams, whose frames have checksums. */
import { crc32, PRELUDE_BYTES, readPrelude } from "@faultwire/fault-engine/internal";
import { type Header, headerValue } from "@faultwire/http1";
import { fromLatin1, toLatin1 } from "./latin1.ts";

/** Whether headers say that a body is such a stream. */
export const isEventStream = (headers: readonly Header[]): boolean =>
  /^application\/vnd\.amazon\.eventstream\b/i.test(headerValue(headers, "content-type") ?? "");

/** Bedrock's InvokeModel: events of the model itself as base64, which looks like a JSON web token. */
const inside = /("bytes"\s{0,9}:\s{0,9}")([A-Za-z0-9+/]+={0,2})(?=")/g;

/** Bytes of the checksum behind a frame. */
const CHECKSUM_BYTES = 4;

/**
 * The same stream with what `masked` takes out of its texts, frame by frame, each as long as before and with the checksum of
 * what it holds now. What is no frame, or was cut off, is masked as a text.
 *
 * @param masked - Gives a text of the same length.
 */
export function maskedEventStream(stream: string, masked: (text: string) => string): string {
  const bytes = toLatin1(stream);
  let result = "";
  let at = 0;
  for (;;) {
    const prelude = bytes.subarray(at, at + PRELUDE_BYTES);
    const totalBytes = prelude.length < PRELUDE_BYTES ? undefined : readPrelude(prelude)?.totalBytes;
    if (totalBytes === undefined || at + totalBytes > bytes.length) return result + masked(stream.slice(at));
    result += maskedFrame(stream.slice(at, at + totalBytes), masked);
    at += totalBytes;
  }
}

function maskedFrame(frame: string, masked: (text: string) => string): string {
  const end = frame.length - CHECKSUM_BYTES;
  const said = frame.slice(PRELUDE_BYTES, end);
  const clean = maskedTexts(said, masked);
  // Also where the checksum was wrong: that is kept.
  if (clean === said) return frame;
  const content = frame.slice(0, PRELUDE_BYTES) + clean;
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  new DataView(checksum.buffer).setUint32(0, crc32(toLatin1(content)));
  return content + fromLatin1(checksum);
}

/** What stands in base64 is masked as what it means, and what stands around it as it is. */
function maskedTexts(text: string, masked: (text: string) => string): string {
  let result = "";
  let from = 0;
  for (const found of text.matchAll(inside)) {
    const [whole, head = "", base64 = ""] = found;
    const meant = Buffer.from(base64, "base64").toString("latin1");
    // Anything else that these letters may be is a text, and may be a key.
    if (!meant.startsWith("{")) continue;
    const clean = masked(meant);
    result += masked(text.slice(from, found.index)) + head;
    const again = Buffer.from(clean, "latin1").toString("base64").slice(0, base64.length);
    result += clean === meant ? base64 : again;
    from = found.index + whole.length;
  }
  return result + masked(text.slice(from));
}
