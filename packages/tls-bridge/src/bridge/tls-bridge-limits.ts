/** Every limit of a bridge, with its value and whom it holds back. Beyond one of them the session fails with `limit`. */
export const tlsBridgeLimits = {
  /** Bytes of a ClientHello, as Go's crypto/tls has it. Whoever can connect could otherwise make us keep more. */
  clientHelloBytes: 65_536,
  /** Bytes of handshake that one peer may send: OpenSSL's largest certificate list and room around it. */
  handshakeBytes: 262_144,
  /** Bytes that wait until the other peer has moved: 0-RTT data, or requests that come ahead of a TLS 1.2 Finished. */
  bufferedBytes: 262_144,
  /** Records that wait likewise. Each costs us more than the 6 bytes that it can be sent for. */
  bufferedRecords: 4096,
  /** Bytes of a message behind the handshake. The longest honest one is a NewSessionTicket. */
  postHandshakeBytes: 65_536,
  /**
   * Records and messages in a row that carry no data and still cost us work: key updates, tickets, parts of messages,
   * warnings, empty records. Some are answered, so that a peer who reads nothing could fill our memory for a few bytes
   * each.
   */
  idleRecords: 32,
  /**
   * Warnings that one peer may send in its handshake. With the fifth OpenSSL gives up, for a reason whose name is its
   * own; ours comes first.
   */
  handshakeWarnings: 4,
  /**
   * Warnings that one peer may send behind its handshake, with data in between or not: each is told to the handler, and
   * most hand it on. An honest peer sends one or two.
   */
  warningAlerts: 32,
  /** OpenSSL contexts kept, about 30 kB each. */
  secureContexts: 128,
} as const;

/** The name of a limit. */
export type TlsBridgeLimit = keyof typeof tlsBridgeLimits;
