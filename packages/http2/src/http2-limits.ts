import { DefaultSetting, MAX_WINDOW } from "./frames/wire-tables.ts";
import { Http2Error } from "./http2-error.ts";

/** What a peer can make a connection keep or do at most. */
export interface Http2Limits {
  /** Bytes of a frame's payload that we take: our SETTINGS_MAX_FRAME_SIZE. Default 16 384, the least that is allowed. */
  readonly maxFrameBytes: number;
  /**
   * Bytes of a header block as it stands on the wire, over HEADERS and CONTINUATION. Default 262 144. A peer that never ends
   * its block would otherwise be stored without end.
   */
  readonly maxHeaderBlockBytes: number;
  /**
   * Bytes of a header section when it is decoded, each field with the 32 that RFC 9113 section 6.5.2 adds: our
   * SETTINGS_MAX_HEADER_LIST_SIZE. Default 262 144. A block of one-byte references to a long field is a bomb otherwise.
   */
  readonly maxHeaderListBytes: number;
  /** CONTINUATION frames of one block. Default 128. Empty ones cost the sender nothing (CVE-2024-27316 and its siblings). */
  readonly maxContinuations: number;
  /** Streams that the peer may have open: our SETTINGS_MAX_CONCURRENT_STREAMS as a server. Default 100. */
  readonly maxStreams: number;
  /** Bytes of a stream that are taken before somebody has used them: our SETTINGS_INITIAL_WINDOW_SIZE. Default 262 144. */
  readonly streamWindowBytes: number;
  /** The same of all streams together. Default 33 554 432, so that slow streams don't stop fast ones; 65 535 at the least. */
  readonly connectionWindowBytes: number;
  /**
   * RST_STREAM frames of a peer in a second, and our own for its malformed requests. Default 200, five times as many in one
   * burst. Each costs the sender one frame and us a request (rapid reset, CVE-2023-44487).
   */
  readonly maxResetsPerSecond: number;
  /** PING frames that we answer in a second. Default 100, with bursts as above (CVE-2019-9512). */
  readonly maxPingsPerSecond: number;
  /** SETTINGS frames that we acknowledge in a second. Default 20, with bursts as above (CVE-2019-9515). */
  readonly maxSettingsPerSecond: number;
  /**
   * SETTINGS frames of ours that the peer has not acknowledged. Default 100. Those that an upstream makes us send would be
   * remembered without end for a client that never answers.
   */
  readonly maxUnacknowledgedSettings: number;
  /**
   * Acknowledgements of PING and SETTINGS that wait for a peer that has no room for them. Default 1 000. A peer that sends PINGs
   * slowly enough, and reads nothing, would otherwise have them kept for as long as it likes.
   */
  readonly maxUnreadReplies: number;
  /**
   * Frames in a second that move nothing: DATA without data and without an end, PRIORITY, unknown types, frames for streams
   * that are over. Default 1 000, with bursts as above (CVE-2019-9513, CVE-2019-9518).
   */
  readonly maxIdleFramesPerSecond: number;
}

/** The limits that hold where none are given. */
export const http2Limits: Http2Limits = {
  maxFrameBytes: 16_384,
  maxHeaderBlockBytes: 262_144,
  maxHeaderListBytes: 262_144,
  maxContinuations: 128,
  maxStreams: 100,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 33_554_432,
  maxResetsPerSecond: 200,
  maxPingsPerSecond: 100,
  maxSettingsPerSecond: 20,
  maxUnacknowledgedSettings: 100,
  maxUnreadReplies: 1_000,
  maxIdleFramesPerSecond: 1_000,
};

/**
 * The defaults with `changes` laid over them.
 *
 * @throws Http2Error `invalid-argument` for anything but positive integers, and for what a peer can't be told
 */
export function http2LimitsWith(changes: Partial<Http2Limits> = {}): Http2Limits {
  const limits = { ...http2Limits, ...changes };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Http2Error("invalid-argument", `${name} is ${value}; a positive integer expected`);
  for (const [name, [least, most, section]] of Object.entries(wireRanges)) {
    const value = limits[name as keyof typeof wireRanges];
    if (value < least || value > most)
      throw new Http2Error(
        "invalid-argument",
        `${name} is ${value}; ${least} to ${most} expected (RFC 9113 section ${section})`,
      );
  }
  return limits;
}

/** Limits that a peer is told of: the least and the most that HTTP/2 can say, and where it says so. */
const wireRanges = {
  maxFrameBytes: [16_384, 0xff_ffff, "6.5.2"],
  maxHeaderListBytes: [1, 0xffff_ffff, "6.5.2"],
  maxStreams: [1, 0xffff_ffff, "6.5.2"],
  streamWindowBytes: [1, MAX_WINDOW, "6.9.2"],
  // It begins at this size. No frame makes it smaller, and one that adds 0 is an error (RFC 9113 section 6.9).
  connectionWindowBytes: [DefaultSetting.INITIAL_WINDOW_SIZE, MAX_WINDOW, "6.9.2"],
} as const;
