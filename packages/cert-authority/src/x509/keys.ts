import { generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { type DerNode, nullValue, oid, sequence } from "../der/der.ts";
import { Oid } from "../der/oids.ts";

const generate = promisify(generateKeyPair);

/** Keys that this package makes. RSA-1024 is for certificates that clients have to refuse. */
export type KeyType = "ecdsa-p256" | "rsa-1024" | "rsa-2048" | "rsa-3072";

/** Keys that a root can be made with. */
export type RootKeyType = "ecdsa-p256" | "rsa-3072";

/** Keys that a leaf can have: RSA is for a client that offers no ECDSA. */
export type LeafKeyType = "ecdsa-p256" | "rsa-2048";

/** Hashes that a certificate can be signed with. SHA-1 is for certificates that clients have to refuse. */
export type SignatureHash = "sha1" | "sha256" | "sha384" | "sha512";

/** Both halves of a key; `privateKey` is secret. */
export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** Makes a key pair in OpenSSL, off the event loop. */
export function generateKeys(type: KeyType): Promise<KeyPair> {
  return type === "ecdsa-p256"
    ? generate("ec", { namedCurve: "P-256" })
    : generate("rsa", { modulusLength: Number(type.slice("rsa-".length)), publicExponent: 0x10001 });
}

/** The public key as a certificate holds it (RFC 5280 §4.1.2.7), DER. */
export const spkiOf = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const ecdsaOids = {
  sha1: Oid.ecdsaWithSha1,
  sha256: Oid.ecdsaWithSha256,
  sha384: Oid.ecdsaWithSha384,
  sha512: Oid.ecdsaWithSha512,
} as const;

const hashOfCurve: Readonly<Record<string, SignatureHash>> = { secp384r1: "sha384", secp521r1: "sha512" };

/** The hash that fits the strength of a key: SHA-384 for P-384, SHA-512 for P-521, else SHA-256. */
export const hashFor = (key: KeyObject): SignatureHash =>
  hashOfCurve[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? "sha256";

/** The AlgorithmIdentifier of a signature. RSA has NULL parameters (RFC 4055 §5), ECDSA has none (RFC 5758 §3.2). */
export function signatureAlgorithm(key: KeyObject, hash: SignatureHash): DerNode {
  if (key.asymmetricKeyType === "ec") return sequence(oid(ecdsaOids[hash]));
  return sequence(oid(hash === "sha1" ? Oid.sha1WithRsa : Oid.sha256WithRsa), nullValue());
}

/** Signs with PKCS #1 v1.5 or ECDSA (DER); about a tenth of a millisecond with P-256, so not worth a thread. */
export const signBytes = (bytes: Uint8Array, key: KeyObject, hash: SignatureHash): Buffer =>
  sign(hash, bytes, key);
