/** Limits of what this package reads and writes. */
export const grpcLimits = {
  /** Bytes of a message: the length of the prefix is 32 bits wide, and nothing is kept for a declared one. */
  maxMessageBytes: 4_294_967_295,
  /**
   * Bytes of a status message as UTF-8, in what is written. Percent-encoded it is three times as long at the most, and clients take
   * 8 KiB of trailers by default.
   */
  maxStatusMessageBytes: 1024,
  /** Characters of `grpc-status-details-bin` that are read; a longer one is left alone. A peer decides how long it is. */
  maxDetailsLength: 16_384,
  /** Milliseconds of a delay that is written: what fits into the 32 bits of `grpc-retry-pushback-ms`. */
  maxDelayMs: 2_147_483_647,
} as const;
