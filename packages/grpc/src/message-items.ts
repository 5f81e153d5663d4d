/** What a {@link MessageReader} gives. `bytes` are exactly those that the item was read from. */

/** The prefix of a message is whole. */
export interface MessageHead {
  readonly kind: "head";
  /** The Compressed-Flag, 0 or 1. */
  readonly isCompressed: boolean;
  /** Bytes of the message. */
  readonly messageBytes: number;
  /** Where the prefix begins, in bytes from the first. */
  readonly offset: number;
  /** The prefix: five bytes. */
  readonly bytes: Uint8Array;
}

/** A part of a message. */
export interface MessagePart {
  readonly kind: "part";
  /** Bytes of the message before it. */
  readonly at: number;
  /** The part. */
  readonly bytes: Uint8Array;
}

/** The message is whole. */
export interface MessageEnd {
  readonly kind: "end";
  /** Its length, without its prefix. */
  readonly messageBytes: number;
  /** Empty. */
  readonly bytes: Uint8Array;
}

/**
 * Why bytes are no messages.
 *
 * - `reserved-flag`: a first byte other than 0 and 1
 * - `message-too-long`: a length above the limit
 * - `truncated`: the end, within a prefix or a message
 */
export type MessageFault = "reserved-flag" | "message-too-long" | "truncated";

/** From here on nothing is read as messages any more. */
export interface MalformedMessage {
  readonly kind: "malformed";
  /** What is wrong. */
  readonly code: MessageFault;
  /** Where its message begins, in bytes from the first. */
  readonly offset: number;
  /** What was kept of its prefix. */
  readonly bytes: Uint8Array;
}

/** Bytes behind a malformed message. */
export interface OpaqueMessages {
  readonly kind: "opaque";
  /** The bytes, as they came. */
  readonly bytes: Uint8Array;
}

/** What a {@link MessageReader} gives: one of these. */
export type MessageItem = MessageHead | MessagePart | MessageEnd | MalformedMessage | OpaqueMessages;
