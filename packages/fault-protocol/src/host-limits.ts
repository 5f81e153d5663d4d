/**
 * Sizes and times that the Fault host keeps to; a plugin lives with them, it does not set them.
 *
 * Those of `fault-cli` 0.20.24.
 */
export const hostLimits = {
  /** The longest chunk of a *read* call (`INGRESS`), in bytes: the host's read buffer. */
  maxReadChunkBytes: 4096,
  /** The longest chunk of a *write* call (`EGRESS`), in bytes: the buffer of the host's copy loop. */
  maxWriteChunkBytes: 8192,
  /** The longest message that the host decodes, in bytes (4 MiB, its gRPC library's default). */
  maxMessageBytes: 4_194_304,
  /** The longest chunk that fits into one answer: {@link hostLimits.maxMessageBytes} less two tags and lengths. */
  maxAnswerChunkBytes: 4_194_294,
  /** How long the host waits between two `HealthCheck` calls, in milliseconds. */
  healthCheckIntervalMs: 10_000,
} as const;
