import { frameFormatLimits } from "./frame-limits.ts";
import { maskBytes } from "./mask.ts";
import { type FrameType, OPCODES } from "./opcodes.ts";
import { utf8 } from "./text.ts";
import { WebSocketError } from "./websocket-error.ts";

/** A frame to be written. What is left out is as RFC 6455 wants it; what is given is written, right or wrong. */
export interface FrameToWrite {
  /** A type by its name, or any opcode from 0 to 15. */
  readonly type: FrameType | number;
  /** The content; empty unless given. */
  readonly payload?: Uint8Array;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1, RSV2 and RSV3 as the number 4, 2 and 1, or their sum. Default 0. */
  readonly reserved?: number;
  /** Four bytes: the payload is masked with them. Left out: not masked, as a server's frames are. */
  readonly mask?: Uint8Array;
  /** Declared in place of the payload's own length, in as few bytes as it needs; up to 2^64 - 1. */
  readonly declaredBytes?: number | bigint;
  /** Bytes in which the length is written: 0, 2 or 8. Left out: as few as it needs. */
  readonly lengthBytes?: 0 | 2 | 8;
}

const NOTHING = new Uint8Array(0);

/**
 * Writes one frame (RFC 6455 section 5.2), broken where it is asked to be.
 *
 * @throws WebSocketError `invalid-argument` for an opcode, reserved bits, a mask or a length that has no place in a header.
 *
 * @example
 * ```ts
 * encodeFrame({ type: "text", payload: new TextEncoder().encode("Hello") }); // 81 05 48 65 6c 6c 6f
 * encodeFrame({ type: 3 }); // a reserved opcode
 * ```
 */
export function encodeFrame(frame: FrameToWrite): Uint8Array {
  const { type, payload = NOTHING, fin = true, reserved = 0, mask } = frame;
  const opcode = typeof type === "number" ? type : OPCODES[type];
  const declared = BigInt(frame.declaredBytes ?? payload.length);
  check("type", opcode, 15);
  check("reserved", reserved, 7);
  if (mask !== undefined && mask.length !== 4)
    throw new WebSocketError("invalid-argument", `mask: found ${mask.length} bytes, expected 4`);
  const lengthBytes = frame.lengthBytes ?? (declared < 126n ? 0 : declared < 65_536n ? 2 : 8);
  const most = lengthBytes === 0 ? 125n : (1n << BigInt(8 * lengthBytes)) - 1n;
  if (declared < 0n || declared > most)
    throw new WebSocketError(
      "invalid-argument",
      `declaredBytes: found ${declared}, expected 0 to ${most} in a length of ${lengthBytes} bytes`,
    );
  const maskBit = mask === undefined ? 0 : 0x80;
  const headBytes = 2 + lengthBytes + (mask?.length ?? 0);
  const bytes = new Uint8Array(headBytes + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  bytes[1] = maskBit | (lengthBytes === 0 ? Number(declared) : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, Number(declared));
  if (lengthBytes === 8) view.setBigUint64(2, declared);
  if (mask !== undefined) bytes.set(mask, 2 + lengthBytes);
  bytes.set(mask === undefined ? payload : maskBytes(payload, mask), headBytes);
  return bytes;
}

/**
 * The payload of a close frame (RFC 6455 section 5.5.1).
 *
 * @param code - Any number of 16 bits, may it stand in a frame or not; `null` for no code and no reason.
 * @throws WebSocketError `invalid-argument` for a code above 65535, a reason above {@link frameFormatLimits.closeReasonBytes}, or one without a code.
 * @example
 * ```ts
 * socket.write(encodeFrame({ type: "close", payload: encodeClose(1001, "going away") }));
 * ```
 */
export function encodeClose(code: number | null, reason = ""): Uint8Array {
  if (code === null && reason !== "")
    throw new WebSocketError("invalid-argument", "reason: found one without a code, expected none");
  if (code === null) return NOTHING;
  check("code", code, 65_535);
  const text = utf8(reason);
  if (text.length > frameFormatLimits.closeReasonBytes)
    throw new WebSocketError(
      "invalid-argument",
      `reason: found ${text.length} bytes, expected no more than ${frameFormatLimits.closeReasonBytes}`,
    );
  return Uint8Array.of(code >> 8, code & 255, ...text);
}

function check(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new WebSocketError(
    "invalid-argument",
    `${name}: found ${value}, expected a whole number from 0 to ${most}`,
  );
}
