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

/** The high bytes of numbers that stood for a draft, whose low byte is the draft's: the IETF's, and Facebook's. */
const draftsOf: Readonly<Record<number, string>> = { 127: "", 251: " (Facebook)" };
/** The high byte of BoringSSL's experiments on the way to draft 22, and the one that has another. */
const EXPERIMENTS = 0x7e;
const RECORD_TYPE_EXPERIMENT = 0x7a12;

/**
 * Whether a version number stands for TLS 1.3: its own, those of its drafts (0x7fNN, and 0xfbNN of Facebook's stack),
 * and those of BoringSSL's experiments (0x7eNN, 0x7a12).
 *
 * @example `isTls13Version(0x7f17)` is true, `isTls13Version(0x0303)` false.
 */
export function isTls13Version(version: number): boolean {
  return version === ProtocolVersion.tls13 || isTls13DraftVersion(version);
}

/** Whether a version number stands for TLS 1.3 before it was finished. */
export function isTls13DraftVersion(version: number): boolean {
  const high = version >> 8;
  return high in draftsOf || high === EXPERIMENTS || version === RECORD_TYPE_EXPERIMENT;
}

/** The number of the draft that a version stands for; undefined for an experiment, and for what is no draft. */
export function tls13DraftOf(version: number): number | undefined {
  return version >> 8 in draftsOf ? version & 0xff : undefined;
}

/**
 * The usual name of a version: `TLS 1.3`, `TLS 1.3 draft 28`, `TLS 1.3 draft 26 (Facebook)`, `TLS 1.3 experiment`;
 * undefined for any other number.
 *
 * @example `protocolVersionName(0x0303)` is `"TLS 1.2"`.
 */
export function protocolVersionName(version: number): string | undefined {
  const whose = draftsOf[version >> 8];
  if (whose !== undefined) return `TLS 1.3 draft ${version & 0xff}${whose}`;
  return isTls13DraftVersion(version) ? "TLS 1.3 experiment" : names[version];
}
