/** The limits that proto/faultwire/connection/v1/connection.proto names. Each stands against the other end of a stream. */
export const connectionLimits = {
  /** The lowest and the highest version that this code speaks. */
  minVersion: 1,
  maxVersion: 1,
  /** Bytes in one `bytes` message, and in the body of a refusal. */
  maxBytes: 65_536,
  /** Bytes of one whole message: the longest `bytes`, or the longest `refuse`, with what is around them. */
  maxMessageBytes: 196_608,
  /**
   * Bytes that may be sent to a peer before there is more credit, by either end, as this code gives it. What is under way at one
   * time bounds the speed where the two ends wait for a processor: half of it costs a third of the speed on a busy machine.
   */
  creditBytes: 524_288,
  /** The least credit that an end may give at the beginning. */
  minCreditBytes: 16_384,
  /** The most credit for one peer that may be unused at one time. */
  maxCreditBytes: 1_048_576,
  /** Upstream connections that one stream may ask for, one after the other. */
  maxDials: 16,
  /** Questions of one stream that wait for an answer, or whose answers the plugin does not read. */
  maxWatches: 1024,
  /** Characters of `Open.id`. */
  maxIdLength: 128,
  /** Characters of `Open.host`. */
  maxHostLength: 253,
  /** Characters of `Open.peer`. */
  maxPeerLength: 64,
  /** Characters of a user agent, and of a reason. */
  maxTextLength: 1024,
  /** Header fields of a refusal. */
  maxHeaders: 64,
  /** How long a host may take from the stream to its `open`, in ms. */
  openMs: 10_000,
  /** How long a plugin may take from `open` to its decision, in ms; then the host lets the connection pass. */
  decisionMs: 5000,
  /** How long a host may take to end its half behind the plugin's end of a stream, in ms; then the stream is reset. */
  endMs: 30_000,
} as const;
