import { type KeyObject, randomBytes } from "node:crypto";
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type DerNode,
  decode,
  encode,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
} from "../der/der.ts";
import { Oid } from "../der/oids.ts";
import type { Host } from "./host.ts";
import { hashFor, type SignatureHash, signatureAlgorithm, signBytes } from "./keys.ts";

/** What a certificate says, apart from who signs it. Times are milliseconds since 1970; DER keeps whole seconds. */
export type CertificateContent = {
  readonly serialNumber: Uint8Array;
  readonly issuer: DerNode;
  readonly subject: DerNode;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: DerNode;
  readonly extensions: readonly DerNode[];
};

/** Encodes and signs an X.509 v3 certificate (RFC 5280 §4.1); DER. */
export function signCertificate(
  content: CertificateContent,
  key: KeyObject,
  hash: SignatureHash = hashFor(key),
): Buffer {
  const algorithm = signatureAlgorithm(key, hash);
  const tbs = sequence(
    contextConstructed(0, smallInteger(2)),
    unsignedInteger(content.serialNumber),
    algorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.publicKey,
    contextConstructed(3, sequence(...content.extensions)),
  );
  return encode(sequence(tbs, algorithm, bitString(signBytes(encode(tbs), key, hash))));
}

/** 128 random bits: one serial number out of so many is never met twice, and nobody guesses the next. */
export const freshSerialNumber = (): Buffer => randomBytes(16);

/** A distinguished name of an organization and a common name, either of which may be absent. */
export function distinguishedName(parts: {
  readonly organization?: string;
  readonly commonName?: string;
}): DerNode {
  const attribute = (type: string, text: string | undefined): readonly DerNode[] =>
    text === undefined ? [] : [setOf(sequence(oid(type), utf8String(text)))];
  return sequence(
    ...attribute(Oid.organizationName, parts.organization),
    ...attribute(Oid.commonName, parts.commonName),
  );
}

const extension = (type: string, critical: boolean, value: DerNode): DerNode =>
  sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(encode(value)));

/** Who may sign further certificates (RFC 5280 §4.2.1.9); critical. A CA of this package has no CA below it. */
export const basicConstraints = (ca: boolean): DerNode =>
  extension(Oid.basicConstraints, true, ca ? sequence(boolean(true), smallInteger(0)) : sequence());

/** Bits of keyUsage (RFC 5280 §4.2.1.3). */
export const KeyUsage = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

/** keyUsage; critical. The bits that come after the last one set are left out, as DER wants for named bits. */
export function keyUsage(...bits: readonly number[]): DerNode {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(Oid.keyUsage, true, bitString(Uint8Array.of(octet), 7 - Math.max(...bits)));
}

/** What the key is for (RFC 5280 §4.2.1.12), as object identifiers. */
export const extendedKeyUsage = (...purposes: readonly string[]): DerNode =>
  extension(Oid.extendedKeyUsage, false, sequence(...purposes.map(oid)));

/** The name of this certificate's key (RFC 5280 §4.2.1.2). */
export const subjectKeyIdentifier = (id: Uint8Array): DerNode =>
  extension(Oid.subjectKeyIdentifier, false, octetString(id));

/** The name of the issuer's key (RFC 5280 §4.2.1.1). */
export const authorityKeyIdentifier = (id: Uint8Array): DerNode =>
  extension(Oid.authorityKeyIdentifier, false, sequence(contextPrimitive(0, id)));

/** What a CA may issue for (RFC 5280 §4.2.1.10); critical. */
export const nameConstraints = (value: DerNode): DerNode => extension(Oid.nameConstraints, true, value);

/** The names that a leaf stands for (RFC 5280 §4.2.1.6). */
export const subjectAltName = (hosts: readonly Host[]): DerNode =>
  extension(
    Oid.subjectAltName,
    false,
    sequence(
      ...hosts.map((host) =>
        host.kind === "ip" ? contextPrimitive(7, host.octets) : contextPrimitive(2, Buffer.from(host.name)),
      ),
    ),
  );

/** The node of a public key's SubjectPublicKeyInfo. */
export const publicKeyNode = (spki: Uint8Array): DerNode => decode(spki);
