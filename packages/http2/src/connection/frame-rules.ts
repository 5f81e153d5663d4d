/** What is wrong with a frame whatever it says: its type, its stream, its size, its place (RFC 9113 sections 4 to 6). */
import type { Frame } from "../frames/frame.ts";
import { ErrorCode, FrameFlag, FrameType } from "../frames/wire-tables.ts";

/** Sizes that a type's payload must have; FRAME_SIZE_ERROR otherwise. */
const fixedBytes: ReadonlyMap<number, number> = new Map([
  [FrameType.PRIORITY, 5],
  [FrameType.RST_STREAM, 4],
  [FrameType.PING, 8],
  [FrameType.WINDOW_UPDATE, 4],
]);

/** Types that belong to a stream, and those that belong to the connection; WINDOW_UPDATE is both. */
const ofStream: ReadonlySet<number> = new Set([
  FrameType.DATA,
  FrameType.HEADERS,
  FrameType.PRIORITY,
  FrameType.RST_STREAM,
  FrameType.PUSH_PROMISE,
  FrameType.CONTINUATION,
]);
const ofConnection: ReadonlySet<number> = new Set([FrameType.SETTINGS, FrameType.PING, FrameType.GOAWAY]);

/**
 * What is wrong with a frame whatever it says; `undefined` where nothing is.
 *
 * @param hasSettings - The peer's first SETTINGS have come.
 * @param openBlock - The stream of a header block whose rest is still to come.
 */
export function wrongFrame(
  { type, flags, streamId, payload }: Frame,
  hasSettings: boolean,
  openBlock: number | undefined,
): { readonly code: number; readonly reason: string } | undefined {
  const { PROTOCOL_ERROR, FRAME_SIZE_ERROR } = ErrorCode;
  if (!hasSettings && (type !== FrameType.SETTINGS || flags & FrameFlag.ACK))
    return { code: PROTOCOL_ERROR, reason: "the first frame is not SETTINGS" };
  if (openBlock !== undefined && (type !== FrameType.CONTINUATION || streamId !== openBlock))
    return { code: PROTOCOL_ERROR, reason: "another frame within a header block" };
  if (openBlock === undefined && type === FrameType.CONTINUATION)
    return { code: PROTOCOL_ERROR, reason: "CONTINUATION without HEADERS" };
  if (ofStream.has(type) && streamId === 0)
    return { code: PROTOCOL_ERROR, reason: "a frame of a stream on stream 0" };
  if (ofConnection.has(type) && streamId !== 0)
    return { code: PROTOCOL_ERROR, reason: "a frame of the connection on a stream" };
  const expected = fixedBytes.get(type);
  if (expected !== undefined && payload.length !== expected)
    return {
      code: FRAME_SIZE_ERROR,
      reason: `a frame of type ${type} with ${payload.length} bytes; ${expected} expected`,
    };
  const isAck = type === FrameType.SETTINGS && (flags & FrameFlag.ACK) !== 0;
  if (type === FrameType.SETTINGS && (payload.length % 6 !== 0 || (isAck && payload.length > 0)))
    return { code: FRAME_SIZE_ERROR, reason: `SETTINGS with ${payload.length} bytes` };
  if (type === FrameType.GOAWAY && payload.length < 8)
    return { code: FRAME_SIZE_ERROR, reason: `GOAWAY with ${payload.length} bytes` };
  return undefined;
}
