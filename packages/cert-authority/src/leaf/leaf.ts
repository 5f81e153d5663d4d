import { type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { KeyType } from "../x509/keys.ts";
import { certificatePem } from "../x509/pem.ts";

/** What a leaf is made of; `privateKey` is secret. */
export type LeafParts = {
  readonly hosts: readonly string[];
  readonly keyType: KeyType;
  readonly der: Buffer;
  readonly chain: readonly Buffer[];
  readonly privateKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** OpenSSL's cipher string, for keys and hashes that it would not serve by itself. */
  readonly ciphers?: string;
};

/** PEM of keys that serve many leaves, so that each is written once. */
const keyPems = new WeakMap<KeyObject, string>();

function pemOf(key: KeyObject): string {
  let pem = keyPems.get(key);
  if (pem === undefined) {
    pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    keyPems.set(key, pem);
  }
  return pem;
}

/**
 * A server certificate with its key and the chain to send.
 *
 * **Secret:** {@link privateKey} and what {@link privateKeyPem} and {@link secureContext} give. They are neither
 * enumerable nor shown by `util.inspect` and `JSON.stringify`.
 *
 * @example
 * ```ts
 * const leaf = await ca.forHost("api.anthropic.com");
 * createServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem() });
 * ```
 */
export class Leaf {
  readonly #parts: LeafParts;
  #certificate: X509Certificate | undefined;
  #chainPem: string | undefined;
  #context: SecureContext | undefined;

  /** Made by a `CertificateAuthority` only. */
  constructor(parts: LeafParts) {
    this.#parts = parts;
  }

  /** The names that it stands for, as they stand in its subjectAltName. */
  get hosts(): readonly string[] {
    return this.#parts.hosts;
  }

  get keyType(): KeyType {
    return this.#parts.keyType;
  }

  get notBefore(): Date {
    return this.#parts.notBefore;
  }

  get notAfter(): Date {
    return this.#parts.notAfter;
  }

  /** The certificate alone, DER. */
  get certificateDer(): Buffer {
    return this.#parts.der;
  }

  /** The certificate alone, PEM. */
  get certificatePem(): string {
    return certificatePem(this.#parts.der);
  }

  /** What a server sends: the leaf first, then each certificate's issuer up to the root, without the root. PEM. */
  get certificateChainPem(): string {
    this.#chainPem ??= [this.#parts.der, ...this.#parts.chain].map(certificatePem).join("");
    return this.#chainPem;
  }

  /** The certificate as node:crypto reads it. */
  get certificate(): X509Certificate {
    this.#certificate ??= new X509Certificate(this.#parts.der);
    return this.#certificate;
  }

  /** The serial number, upper-case hexadecimal. */
  get serialNumber(): string {
    return this.certificate.serialNumber;
  }

  /** SHA-256 of the certificate, as `AA:BB:…`. */
  get fingerprint256(): string {
    return this.certificate.fingerprint256;
  }

  /** Secret. */
  get privateKey(): KeyObject {
    return this.#parts.privateKey;
  }

  /** Secret. The private key as PKCS #8 PEM. */
  privateKeyPem(): string {
    return pemOf(this.#parts.privateKey);
  }

  /** Secret. A context for `tls.createServer({ SNICallback })` or `new tls.TLSSocket`; made once. */
  secureContext(): SecureContext {
    this.#context ??= createSecureContext({
      cert: this.certificateChainPem,
      key: this.privateKeyPem(),
      ...(this.#parts.ciphers !== undefined && { ciphers: this.#parts.ciphers }),
    });
    return this.#context;
  }

  /** What may be logged. */
  toJSON(): { hosts: readonly string[]; keyType: KeyType; notBefore: string; notAfter: string } {
    const { hosts, keyType, notBefore, notAfter } = this.#parts;
    return { hosts, keyType, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
  }
}
