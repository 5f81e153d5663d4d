import { signatureSchemeNames } from "../gen/signature-schemes.ts";
import { isGrease } from "../grease.ts";

export { SignatureScheme } from "../gen/signature-schemes.ts";

/**
 * The IANA name of a signature scheme, `GREASE` for reserved ones, undefined for any other number. The pairs that only
 * TLS 1.2 knows are named in the same manner (`dsa_sha1`, `ecdsa_sha224`).
 *
 * @example `signatureSchemeName(0x0804)` is `"rsa_pss_rsae_sha256"`.
 */
export function signatureSchemeName(scheme: number): string | undefined {
  return signatureSchemeNames[scheme] ?? (isGrease(scheme) ? "GREASE" : undefined);
}
