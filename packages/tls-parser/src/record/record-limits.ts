/** Bytes in front of every record's fragment: type, legacy version, length (RFC 8446 section 5.1). */
export const RECORD_HEADER_BYTES = 5;

/**
 * The largest fragments that the RFCs let a record declare, in bytes. A peer that declares more makes whoever
 * believes it allocate more, so the limit is held against the header, before anything is kept.
 */
export const recordLimits = {
  /** Not encrypted, any version (RFC 8446 section 5.1). */
  plaintextBytes: 16_384,
  /** Encrypted, TLS 1.3 (RFC 8446 section 5.2). */
  tls13CiphertextBytes: 16_640,
  /** Encrypted, TLS 1.2 and older (RFC 5246 section 6.2.3). The default: it lets every conforming record pass. */
  tls12CiphertextBytes: 18_432,
} as const;
