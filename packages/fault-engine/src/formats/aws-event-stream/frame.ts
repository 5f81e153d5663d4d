/**
 * A frame of `application/vnd.amazon.eventstream`, big-endian: total length u32, length of the headers u32, CRC-32 of those
 * 8 bytes, headers, payload, CRC-32 of everything before. A header: length of its name u8, name, type u8, value.
 */
import { joinBytes } from "@faultwire/http1/internal";
import { fromUtf8, utf8 } from "../../text.ts";
import { crc32 } from "./crc32.ts";

/** Bytes before the headers. */
export const PRELUDE_BYTES = 12;
/** Bytes of the smallest frame: a prelude and the CRC of the message. */
export const LEAST_FRAME_BYTES = 16;

/** Types of values: a text is 7; the lengths of all others are in {@link valueEnd}. */
const TEXT = 7;

/** A header as it stands in a frame. */
export interface FrameHeader {
  readonly name: string;
  readonly type: number;
  /** The value's bytes, with the length before it where its type has one. */
  readonly value: Uint8Array;
}

/** A frame, read. */
export interface Frame {
  readonly headers: readonly FrameHeader[];
  readonly payload: Uint8Array;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The lengths that a prelude says; `undefined` where its CRC says that it is none, or no frame can have them. */
export function readPrelude(
  prelude: Uint8Array,
): { readonly totalBytes: number; readonly headerBytes: number } | undefined {
  const numbers = view(prelude);
  const totalBytes = numbers.getUint32(0);
  const headerBytes = numbers.getUint32(4);
  if (numbers.getUint32(8) !== crc32(prelude.subarray(0, 8))) return undefined;
  return totalBytes < LEAST_FRAME_BYTES + headerBytes ? undefined : { totalBytes, headerBytes };
}

/** A whole frame; `undefined` where its CRC or a header is wrong. */
export function readFrame(whole: Uint8Array): Frame | undefined {
  const lengths = readPrelude(whole.subarray(0, PRELUDE_BYTES));
  const end = whole.length - 4;
  if (lengths?.totalBytes !== whole.length || view(whole).getUint32(end) !== crc32(whole.subarray(0, end)))
    return undefined;
  const payloadAt = PRELUDE_BYTES + lengths.headerBytes;
  const headers = readHeaders(whole.subarray(PRELUDE_BYTES, payloadAt));
  return headers && { headers, payload: whole.subarray(payloadAt, end) };
}

function readHeaders(bytes: Uint8Array): FrameHeader[] | undefined {
  const headers: FrameHeader[] = [];
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const type = bytes[nameEnd];
    if (type === undefined) return undefined;
    const end = valueEnd(bytes, nameEnd + 1, type);
    if (end === undefined || end > bytes.length) return undefined;
    const name = fromUtf8(bytes.subarray(at + 1, nameEnd));
    headers.push({ name, type, value: bytes.subarray(nameEnd + 1, end) });
    at = end;
  }
  return headers;
}

/** Bytes of values of the types 0 to 9; `null` for those with a length before them. */
const VALUE_BYTES: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16];

function valueEnd(bytes: Uint8Array, from: number, type: number): number | undefined {
  const fixed = VALUE_BYTES[type];
  if (fixed === undefined) return undefined;
  if (fixed !== null) return from + fixed;
  const [high, low] = [bytes[from], bytes[from + 1]];
  return high === undefined || low === undefined ? undefined : from + 2 + high * 256 + low;
}

/** A header with a text. */
export function textHeader(name: string, text: string): FrameHeader {
  const bytes = utf8(text);
  return {
    name,
    type: TEXT,
    value: joinBytes([Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes]),
  };
}

/** The text of a header; `undefined` where there is no such header, or it has no text. */
export function headerText({ headers }: Frame, name: string): string | undefined {
  const found = headers.find((header) => header.name === name && header.type === TEXT);
  return found && fromUtf8(found.value.subarray(2));
}

/** What may be wrong with a frame on purpose. */
export interface FrameDefects {
  /** Added to the lengths that the prelude says; its CRC fits what it says. */
  readonly totalLengthBy?: number;
  readonly headersLengthBy?: number;
  readonly isPreludeCrcWrong?: boolean;
  readonly isMessageCrcWrong?: boolean;
}

/** The bytes of a frame. */
export function writeFrame({ headers, payload }: Frame, defects: FrameDefects = {}): Uint8Array {
  const written = joinBytes(
    headers.flatMap(({ name, type, value }) => {
      const bytes = utf8(name);
      return [Uint8Array.of(bytes.length), bytes, Uint8Array.of(type), value];
    }),
  );
  const bytes = new Uint8Array(LEAST_FRAME_BYTES + written.length + payload.length);
  const numbers = view(bytes);
  const flipped = (crc: number, isWrong = false): number => (isWrong ? ~crc >>> 0 : crc);
  numbers.setUint32(0, bytes.length + (defects.totalLengthBy ?? 0));
  numbers.setUint32(4, written.length + (defects.headersLengthBy ?? 0));
  numbers.setUint32(8, flipped(crc32(bytes.subarray(0, 8)), defects.isPreludeCrcWrong));
  bytes.set(written, PRELUDE_BYTES);
  bytes.set(payload, PRELUDE_BYTES + written.length);
  const end = bytes.length - 4;
  numbers.setUint32(end, flipped(crc32(bytes.subarray(0, end)), defects.isMessageCrcWrong));
  return bytes;
}
