/** Protocol versions as they stand on the wire (`ProtocolVersion`, RFC 8446 section 4.1.2 and Appendix B.1). */
export const ProtocolVersion = {
  ssl2: 0x0002,
  ssl3: 0x0300,
  tls10: 0x0301,
  tls11: 0x0302,
  tls12: 0x0303,
  tls13: 0x0304,
} as const;

const names: Readonly<Record<number, string>> = {
  [ProtocolVersion.ssl2]: "SSL 2.0",
  [ProtocolVersion.ssl3]: "SSL 3.0",
  [ProtocolVersion.tls10]: "TLS 1.0",
  [ProtocolVersion.tls11]: "TLS 1.1",
  [ProtocolVersion.tls12]: "TLS 1.2",
  [ProtocolVersion.tls13]: "TLS 1.3",
};

/**
 * The usual name of a version (`TLS 1.3`), `TLS 1.3 draft 28` for the drafts' 0x7fNN, undefined for any other number.
 *
 * @example `protocolVersionName(0x0303)` is `"TLS 1.2"`.
 */
export function protocolVersionName(version: number): string | undefined {
  if (version >> 8 === 0x7f) return `TLS 1.3 draft ${version & 0xff}`;
  return names[version];
}
