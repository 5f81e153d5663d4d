/** Limits of one call. */
export const fetchFaultLimits = {
  /** Bytes of a request's body that are read for rules; a longer one goes on unread. Above what the model APIs take. */
  maxReadBodyBytes: 10_485_760,
  /** Bytes of a response that are kept while a fault holds them back; then nothing is read from upstream. */
  maxHeldBytes: 262_144,
  /** How long a caller waits for a response's head while a fault holds it, in ms: undici's `headersTimeout`. */
  headersTimeoutMs: 300_000,
  /** How long a caller waits for the next part of a body while a fault holds it, in ms: undici's `bodyTimeout`. */
  bodyTimeoutMs: 300_000,
} as const;
