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
  [CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, "DHE-RSA-AES128-GCM-SHA256"],
  [CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, "DHE-RSA-AES256-GCM-SHA384"],
  [CipherSuite.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "DHE-RSA-CHACHA20-POLY1305"],
]);

/** The groups that a bridge negotiates, with OpenSSL's names: the curves, which every OpenSSL has. */
export const supportedCurves: ReadonlyMap<number, string> = new Map([
  [NamedGroup.x25519, "X25519"],
  [NamedGroup.secp256r1, "P-256"],
  [NamedGroup.secp384r1, "P-384"],
  [NamedGroup.secp521r1, "P-521"],
  [NamedGroup.x448, "X448"],
]);

/**
 * Groups for clients that offer none of {@link supportedCurves}, in TLS 1.3 alone: a client that has curves besides shares
 * one of them, and a share of a finite field takes milliseconds to make. ML-KEM is there from OpenSSL 3.5 on.
 */
export const spareGroups: ReadonlyMap<number, string> = new Map([
  [NamedGroup.X25519MLKEM768, "X25519MLKEM768"],
  [NamedGroup.SecP256r1MLKEM768, "SecP256r1MLKEM768"],
  [NamedGroup.SecP384r1MLKEM1024, "SecP384r1MLKEM1024"],
  [NamedGroup.MLKEM512, "MLKEM512"],
  [NamedGroup.MLKEM768, "MLKEM768"],
  [NamedGroup.MLKEM1024, "MLKEM1024"],
  [NamedGroup.ffdhe2048, "ffdhe2048"],
  [NamedGroup.ffdhe3072, "ffdhe3072"],
  [NamedGroup.ffdhe4096, "ffdhe4096"],
]);

/** Both, for {@link opensslList}. */
export const supportedGroups: ReadonlyMap<number, string> = new Map([...supportedCurves, ...spareGroups]);

/** OpenSSL's list of what those numbers name. */
export function opensslList(names: ReadonlyMap<number, string>, numbers: readonly number[]): string {
  return numbers.flatMap((number) => names.get(number) ?? []).join(":");
}
