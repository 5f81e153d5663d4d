import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import type { DerNode } from "../der/der.ts";
import { Oid } from "../der/oids.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import type { Authority } from "../store/read-authority.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  freshSerialNumber,
  KeyUsage,
  keyUsage,
  signCertificate,
  subjectAltName,
  subjectKeyIdentifier,
} from "../x509/certificate-builder.ts";
import type { Host } from "../x509/host.ts";
import type { SignatureHash } from "../x509/keys.ts";
import { backdateMs, dayMs, type Validity } from "../x509/validity.ts";
import { type ContextCache, Leaf } from "./leaf.ts";
import type { LeafKey } from "./leaf-key.ts";

/** How a leaf departs from a good one; nothing does by default. */
export type LeafVariation = {
  readonly purpose?: string;
  readonly hash?: SignatureHash;
  readonly ciphers?: string;
};

/** The issuer's side of a leaf: whose name and key are on it, and what is sent after it. */
export type LeafIssuer = Pick<Authority, "subject" | "keyIdentifier" | "privateKey" | "chain"> & {
  /** Where its leaves keep their contexts. */
  readonly contexts: ContextCache;
};

/**
 * One subject for all leaves. The names that a certificate stands for are in its subjectAltName and nowhere else
 * (RFC 9525 §2.2), so there is no common name; people who meet one can read where it comes from.
 */
export const leafSubject: DerNode = distinguishedName({ organization: "Faultwire test certificate" });
const notACa = basicConstraints(false);
const ecdsaUsage = keyUsage(KeyUsage.digitalSignature);
// TLS 1.2 clients without ECDHE encrypt to an RSA key.
const rsaUsage = keyUsage(KeyUsage.digitalSignature, KeyUsage.keyEncipherment);

/** The validity of a leaf: backdated, at most `days`, and never outside the CA's own. Milliseconds since 1970. */
export function leafValidity(authority: Authority, now: number, days: number): Validity {
  if (!(days > 0 && days <= limits.maxLeafDays))
    throw new CertificateAuthorityError(
      "bad-option",
      `A leaf of ${days} days was asked for; more than 0 and at most ${limits.maxLeafDays} is possible, because clients refuse longer ones.`,
    );
  const notBefore = Math.max(now - backdateMs, Date.parse(authority.certificate.validFrom));
  return {
    notBefore,
    notAfter: Math.min(notBefore + days * dayMs, Date.parse(authority.certificate.validTo)),
  };
}

/** Issues a server certificate: fresh serial number, SAN, serverAuth, no CA. */
export function issueLeaf(
  issuer: LeafIssuer,
  key: LeafKey,
  hosts: readonly Host[],
  validity: Validity,
  variation: LeafVariation = {},
): Leaf {
  const { notBefore, notAfter } = validity;
  const der = signCertificate(
    {
      serialNumber: freshSerialNumber(),
      issuer: issuer.subject,
      subject: leafSubject,
      notBefore,
      notAfter,
      publicKey: key.publicKey,
      extensions: [
        notACa,
        key.type === "ecdsa-p256" ? ecdsaUsage : rsaUsage,
        extendedKeyUsage(variation.purpose ?? Oid.serverAuth),
        subjectKeyIdentifier(key.identifier),
        authorityKeyIdentifier(issuer.keyIdentifier),
        subjectAltName(hosts),
      ],
    },
    issuer.privateKey,
    variation.hash,
  );
  return new Leaf(
    {
      hosts: hosts.map(({ name }) => name),
      key,
      der,
      chain: issuer.chain,
      validity,
      ciphers: variation.ciphers,
    },
    issuer.contexts,
  );
}
