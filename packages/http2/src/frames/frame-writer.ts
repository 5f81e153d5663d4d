/** Writes frames: any of them, broken ones as well, because failures are made of those. */
import { Http2Error } from "../http2-error.ts";
import {
  DefaultSetting,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  MAX_WINDOW,
  type Setting,
} from "./wire-tables.ts";

const NOTHING = new Uint8Array(0);

/** What a frame is made of; nothing of it has to make sense to a peer. */
export interface FrameParts {
  /** One of `FrameType`, or any number of 8 bits. */
  readonly type: number;
  /** 0 unless given. */
  readonly flags?: number;
  /** 0 unless given: the connection's. */
  readonly streamId?: number;
  /** Empty unless given. */
  readonly payload?: Uint8Array;
  /** What the header declares in place of the payload's own length: a broken frame. */
  readonly declaredBytes?: number;
}

/**
 * One frame, as asked for.
 *
 * @throws Http2Error `invalid-argument` for a number that its field can't hold
 * @example
 * ```ts
 * // DATA on stream 0, which no peer may send (RFC 9113 section 6.1).
 * writeFrame({ type: FrameType.DATA, payload: Uint8Array.of(1) });
 * ```
 */
export function writeFrame({
  type,
  flags = 0,
  streamId = 0,
  payload = NOTHING,
  declaredBytes,
}: FrameParts): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(frame, declaredBytes ?? payload.length, type, flags, streamId);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The header of a frame whose payload is sent behind it. @throws as {@link writeFrame} */
export function frameHeader(payloadBytes: number, type: number, flags: number, streamId: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  writeFrameHeader(header, payloadBytes, type, flags, streamId);
  return header;
}

function writeFrameHeader(
  into: Uint8Array,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  requireRange("a frame's length", length, 0xff_ffff);
  requireRange("a frame's type", type, 0xff);
  requireRange("a frame's flags", flags, 0xff);
  requireRange("a stream identifier", streamId, MAX_WINDOW);
  into[0] = length >>> 16;
  into[1] = length >>> 8;
  into[2] = length;
  into[3] = type;
  into[4] = flags;
  writeUint32(into, 5, streamId);
}

/**
 * SETTINGS (RFC 9113 section 6.5).
 *
 * @example
 * ```ts
 * socket.write(writeSettings([[SettingId.MAX_CONCURRENT_STREAMS, 1]]));
 * ```
 */
export function writeSettings(settings: readonly Setting[]): Uint8Array {
  const payload = new Uint8Array(settings.length * 6);
  let at = 0;
  for (const [id, value] of settings) {
    requireRange("a setting's identifier", id, 0xffff);
    requireRange("a setting's value", value, 0xffff_ffff);
    payload[at] = id >>> 8;
    payload[at + 1] = id;
    writeUint32(payload, at + 2, value);
    at += 6;
  }
  return writeFrame({ type: FrameType.SETTINGS, payload });
}

/**
 * The acknowledgement of a peer's SETTINGS.
 *
 * @example
 * ```ts
 * socket.write(writeSettingsAck());
 * ```
 */
export function writeSettingsAck(): Uint8Array {
  return writeFrame({ type: FrameType.SETTINGS, flags: FrameFlag.ACK });
}

/**
 * PING with eight bytes of the sender's, or its answer (RFC 9113 section 6.7).
 *
 * @example
 * ```ts
 * socket.write(writePing(new Uint8Array(8)));
 * ```
 */
export function writePing(opaque: Uint8Array, isAck = false): Uint8Array {
  if (opaque.length !== 8)
    throw new Http2Error("invalid-argument", `a PING has ${opaque.length} bytes; 8 expected`);
  return writeFrame({ type: FrameType.PING, flags: isAck ? FrameFlag.ACK : 0, payload: opaque });
}

/**
 * RST_STREAM (RFC 9113 section 6.4).
 *
 * @example
 * ```ts
 * socket.write(writeRstStream(1, ErrorCode.CANCEL));
 * ```
 */
export function writeRstStream(streamId: number, code: number): Uint8Array {
  return writeFrame({ type: FrameType.RST_STREAM, streamId, payload: uint32(code) });
}

/**
 * WINDOW_UPDATE, of a stream or, with 0, of the connection (RFC 9113 section 6.9).
 *
 * @example
 * ```ts
 * socket.write(writeWindowUpdate(0, 65_535));
 * ```
 */
export function writeWindowUpdate(streamId: number, increment: number): Uint8Array {
  return writeFrame({ type: FrameType.WINDOW_UPDATE, streamId, payload: uint32(increment) });
}

/**
 * GOAWAY (RFC 9113 section 6.8). `debugData` may be anything.
 *
 * @example
 * ```ts
 * socket.write(writeGoaway(0, ErrorCode.ENHANCE_YOUR_CALM));
 * ```
 */
export function writeGoaway(lastStreamId: number, code: number, debugData: Uint8Array = NOTHING): Uint8Array {
  requireRange("a stream identifier", lastStreamId, MAX_WINDOW);
  const payload = new Uint8Array(8 + debugData.length);
  writeUint32(payload, 0, lastStreamId);
  payload.set(uint32(code), 4);
  payload.set(debugData, 8);
  return writeFrame({ type: FrameType.GOAWAY, payload });
}

/**
 * DATA (RFC 9113 section 6.1), without padding.
 *
 * @example
 * ```ts
 * socket.write(writeData(1, new TextEncoder().encode("hello"), true));
 * ```
 */
export function writeData(streamId: number, data: Uint8Array, endStream = false): Uint8Array {
  return writeFrame({
    type: FrameType.DATA,
    flags: endStream ? FrameFlag.END_STREAM : 0,
    streamId,
    payload: data,
  });
}

/**
 * A header block as HEADERS, and CONTINUATION frames where it is longer than one frame (RFC 9113 section 6.10).
 *
 * @example
 * ```ts
 * const block = new HpackEncoder().encode([[":status", "200"]]);
 * socket.write(writeHeaders(1, block, true));
 * ```
 */
export function writeHeaders(
  streamId: number,
  block: Uint8Array,
  endStream: boolean,
  maxFrameBytes: number = DefaultSetting.MAX_FRAME_SIZE,
): Uint8Array {
  const frames = Math.max(1, Math.ceil(block.length / maxFrameBytes));
  const out = new Uint8Array(block.length + frames * FRAME_HEADER_BYTES);
  let at = 0;
  for (let index = 0; index < frames; index++) {
    const part = block.subarray(index * maxFrameBytes, (index + 1) * maxFrameBytes);
    const ending = index === 0 && endStream ? FrameFlag.END_STREAM : 0;
    const last = index === frames - 1 ? FrameFlag.END_HEADERS : 0;
    const type = index === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    writeFrameHeader(out.subarray(at), part.length, type, ending | last, streamId);
    out.set(part, at + FRAME_HEADER_BYTES);
    at += FRAME_HEADER_BYTES + part.length;
  }
  return out;
}

function uint32(value: number): Uint8Array {
  requireRange("a number of 32 bits", value, 0xffff_ffff);
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

function requireRange(what: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new Http2Error("invalid-argument", `${what} is ${value}; 0 to ${most} expected`);
}
