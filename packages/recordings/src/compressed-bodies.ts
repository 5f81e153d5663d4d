/** Opens compressed bodies, to see whether they hold a secret: in a compressed one nothing can be masked. */
import { setImmediate as otherWork } from "node:timers/promises";
import * as zlib from "node:zlib";
import { type Header, headerTokens } from "@faultwire/http1";
import { fromLatin1 } from "./latin1.ts";
import { maskedText } from "./masking.ts";
import { recordingLimits } from "./recording-limits.ts";

/**
 * What a compressed body holds.
 *
 * - `clean`: it is not compressed, or holds no secret
 * - `secret`: it holds one
 * - `unknown`: it can't be opened: a coding that this Node does not know, too many of them, damage, or too many bytes
 */
export type Inside = "clean" | "secret" | "unknown";

type Opener = (body: Uint8Array) => Promise<Uint8Array>;

const maxOutputLength = recordingLimits.maxOpenedBytes;

/** What was cut off is opened as far as it goes. */
const gzipOptions = { maxOutputLength, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const brotliOptions = { maxOutputLength, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };

function opened(
  open: (done: (error: Error | null, result: Uint8Array) => void) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    open((error, result) => (error ? reject(error) : resolve(result)));
  });
}

const gunzip: Opener = (body) => opened((done) => zlib.unzip(body, gzipOptions, done));

/** Some send deflate without the zlib format around it (RFC 9110 section 8.4.1.2). */
const inflate: Opener = (body) =>
  gunzip(body).catch(() => opened((done) => zlib.inflateRaw(body, gzipOptions, done)));

const openers: Readonly<Record<string, Opener | undefined>> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate: inflate,
  br: (body) => opened((done) => zlib.brotliDecompress(body, brotliOptions, done)),
  zstd: zstdOpener(),
};

/** Node has it from 22.15 on. */
function zstdOpener(): Opener | undefined {
  const { zstdDecompress } = zlib as { readonly zstdDecompress?: typeof zlib.brotliDecompress };
  return zstdDecompress && ((body) => opened((done) => zstdDecompress(body, { maxOutputLength }, done)));
}

/** Whether such headers say that a body is compressed. */
export const isCompressed = (headers: readonly Header[]): boolean => codingsOf(headers).length > 0;

function codingsOf(headers: readonly Header[]): readonly string[] {
  return headerTokens(headers, "content-encoding")
    .map((coding) => coding.toLowerCase())
    .filter((coding) => coding !== "identity" && coding !== "");
}

/** Looks into a body with these headers. */
export async function lookInside(headers: readonly Header[], body: Uint8Array): Promise<Inside> {
  const codings = codingsOf(headers);
  if (codings.length === 0 || body.length === 0) return "clean";
  if (codings.length > recordingLimits.maxCodings) return "unknown";
  let clear = body;
  // The last one that is named was applied last (RFC 9110 section 8.4).
  for (const coding of codings.toReversed()) {
    const open = openers[coding];
    if (!open) return "unknown";
    try {
      clear = await open(clear);
    } catch {
      return "unknown";
    }
  }
  return (await holdsSecret(clear)) ? "secret" : "clean";
}

/**
 * Whether a body holds a secret. It is looked at in pieces, with other work between them: in one go a small bomb would stop the
 * whole process for seconds. A secret that a piece cuts is found in the next one, which begins before that cut.
 */
async function holdsSecret(body: Uint8Array): Promise<boolean> {
  const { lookedAtOnceBytes: most, lookedAtTwiceBytes: twice } = recordingLimits;
  for (let from = 0; ; from += most - twice) {
    const text = fromLatin1(body.subarray(from, from + most));
    if (maskedText(text) !== text) return true;
    if (from + most >= body.length) return false;
    await otherWork();
  }
}
