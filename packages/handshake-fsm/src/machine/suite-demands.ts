import { type CipherSuiteFacts, cipherSuiteFacts, type KeyExchange } from "@faultwire/tls-parser";

/** Which messages of the server's flight a suite of TLS 1.2 or older needs (RFC 5246 section 7.4.3). */
export interface SuiteDemands {
  readonly certificate: "required" | "optional";
  readonly keyExchange: "required" | "optional" | "forbidden";
  /** The client's CertificateVerify, where it has sent a certificate. */
  readonly clientProof: "required" | "optional";
}

const ephemeral: ReadonlySet<KeyExchange> = new Set<KeyExchange>([
  "dhe",
  "dh_anon",
  "dhe_psk",
  "ecdhe",
  "ecdh_anon",
  "ecdhe_psk",
  "eccpwd",
  "srp",
]);
/** The certificate's own key does it. Export suites are not here: with them a short key in a message is the rule. */
const byCertificate: ReadonlySet<KeyExchange> = new Set<KeyExchange>(["rsa", "dh", "ecdh"]);

/** Clients may have certificates here whose key is half of the key exchange and signs nothing. */
const byClientCertificate: ReadonlySet<KeyExchange> = new Set<KeyExchange>(["dh", "ecdh", "gost"]);

/**
 * What the suite demands; everything is optional with one that is not known, so that it breaks no rule.
 *
 * @example `suiteDemands(0xc02f)` is `{ certificate: "required", keyExchange: "required", clientProof: "required" }`.
 */
export function suiteDemands(cipherSuite: number): SuiteDemands {
  const facts = cipherSuiteFacts(cipherSuite);
  if (facts === undefined)
    return { certificate: "optional", keyExchange: "optional", clientProof: "optional" };
  return {
    certificate: certificateOf(facts),
    keyExchange: keyExchangeOf(facts),
    clientProof: byClientCertificate.has(facts.keyExchange) ? "optional" : "required",
  };
}

function certificateOf({ authentication, keyExchange }: CipherSuiteFacts): SuiteDemands["certificate"] {
  const signs = authentication === "rsa" || authentication === "dss" || authentication === "ecdsa";
  return signs || keyExchange === "rsa_psk" ? "required" : "optional";
}

function keyExchangeOf({ keyExchange }: CipherSuiteFacts): SuiteDemands["keyExchange"] {
  if (ephemeral.has(keyExchange)) return "required";
  return byCertificate.has(keyExchange) ? "forbidden" : "optional";
}
