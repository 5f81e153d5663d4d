import { createHash, type X509Certificate } from "node:crypto";
import { contentOf, type DerNode, decode, isContext, isUniversal, itemsOf, oidOf, Tag } from "../der/der.ts";
import { Oid } from "../der/oids.ts";
import { decodeConstraints, type NameConstraints } from "./name-constraints.ts";

/** What node:crypto does not tell about a CA certificate, and issuing needs. */
export type CaCertificateFacts = {
  /** The subject, to be the issuer of leaves octet by octet (RFC 5280 §7.1). */
  readonly subject: DerNode;
  /** The key identifier that leaves name their issuer by. */
  readonly keyIdentifier: Buffer;
  /** Whether keyUsage lets it sign certificates; true where there is no keyUsage. */
  readonly maySignCertificates: boolean;
  /** Whether extendedKeyUsage lets what it signs serve TLS; true where there is none. */
  readonly mayServe: boolean;
  /** Undefined when the certificate has no name constraints. */
  readonly constraints: NameConstraints | undefined;
};

/**
 * An identifier for a public key: the first 160 bits of the SHA-256 of its bit string (RFC 7093 §2, method 1).
 *
 * @param publicKey the SubjectPublicKeyInfo
 */
export const keyIdentifierOf = (publicKey: DerNode): Buffer =>
  createHash("sha256")
    .update(contentOf(itemsOf(publicKey)[1]).subarray(1))
    .digest()
    .subarray(0, 20);

/** The value of an extension; undefined when the certificate does not have it. */
function extensionValue(extensions: readonly DerNode[], type: string): DerNode | undefined {
  const found = extensions.find((item) => oidOf(itemsOf(item)[0]) === type);
  return found ? decode(contentOf(itemsOf(found).at(-1))) : undefined;
}

/**
 * Reads what issuing needs from a CA certificate that node:crypto has already read.
 *
 * @throws whatever the ASN.1 reader throws; callers say which file it was.
 */
export function readCaCertificate(certificate: X509Certificate): CaCertificateFacts {
  const fields = itemsOf(itemsOf(decode(certificate.raw))[0]);
  // A version 1 certificate has neither version field nor extensions.
  const first = fields[0] && isContext(fields[0], 0) ? 1 : 0;
  const [subject, publicKey] = [fields[first + 4], fields[first + 5]];
  if (!isUniversal(subject, Tag.sequence) || !isUniversal(publicKey, Tag.sequence) || !subject || !publicKey)
    throw new TypeError("no TBSCertificate");
  const extensions = itemsOf(itemsOf(fields.find((item) => isContext(item, 3)))[0]);
  const usage = extensionValue(extensions, Oid.keyUsage);
  const identifier = extensionValue(extensions, Oid.subjectKeyIdentifier);
  const purposes = extensionValue(extensions, Oid.extendedKeyUsage);
  const constraints = extensionValue(extensions, Oid.nameConstraints);
  return {
    subject,
    keyIdentifier: identifier ? contentOf(identifier) : keyIdentifierOf(publicKey),
    maySignCertificates: !usage || ((contentOf(usage)[1] ?? 0) & 0x04) !== 0,
    mayServe:
      !purposes ||
      itemsOf(purposes).some((item) =>
        [Oid.serverAuth, Oid.anyExtendedKeyUsage].includes(oidOf(item) as never),
      ),
    constraints: constraints && decodeConstraints(constraints),
  };
}
