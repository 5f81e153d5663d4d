/** Limits of recordings. */
export const recordingLimits = {
  /** Bytes of one exchange, request body and response together, that are recorded at the most: 64 MiB. */
  maxExchangeBytes: 67_108_864,
  /**
   * Bytes of all exchanges together that are under way, or wait to be written, at the most: 256 MiB. Where there are more, the one
   * under way that holds the most is not recorded, then the next.
   */
  maxHeldBytes: 268_435_456,
  /** Bytes to which a compressed body is opened at the most, to look for secrets: 64 MiB. One with more is not recorded. */
  maxOpenedBytes: 67_108_864,
  /** Codings of a body one over the other that are undone at the most. One with more is not recorded. */
  maxCodings: 3,
  /** Bytes of a body that are looked at in one go. A step is longer where a secret is. */
  lookedAtOnceBytes: 262_144,
  /** Bytes of these that the next step begins with again: a secret's name and its beginning are shorter. */
  lookedAtTwiceBytes: 8_192,
  /** Requests of one connection whose responses are still to come, at the most; a client that pipelines more is not recorded further. */
  maxOutstanding: 64,
  /** Bytes of one file of a recording that are read at the most: base64 and JSON make an exchange larger. */
  maxFileBytes: 134_217_728,
  /** Bytes of all files of a folder, at the most: a replay holds them in memory. A recorder stops where it would write more. */
  maxFolderBytes: 1_073_741_824,
  /** Bytes of a request's body that a replay takes at the most. */
  maxRequestBytes: 67_108_864,
  /** Clients of a replay that are connected at the same time, at the most. */
  maxConnections: 512,
  /** How long a connection of a replay may be without a request, in ms. */
  idleMs: 120_000,
} as const;
