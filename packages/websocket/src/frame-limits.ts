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

/** Bytes of a frame's header at the most (RFC 6455 section 5.2): so many are kept until it is whole. */
export const MAX_HEADER_BYTES = 14;

/** What RFC 6455 allows, as far as a number can count it exactly. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  maxPayloadBytes: Number.MAX_SAFE_INTEGER,
  maxControlBytes: 125,
  maxMessageFrames: Number.MAX_SAFE_INTEGER,
};

/** @throws WebSocketError `invalid-argument` for a limit that is no whole number of 1 or more, or above RFC 6455's own. */
export function frameLimits(given: Partial<FrameLimits>): FrameLimits {
  const limits = { ...DEFAULT_FRAME_LIMITS, ...given };
  for (const name of Object.keys(DEFAULT_FRAME_LIMITS) as (keyof FrameLimits)[]) {
    const value = limits[name];
    if (!Number.isSafeInteger(value) || value < 1 || value > DEFAULT_FRAME_LIMITS[name])
      throw new WebSocketError(
        "invalid-argument",
        `${name}: found ${value}, expected a whole number from 1 to ${DEFAULT_FRAME_LIMITS[name]}`,
      );
  }
  return limits;
}
