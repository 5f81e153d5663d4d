import { cipherSuiteFacts, ProtocolVersion } from "@faultwire/tls-parser";

/** The AEADs of this package, by their names in `node:crypto`. */
export type RecordProtectionAead = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";

/** How many records one key may protect. */
export const recordProtectionLimits = {
  /**
   * TLS 1.3 with AES-GCM: 2^24.5 full records keep an attacker's advantage below 2^-57 (RFC 8446 section 5.5). Held
   * when sealing; a peer that goes on harms nobody but himself, and OpenSSL does.
   */
  aesGcmRecords: 23_726_566,
  /**
   * Every other case. The RFCs' counter has 64 bits (RFC 8446 section 5.3, RFC 5246 section 6.1); ours ends where
   * numbers are no longer exact (2^53), after some thousand years at full speed. TLS 1.2 has no key update, so holding it to
   * the limit above would only cut long connections.
   */
  sequenceNumbers: 9_007_199_254_740_991,
} as const;

/** How a cipher suite protects records. */
export interface RecordProtectionSuite {
  /** The number on the wire. */
  readonly cipherSuite: number;
  /** The IANA name. */
  readonly name: string;
  /** The version that negotiates it: TLS 1.3's suites are its own. */
  readonly version: "TLSv1.2" | "TLSv1.3";
  /** The AEAD, by its name in `node:crypto`. */
  readonly aead: RecordProtectionAead;
  /** Hash of HKDF (TLS 1.3) or of the PRF (TLS 1.2). */
  readonly hash: "sha256" | "sha384";
  /** Bytes that the hash gives: the length of a traffic secret. */
  readonly hashBytes: 32 | 48;
  /** Bytes of a key. */
  readonly keyBytes: 16 | 32;
  /** Bytes of the nonce that come from the key schedule: 4 for AES-GCM in TLS 1.2 (RFC 5288 section 3), else 12. */
  readonly ivBytes: 4 | 12;
  /** Bytes of the nonce that stand in front of each record's ciphertext: 8 for AES-GCM in TLS 1.2, else 0. */
  readonly explicitNonceBytes: 0 | 8;
  /** Bytes behind each record's ciphertext. */
  readonly tagBytes: 16;
  /** Records that one key may seal, see {@link recordProtectionLimits}. */
  readonly maxRecords: number;
}

const keyBytes: Readonly<Record<RecordProtectionAead, 16 | 32>> = {
  "aes-128-gcm": 16,
  "aes-256-gcm": 32,
  "chacha20-poly1305": 32,
};
const aeads: ReadonlyMap<string, RecordProtectionAead> = new Map([
  ["AES_128_GCM", "aes-128-gcm"],
  ["AES_256_GCM", "aes-256-gcm"],
  ["CHACHA20_POLY1305", "chacha20-poly1305"],
]);

/**
 * How a cipher suite protects records: AES-128-GCM, AES-256-GCM and ChaCha20-Poly1305 in TLS 1.3 (RFC 8446 section
 * B.4) and, whatever the key exchange, in TLS 1.2 (RFC 5288, RFC 5289, RFC 7905).
 *
 * @returns undefined for all other suites and for numbers that name none
 *
 * @example `cipherSuiteProtection(0x1301)?.aead` is `"aes-128-gcm"`.
 */
export function cipherSuiteProtection(cipherSuite: number): RecordProtectionSuite | undefined {
  const facts = cipherSuiteFacts(cipherSuite);
  const aead = aeads.get(facts?.cipher ?? "");
  if (facts === undefined || aead === undefined) return undefined;
  const { name, hash } = facts;
  if (hash !== "sha256" && hash !== "sha384") return undefined;
  const isTls13 = facts.minVersion === ProtocolVersion.tls13;
  const isGcm = aead !== "chacha20-poly1305";
  const hasExplicitNonce = isGcm && !isTls13;
  return {
    cipherSuite,
    name,
    version: isTls13 ? "TLSv1.3" : "TLSv1.2",
    aead,
    hash,
    hashBytes: hash === "sha256" ? 32 : 48,
    keyBytes: keyBytes[aead],
    ivBytes: hasExplicitNonce ? 4 : 12,
    explicitNonceBytes: hasExplicitNonce ? 8 : 0,
    tagBytes: 16,
    maxRecords:
      isTls13 && isGcm ? recordProtectionLimits.aesGcmRecords : recordProtectionLimits.sequenceNumbers,
  };
}
