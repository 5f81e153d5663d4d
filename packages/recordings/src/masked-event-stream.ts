/** Takes secrets out of AWS's event streams, whose frames have checksums. */
import { crc32, PRELUDE_BYTES, readPrelude } from "@faultwire/fault-engine/internal";
import { type Header, headerValue } from "@faultwire/http1";
import { fromLatin1, toLatin1 } from "./latin1.ts";
import { copied, maskedInSteps, type Turns } from "./mask-in-steps.ts";

/** Whether headers say that a body is such a stream. */
export const isEventStream = (headers: readonly Header[]): boolean =>
  /^application\/vnd\.amazon\.eventstream\b/i.test(headerValue(headers, "content-type") ?? "");

/** Bedrock's InvokeModel: events of the model itself as base64, which looks like a JSON web token. */
const inside = /("bytes"\s{0,9}:\s{0,9}")([A-Za-z0-9+/]+={0,2})(?=")/g;

/** Bytes of the checksum behind a frame. */
const CHECKSUM_BYTES = 4;

/** Gives a text of the same length. */
type Masking = (text: string) => string;

/**
 * A stream without what `masked` takes out of its texts, frame by frame, each as long as before and with the checksum of
 * what it holds then. What is no frame, or was cut off, is masked as a text. Other work goes on meanwhile.
 *
 * @returns the same array where nothing was masked
 */
export async function maskedEventStream(
  stream: Uint8Array,
  masked: Masking,
  turns: Turns,
): Promise<Uint8Array> {
  let result = stream;
  const put = async (at: number, before: Uint8Array, clean: Uint8Array): Promise<void> => {
    if (clean === before) return;
    if (result === stream) result = await copied([stream], turns);
    result.set(clean, at);
  };
  let at = 0;
  for (;;) {
    const prelude = stream.subarray(at, at + PRELUDE_BYTES);
    const totalBytes = prelude.length < PRELUDE_BYTES ? undefined : readPrelude(prelude)?.totalBytes;
    if (totalBytes === undefined || at + totalBytes > stream.length) {
      const rest = stream.subarray(at);
      await put(at, rest, await maskedInSteps(rest, masked, turns));
      return result;
    }
    const frame = stream.subarray(at, at + totalBytes);
    await put(at, frame, await maskedFrame(frame, masked, turns));
    at += totalBytes;
  }
}

async function maskedFrame(frame: Uint8Array, masked: Masking, turns: Turns): Promise<Uint8Array> {
  const end = frame.length - CHECKSUM_BYTES;
  const said = fromLatin1(frame.subarray(PRELUDE_BYTES, end));
  const clean = await maskedTexts(said, masked, turns);
  // Also where the checksum was wrong: that is kept.
  if (clean === said) return frame;
  const made = new Uint8Array(frame);
  made.set(toLatin1(clean), PRELUDE_BYTES);
  new DataView(made.buffer).setUint32(end, crc32(made.subarray(0, end)));
  return made;
}

async function maskedLong(text: string, masked: Masking, turns: Turns): Promise<string> {
  const body = toLatin1(text);
  const clean = await maskedInSteps(body, masked, turns);
  return clean === body ? text : fromLatin1(clean);
}

/** What stands in base64 is masked as what it means, and what stands around it as it is. */
async function maskedTexts(text: string, masked: Masking, turns: Turns): Promise<string> {
  let result = "";
  let from = 0;
  for (const found of text.matchAll(inside)) {
    const [whole, head = "", base64 = ""] = found;
    const meant = Buffer.from(base64, "base64").toString("latin1");
    // Anything else that these letters may be is a text, and may be a key.
    if (!meant.startsWith("{")) continue;
    const clean = await maskedLong(meant, masked, turns);
    result += (await maskedLong(text.slice(from, found.index), masked, turns)) + head;
    const again = Buffer.from(clean, "latin1").toString("base64").slice(0, base64.length);
    result += clean === meant ? base64 : again;
    from = found.index + whole.length;
  }
  return result + (await maskedLong(text.slice(from), masked, turns));
}
