/** Every limit of a bridge, with its value and whom it holds back. Beyond one of them the session fails with `limit`. */
export const tlsBridgeLimits = {
  /** Bytes of a ClientHello, as Go's crypto/tls has it. Whoever can connect could otherwise make us keep more. */
  clientHelloBytes: 65_536,
  /** Bytes of handshake that one peer may send: OpenSSL's largest certificate list and room around it. */
  handshakeBytes: 262_144,
  /** Bytes that wait until the other peer has moved: 0-RTT data, or requests that come ahead of a TLS 1.2 Finished. */
  bufferedBytes: 262_144,
  /** Bytes of a message behind the handshake. The longest honest one is a NewSessionTicket. */
  postHandshakeBytes: 65_536,
  /**
   * Records in a row that carry no data and still cost us work: key updates, warnings, empty records. Each may be
   * answered, so that a peer who reads nothing could fill our memory for a few bytes each.
   */
  idleRecords: 32,
  /** OpenSSL contexts kept, about 30 kB each. */
  secureContexts: 128,
} as const;

/** The name of a limit. */
export type TlsBridgeLimit = keyof typeof tlsBridgeLimits;
