/** What stands in frames' payloads. Sizes are checked here, identifiers of streams by the connection. */
import { Http2Error } from "../http2-error.ts";
import type { Frame } from "./frame.ts";
import { FrameFlag, type Setting } from "./wire-tables.ts";

/**
 * A big-endian number of 32 bits, unsigned.
 *
 * @example
 * ```ts
 * readUint32(Uint8Array.of(0, 0, 1, 0), 0); // 256
 * ```
 */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/**
 * The same with its highest bit, which is reserved, left out.
 *
 * @example
 * ```ts
 * readUint31(Uint8Array.of(0x80, 0, 0, 1), 0); // 1
 * ```
 */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fff_ffff;
}

/**
 * The content of DATA, or the block of HEADERS, without padding and priority.
 *
 * @throws Http2Error `bad-payload` where there is more padding than payload: PROTOCOL_ERROR (RFC 9113 section 6.1)
 * @example
 * ```ts
 * for (const frame of reader.push(chunk)) if (frame.type === FrameType.DATA) console.log(readContent(frame, false).length);
 * ```
 */
export function readContent({ flags, payload }: Frame, mayHavePriority: boolean): Uint8Array {
  let from = 0;
  let to = payload.length;
  if (flags & FrameFlag.PADDED) {
    if (to === 0) throw new Http2Error("bad-payload", "a padded frame without the length of its padding");
    from = 1;
    to -= payload[0]!;
  }
  if (mayHavePriority && flags & FrameFlag.PRIORITY) from += 5;
  if (from > to) throw new Http2Error("bad-payload", "more padding than there is payload");
  return payload.subarray(from, to);
}

/**
 * The settings of SETTINGS, in order. The payload's length must be a multiple of 6.
 *
 * @example
 * ```ts
 * for (const [id, value] of readSettings(bytes)) console.log(id, value);
 * ```
 */
export function readSettings(payload: Uint8Array): Setting[] {
  if (payload.length % 6 !== 0)
    throw new Http2Error("bad-payload", `SETTINGS with ${payload.length} bytes; a multiple of 6 expected`);
  const settings: Setting[] = [];
  for (let at = 0; at < payload.length; at += 6)
    settings.push([(payload[at]! << 8) | payload[at + 1]!, readUint32(payload, at + 2)]);
  return settings;
}

/** What a GOAWAY says. */
export interface Goaway {
  /** Streams above it were not worked on, and can be asked for again. */
  readonly lastStreamId: number;
  /** One of `ErrorCode`, or any other number. */
  readonly code: number;
  /** Whatever the sender adds for people; a view. */
  readonly debugData: Uint8Array;
}

/**
 * The payload of GOAWAY.
 *
 * @throws Http2Error `bad-payload` where it is too short: FRAME_SIZE_ERROR
 *
 * @example
 * ```ts
 * const { lastStreamId, code } = readGoaway(bytes);
 * console.log(lastStreamId, errorName(code));
 * ```
 */
export function readGoaway(payload: Uint8Array): Goaway {
  if (payload.length < 8)
    throw new Http2Error("bad-payload", `GOAWAY with ${payload.length} bytes; 8 or more expected`);
  return {
    lastStreamId: readUint31(payload, 0),
    code: readUint32(payload, 4),
    debugData: payload.subarray(8),
  };
}
