import { WebSocketError } from "./websocket-error.ts";

/** Limits of a {@link FrameReader}. A payload is never kept, so that nothing else a peer sends can grow here. */
export interface FrameLimits {
  /**
   * Bytes that one frame may declare. A peer can declare 2^63 bytes and send none of them: nothing is kept for it, and
   * what follows counts as that frame's payload. Above this the frame is refused.
   */
  readonly maxPayloadBytes: number;
  /** Bytes of the payload of a ping, a pong or a close, which are kept until the frame is whole (RFC 6455 section 5.5). */
  readonly maxControlBytes: number;
  /** Frames of one message. A peer that never ends a message costs nothing here but a count. */
  readonly maxMessageFrames: number;
}

/** Sizes that RFC 6455 itself limits. They can't be changed. */
export const frameFormatLimits = {
  /** Bytes of a frame's header (section 5.2): so many are kept until it is whole. */
  headerBytes: 14,
  /** Bytes of a close's reason (section 5.5.1): a control frame holds 125, and two of them are the code. */
  closeReasonBytes: 123,
} as const;

/** What RFC 6455 allows, as far as a number can count it exactly. */
export const frameLimits: FrameLimits = {
  maxPayloadBytes: Number.MAX_SAFE_INTEGER,
  maxControlBytes: 125,
  maxMessageFrames: Number.MAX_SAFE_INTEGER,
};

/** @throws WebSocketError `invalid-argument` for a limit that is no whole number of 1 or more, or above RFC 6455's own. */
export function frameLimitsWith(given: Partial<FrameLimits>): FrameLimits {
  const limits = { ...frameLimits, ...given };
  for (const name of Object.keys(frameLimits) as (keyof FrameLimits)[]) {
    const value = limits[name];
    if (!Number.isSafeInteger(value) || value < 1 || value > frameLimits[name])
      throw new WebSocketError(
        "invalid-argument",
        `${name}: found ${value}, expected a whole number from 1 to ${frameLimits[name]}`,
      );
  }
  return limits;
}
