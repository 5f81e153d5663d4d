import { CipherSuite, cipherSuites } from "../gen/cipher-suites.ts";
import { isGrease } from "../grease.ts";
import type { CipherSuiteFacts } from "./cipher-suite-facts.ts";

export { CipherSuite };

/**
 * What is known of a cipher suite; undefined for numbers that name none, signalling values and GREASE among them.
 *
 * @example `cipherSuiteFacts(0xc02f)?.keyExchange` is `"ecdhe"`.
 */
export function cipherSuiteFacts(cipherSuite: number): CipherSuiteFacts | undefined {
  return cipherSuites[cipherSuite];
}

/**
 * The IANA name of a cipher suite or signalling value, `GREASE` for reserved ones, undefined for any other number.
 *
 * @example `cipherSuiteName(0x1301)` is `"TLS_AES_128_GCM_SHA256"`.
 */
export function cipherSuiteName(cipherSuite: number): string | undefined {
  const facts = cipherSuites[cipherSuite];
  if (facts !== undefined) return facts.name;
  if (cipherSuite === CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
    return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";
  if (cipherSuite === CipherSuite.TLS_FALLBACK_SCSV) return "TLS_FALLBACK_SCSV";
  return isGrease(cipherSuite) ? "GREASE" : undefined;
}
