/** The object identifiers that the certificates and trust stores of this package are made of. */
export const Oid = {
  // Distinguished names (X.520)
  commonName: "2.5.4.3",
  organizationName: "2.5.4.10",
  // Keys and signatures (RFC 3279, RFC 4055, RFC 5758)
  ecdsaWithSha1: "1.2.840.10045.4.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  ecdsaWithSha384: "1.2.840.10045.4.3.3",
  ecdsaWithSha512: "1.2.840.10045.4.3.4",
  sha1WithRsa: "1.2.840.113549.1.1.5",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  // Certificate extensions (RFC 5280 §4.2)
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  anyExtendedKeyUsage: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  // PKCS #12 (RFC 7292), PKCS #9 (RFC 2985)
  pkcs7Data: "1.2.840.113549.1.7.1",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  sha256: "2.16.840.1.101.3.4.2.1",
  /** Oracle's attribute: without it Java does not take a certificate in a PKCS #12 file for trusted. */
  javaTrustedKeyUsage: "2.16.840.1.113894.746875.1.1",
} as const;
