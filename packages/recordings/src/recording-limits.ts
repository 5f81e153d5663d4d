/** Limits of recordings. */
export const recordingLimits = {
  /** Bytes of one exchange, request body and response together, that are recorded at the most: 64 MiB. */
  maxExchangeBytes: 67_108_864,
  /** Requests of one connection whose responses are still to come, at the most; a client that pipelines more is not recorded further. */
  maxOutstanding: 64,
  /** Bytes of one file of a recording that are read at the most: base64 and JSON make an exchange larger. */
  maxFileBytes: 134_217_728,
  /** Bytes of all files of a folder that is replayed, at the most: they are held in memory. */
  maxFolderBytes: 1_073_741_824,
  /** Bytes of a request's body that a replay takes at the most. */
  maxRequestBytes: 67_108_864,
  /** Clients of a replay that are connected at the same time, at the most. */
  maxConnections: 512,
  /** How long a connection of a replay may be without a request, in ms. */
  idleMs: 120_000,
} as const;
