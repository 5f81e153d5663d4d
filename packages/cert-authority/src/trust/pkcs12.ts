import { createHash, createHmac, randomBytes } from "node:crypto";
import {
  bmpString,
  contextConstructed,
  type DerNode,
  encode,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
} from "../der/der.ts";
import { Oid } from "../der/oids.ts";

/** One certificate of a trust store. */
export type TrustedCertificate = { readonly name: string; readonly der: Uint8Array };

/** The password of the trust stores made here. It protects nothing, since certificates are public; readers want one. */
export const trustStorePassword = "faultwire";

/** What OpenSSL uses; the MAC of a store without secrets only shows that the file is whole. */
const iterations = 2048;

/** The MAC key of RFC 7292 appendix B.2 with SHA-256: 32 bytes, so one block of output is all of it. */
function macKey(password: string, salt: Uint8Array): Buffer {
  const blockBytes = 64;
  const filled = (bytes: Uint8Array): Buffer =>
    Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes, bytes);
  // The password is UTF-16, big-endian, with a zero at its end.
  const characters = Buffer.from(`${password}\0`, "utf16le").swap16();
  let hash = Buffer.concat([Buffer.alloc(blockBytes, 3), filled(salt), filled(characters)]);
  for (let round = 0; round < iterations; round++) hash = createHash("sha256").update(hash).digest();
  return hash;
}

function certificateBag({ name, der }: TrustedCertificate): DerNode {
  const value = sequence(oid(Oid.x509Certificate), contextConstructed(0, octetString(der)));
  const attribute = (type: string, content: DerNode): DerNode => sequence(oid(type), setOf(content));
  const attributes = setOf(
    attribute(Oid.friendlyName, bmpString(name)),
    attribute(Oid.javaTrustedKeyUsage, oid(Oid.anyExtendedKeyUsage)),
  );
  return sequence(oid(Oid.certBag), contextConstructed(0, value), attributes);
}

const contentInfo = (content: Uint8Array): DerNode =>
  sequence(oid(Oid.pkcs7Data), contextConstructed(0, octetString(content)));

/**
 * A PKCS #12 trust store: certificates without keys, not encrypted, with an HMAC-SHA-256 (RFC 7292). Java takes its
 * certificates for trusted; OpenSSL, NSS, Windows and macOS read it.
 *
 * @example writeFile("trust.p12", pkcs12TrustStore([{ name: "our CA", der: ca.certificate.raw }]));
 */
export function pkcs12TrustStore(
  certificates: readonly TrustedCertificate[],
  password: string = trustStorePassword,
): Buffer {
  const bags = encode(sequence(...certificates.map(certificateBag)));
  const safe = encode(sequence(contentInfo(bags)));
  const salt = randomBytes(20);
  const mac = createHmac("sha256", macKey(password, salt)).update(safe).digest();
  const digest = sequence(sequence(oid(Oid.sha256), nullValue()), octetString(mac));
  return encode(
    sequence(
      smallInteger(3),
      contentInfo(safe),
      sequence(digest, octetString(salt), smallInteger(iterations)),
    ),
  );
}
