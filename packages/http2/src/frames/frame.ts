/** A frame as it stands on the wire (RFC 9113 section 4.1), its payload not read. */
export interface Frame {
  /** One of `FrameType`, or any other number up to 255. */
  readonly type: number;
  /** Bits of `FrameFlag`, and others. */
  readonly flags: number;
  /** 0 for the connection. The reserved bit is not part of it. */
  readonly streamId: number;
  /** A view of what was pushed, or of memory of the reader's that is not used again. */
  readonly payload: Uint8Array;
}
