/** What a lane and its tunnel say to each other. */

/** Answers a read call. The lane calls one of its functions, once. */
export interface ReadReply {
  /** The host takes these bytes into its buffer: tokens, or the first bytes of a direction. Never empty. */
  forward(bytes: Uint8Array): void;
  /** The host takes nothing and reads on. */
  swallow(): void;
  /** The direction ends: the receiver gets a FIN behind what the host still has to write. */
  close(reason: string): void;
}

/** Answers a write call. The lane calls one of its functions, once. */
export interface WriteReply {
  /** The host writes what its buffer holds: only where there is no echo. */
  release(): void;
  /** The host writes these bytes in place of those that it showed. Never empty. */
  replace(bytes: Uint8Array): void;
  /** The direction ends with an error, without a FIN. */
  refuse(): void;
}

/** What a lane tells of the host. */
export type LaneNews =
  /** No echo comes. */
  | { readonly kind: "unpaired" }
  /** The host has dropped tokens, so these bytes waited for a write call that never came. They go with the next one. */
  | { readonly kind: "recovered"; readonly bytes: number }
  /** A write call shows something else than what the host was given. */
  | { readonly kind: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number };

/** What is known of the bytes behind a read call. */
export interface Following {
  /** So many bytes are sure to follow at once: the rest of a TLS record, for instance. 0 where that is not known. */
  readonly sureBytes: number;
  /** More is likely to follow: the host has read as much as it can at once, or a peer has filled a TLS record. */
  readonly isLikely: boolean;
}

/** Nothing is known to follow. */
export const nothingFollows: Following = { sureBytes: 0, isLikely: false };

/** What has to be kept of a lane at rest. */
export interface LaneAtRest {
  /** As of a {@link RecordMeter}. */
  readonly isTls: boolean;
  readonly echoed: boolean;
  /** Of the last tokens, and the bytes of the last write call: 0 before the first. */
  readonly stamp: number;
  readonly lastShown: number;
  /** Bytes that the receiver was sent since it last said something. */
  readonly sentBytes: number;
}

/** Limits of a lane. */
export const laneLimits = {
  /**
   * With so many bytes for one write call, the lane answers it and collects no further, in bytes. A socket says that it has
   * room again when a third of its buffer is free, and only an answer that fits in there is taken whole.
   */
  joinBytes: 28_672,
  /** The most bytes of one answer to a write call, as long as others follow. */
  maxWriteBytes: 40_960,
  /** How long a write call waits for a read call that is sure to come, in ms. */
  maxJoinMs: 5,
  /** How long a write call waits for a read call that is likely to come, in ms. */
  maxRideMs: 20,
  /** How long a read call waits at most for the write call that shows an earlier answer's tokens, by the number of those, in ms. */
  tokenWaitsMs: [0, 2, 8],
  /**
   * Bytes that a receiver was sent since it last said anything. Only from then on a read call is held for the guard: with
   * fewer a receiver has not fallen behind.
   */
  bulkBytes: 32_768,
  /** No round of the host counts as longer than this, in ms. */
  maxGuardMs: 50,
} as const;
