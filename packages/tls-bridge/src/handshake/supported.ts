import { CipherSuite, NamedGroup } from "@faultwire/tls-parser";

/** The suites that a bridge negotiates, with OpenSSL's names: those whose records we can seal and open. */
export const supportedSuites: ReadonlyMap<number, string> = new Map([
  [CipherSuite.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"],
  [CipherSuite.TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"],
  [CipherSuite.TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"],
  [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256"],
  [CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256"],
  [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384"],
  [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384"],
  [CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305"],
  [CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305"],
]);

/**
 * The groups that a bridge negotiates, with OpenSSL's names: the curves of OpenSSL 3.0. Its finite fields are left
 * out, because nobody prefers them and a share of them takes milliseconds to make.
 */
export const supportedGroups: ReadonlyMap<number, string> = new Map([
  [NamedGroup.x25519, "X25519"],
  [NamedGroup.secp256r1, "P-256"],
  [NamedGroup.secp384r1, "P-384"],
  [NamedGroup.secp521r1, "P-521"],
  [NamedGroup.x448, "X448"],
]);

/** OpenSSL's list of what those numbers name. */
export function opensslList(names: ReadonlyMap<number, string>, numbers: readonly number[]): string {
  return numbers.flatMap((number) => names.get(number) ?? []).join(":");
}
