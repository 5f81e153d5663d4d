/** What a reader gives. The `bytes` of all items, one behind the other, are the bytes that came. */
import type { FrameType } from "./opcodes.ts";

/** A frame's header. */
export interface FrameHead {
  readonly kind: "head";
  /** What the frame is. */
  readonly type: FrameType;
  /** The last frame of its message; always true for a ping, a pong and a close. */
  readonly fin: boolean;
  /** RSV1 on the first frame of a message: the message is compressed (RFC 7692). It is not inflated here. */
  readonly isCompressed: boolean;
  /** Four bytes; `null` where the payload is not masked. */
  readonly mask: Uint8Array | null;
  /** Bytes of the payload, as declared. */
  readonly payloadBytes: number;
  /** Where in the stream the frame begins. */
  readonly offset: number;
  /** The header's bytes, as they came. */
  readonly bytes: Uint8Array;
}

/** A part of a frame's payload, as it came: masked, if the frame is. */
export interface FramePayload {
  readonly kind: "payload";
  /** Where in the payload the part begins. */
  readonly at: number;
  /** The part, as it came. */
  readonly bytes: Uint8Array;
}

/** A message that is whole: all of it but its content. */
export interface WholeMessage {
  /** What its content is. */
  readonly type: "text" | "binary";
  /** Bytes of its frames' payloads; compressed, if it is. */
  readonly bytes: number;
  /** How many frames it came in. */
  readonly frames: number;
  /** Whether its payload is compressed (RFC 7692). */
  readonly isCompressed: boolean;
}

/** What a close frame says. */
export interface CloseSaid {
  /** `null` where the frame says none, which programs are told as 1005. */
  readonly code: number | null;
  /** The reason for people; empty without one. */
  readonly reason: string;
}

/** A frame is whole. */
export interface FrameEnd {
  readonly kind: "end";
  /** What the frame is. */
  readonly type: FrameType;
  /** The message that the frame ends; `null` where it ends none. */
  readonly message: WholeMessage | null;
  /** What a close says; `null` for any other frame. */
  readonly close: CloseSaid | null;
  /** The payload of a ping, a pong or a close, without its mask; `null` for any other frame. */
  readonly control: Uint8Array | null;
  /** None. */
  readonly bytes: Uint8Array;
}

/**
 * Why bytes can't be read as frames.
 *
 * - `reserved-bits`: RSV2 or RSV3, or RSV1 where nothing is compressed, on a frame that is not a message's first, or on a
 *   control frame
 * - `reserved-opcode`: 3 to 7, or 11 to 15
 * - `control-fragmented`, `control-too-long`: a ping, a pong or a close that is not whole in one frame, or above 125 bytes
 * - `length-not-minimal`: a length in more bytes than it needs
 * - `payload-too-large`: a declared length with its highest bit set, or above `maxPayloadBytes`
 * - `not-masked`: a frame of a client that is not; `masked`: one of a server that is
 * - `nothing-to-continue`: a continuation where no message has begun
 * - `message-not-ended`: a new message where another one has not ended
 * - `too-many-frames`: a message of more than `maxMessageFrames`
 * - `close-payload`: one byte alone, a code that may not be sent, or a reason that is no UTF-8
 * - `after-close`: a message behind a close
 * - `truncated`: the stream ended within a frame or a message
 */
export type FrameFault =
  | "reserved-bits"
  | "reserved-opcode"
  | "control-fragmented"
  | "control-too-long"
  | "length-not-minimal"
  | "payload-too-large"
  | "not-masked"
  | "masked"
  | "nothing-to-continue"
  | "message-not-ended"
  | "too-many-frames"
  | "close-payload"
  | "after-close"
  | "truncated";

/** What is no frame. Everything behind it is `opaque`. */
export interface MalformedFrame {
  readonly kind: "malformed";
  /** What is wrong. */
  readonly code: FrameFault;
  /** Where in the stream the frame begins. */
  readonly offset: number;
  /** Everything that was held and not given out before. */
  readonly bytes: Uint8Array;
}

/** Bytes that are not read. */
export interface OpaqueFrames {
  readonly kind: "opaque";
  /** The bytes as they came. */
  readonly bytes: Uint8Array;
}

/** A piece of a stream of frames. The `bytes` of all items, joined, are the bytes that were pushed. */
export type FrameItem = FrameHead | FramePayload | FrameEnd | MalformedFrame | OpaqueFrames;
