/** Types of handshake messages (`HandshakeType`, RFC 8446 section 4, RFC 5246 section 7.4 and the IANA registry). */
export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  /** Only in drafts before 22; RFC 8446 sends a HelloRetryRequest as a ServerHello with a fixed random. */
  helloRetryRequest: 6,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateUrl: 21,
  certificateStatus: 22,
  supplementalData: 23,
  keyUpdate: 24,
  compressedCertificate: 25,
  messageHash: 254,
} as const;

/** The name of a key of {@link HandshakeType}. */
export type HandshakeTypeName = keyof typeof HandshakeType;

const names = new Map<number, HandshakeTypeName>(
  Object.entries(HandshakeType).map(([name, type]) => [type, name as HandshakeTypeName]),
);

/**
 * The name of a handshake type, undefined for a number that has none.
 *
 * @example `handshakeTypeName(2)` is `"serverHello"`.
 */
export function handshakeTypeName(type: number): HandshakeTypeName | undefined {
  return names.get(type);
}
