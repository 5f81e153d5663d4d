import type { InvalidLeafKind } from "@faultwire/cert-authority";

/** In a verifier's own words: part of what it says, or `OK` when it takes the certificate. */
export type Expected = Readonly<Record<InvalidLeafKind, string | RegExp>>;

/** What all that rest on OpenSSL say, when they hold keys to security level 2. */
const openssl: Expected = {
  expired: "certificate has expired",
  "not-yet-valid": "certificate is not yet valid",
  "wrong-host": /hostname mismatch/i,
  "self-signed": "self-signed certificate",
  "untrusted-root": "self-signed certificate in certificate chain",
  "incomplete-chain": "unable to get local issuer certificate",
  "weak-key": "EE certificate key too weak",
  "sha1-signature": "CA signature digest algorithm too weak",
  "not-for-servers": "unsuitable certificate purpose",
  "name-constraint-violation": "permitted subtree violation",
  "too-long-lived": "OK",
};

/** UNSPECIFIED is Node's code for every verdict of OpenSSL that it has no name for. */
const node: Expected = {
  expired: "CERT_HAS_EXPIRED",
  "not-yet-valid": "CERT_NOT_YET_VALID",
  "wrong-host": "ERR_TLS_CERT_ALTNAME_INVALID",
  "self-signed": "DEPTH_ZERO_SELF_SIGNED_CERT",
  "untrusted-root": "SELF_SIGNED_CERT_IN_CHAIN",
  "incomplete-chain": "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "weak-key": "OK",
  "sha1-signature": "UNSPECIFIED",
  "not-for-servers": "INVALID_PURPOSE",
  "name-constraint-violation": "UNSPECIFIED",
  "too-long-lived": "OK",
};

/** GnuTLS has one verdict for three ways of not knowing the issuer, and takes RSA keys of 1024 bits by default. */
const gnutls: Expected = {
  expired: "chain uses expired certificate",
  "not-yet-valid": "chain uses not yet valid certificate",
  "wrong-host": "name in the certificate does not match the expected",
  "self-signed": "issuer is unknown",
  "untrusted-root": "issuer is unknown",
  "incomplete-chain": "issuer is unknown",
  "weak-key": "OK",
  "sha1-signature": "chain uses insecure algorithm",
  "not-for-servers": "chain does not match the intended purpose",
  "name-constraint-violation": "chain violates the signer's constraints",
  "too-long-lived": "OK",
};

const failed = "server certificate verification failed";

/**
 * What each verifier says about each bad leaf. `OK` is an honest gap of that verifier, and a reason to look twice at
 * what a test with it shows.
 */
export const expectedVerdicts: Readonly<Record<string, Expected>> = {
  "OpenSSL (strict, level 2)": openssl,
  "Node (level 1)": node,
  "Node (level 2)": { ...node, "weak-key": "UNSPECIFIED" },
  "curl (OpenSSL)": { ...openssl, "wrong-host": "no alternative certificate subject name matches" },
  // libcurl does not ask GnuTLS for the purpose, and does not pass its reasons on.
  "curl (GnuTLS)": {
    expired: failed,
    "not-yet-valid": failed,
    "wrong-host": "does not match target host name",
    "self-signed": failed,
    "untrusted-root": failed,
    "incomplete-chain": failed,
    "weak-key": "OK",
    "sha1-signature": failed,
    "not-for-servers": "OK",
    "name-constraint-violation": failed,
    "too-long-lived": "OK",
  },
  // wget does not ask GnuTLS for the purpose.
  "wget (GnuTLS)": {
    expired: "has expired",
    "not-yet-valid": "not yet activated",
    "wrong-host": "owner does not match hostname",
    "self-signed": "doesn't have a known issuer",
    "untrusted-root": "doesn't have a known issuer",
    "incomplete-chain": "doesn't have a known issuer",
    "weak-key": "OK",
    "sha1-signature": "signed using an insecure algorithm",
    "not-for-servers": "OK",
    "name-constraint-violation": "is not trusted",
    "too-long-lived": "OK",
  },
  certtool: gnutls,
  GnuTLS: gnutls,
  "GnuTLS (medium)": { ...gnutls, "weak-key": "chain uses insecure algorithm" },
  // NSS's own verifier takes SHA-1 and short keys unless a policy says otherwise; Firefox has a stricter one of its own.
  NSS: {
    expired: "SEC_ERROR_EXPIRED_CERTIFICATE",
    "not-yet-valid": "SEC_ERROR_EXPIRED_CERTIFICATE",
    "wrong-host": "SSL_ERROR_BAD_CERT_DOMAIN",
    "self-signed": "SEC_ERROR_CA_CERT_INVALID",
    "untrusted-root": "SEC_ERROR_UNTRUSTED_ISSUER",
    "incomplete-chain": "SEC_ERROR_UNKNOWN_ISSUER",
    "weak-key": "OK",
    "sha1-signature": "OK",
    "not-for-servers": "SEC_ERROR_INADEQUATE_CERT_TYPE",
    "name-constraint-violation": "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    "too-long-lived": "OK",
  },
  // Chromium holds only public CAs to its limits for keys and lifetimes.
  Chromium: {
    expired: "ERR_CERT_DATE_INVALID",
    "not-yet-valid": "ERR_CERT_DATE_INVALID",
    "wrong-host": "ERR_CERT_COMMON_NAME_INVALID",
    "self-signed": "ERR_CERT_AUTHORITY_INVALID",
    "untrusted-root": "ERR_CERT_AUTHORITY_INVALID",
    "incomplete-chain": "ERR_CERT_AUTHORITY_INVALID",
    "weak-key": "OK",
    "sha1-signature": "ERR_CERT_INVALID",
    "not-for-servers": "ERR_CERT_INVALID",
    "name-constraint-violation": "ERR_CERT_INVALID",
    "too-long-lived": "OK",
  },
  // Java does not apply the name constraints of a root, and takes SHA-1 and 1024 bits from roots that are not its own.
  Java: {
    expired: "NotAfter",
    "not-yet-valid": "NotBefore",
    "wrong-host": "No subject alternative DNS name matching",
    "self-signed": "unable to find valid certification path",
    "untrusted-root": "unable to find valid certification path",
    "incomplete-chain": "unable to find valid certification path",
    "weak-key": "OK",
    "sha1-signature": "OK",
    "not-for-servers": "Extended key usage does not permit use for TLS server authentication",
    "name-constraint-violation": "OK",
    "too-long-lived": "OK",
  },
  Go: {
    expired: /expired or is not yet valid: .* is after/,
    "not-yet-valid": /expired or is not yet valid: .* is before/,
    "wrong-host": "certificate is valid for wrong-host",
    "self-signed": "signed by unknown authority",
    "untrusted-root": "signed by unknown authority",
    "incomplete-chain": "signed by unknown authority",
    "weak-key": "OK",
    "sha1-signature": "insecure algorithm ECDSA-SHA1",
    "not-for-servers": "incompatible key usage",
    "name-constraint-violation": "is not permitted by any constraint",
    "too-long-lived": "OK",
  },
  Python: openssl,
};
