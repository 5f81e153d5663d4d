import { type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { KeyType } from "../x509/keys.ts";
import { certificatePem } from "../x509/pem.ts";
import type { Validity } from "../x509/validity.ts";
import type { LeafKey } from "./leaf-key.ts";

/** Contexts of the leaves used last; one costs a millisecond to make and 30 kB to keep. */
export type ContextCache = {
  get(leaf: Leaf): SecureContext | undefined;
  set(leaf: Leaf, context: SecureContext): unknown;
};

/** What a leaf is made of; `key` is secret. */
export type LeafParts = {
  readonly hosts: readonly string[];
  readonly key: Pick<LeafKey, "type" | "privateKey" | "privateKeyPem">;
  readonly der: Buffer;
  readonly chain: readonly Buffer[];
  readonly validity: Validity;
  readonly ciphers?: string | undefined;
};

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
  readonly #contexts: ContextCache;
  #certificate: X509Certificate | undefined;

  /** Made by a `CertificateAuthority` only. */
  constructor(parts: LeafParts, contexts: ContextCache) {
    this.#parts = parts;
    this.#contexts = contexts;
  }

  /** The names that it stands for, as they stand in its subjectAltName. */
  get hosts(): readonly string[] {
    return this.#parts.hosts;
  }

  /** The kind of its key. */
  get keyType(): KeyType {
    return this.#parts.key.type;
  }

  /** When it starts to be valid. */
  get notBefore(): Date {
    return wholeSeconds(this.#parts.validity.notBefore);
  }

  /** When it stops to be valid. */
  get notAfter(): Date {
    return wholeSeconds(this.#parts.validity.notAfter);
  }

  /**
   * What `ciphers` of `tls.createServer` has to be so that OpenSSL serves this leaf at all; undefined for all but those
   * with a weak key or hash.
   */
  get ciphers(): string | undefined {
    return this.#parts.ciphers;
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
    return [this.#parts.der, ...this.#parts.chain].map(certificatePem).join("");
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
    return this.#parts.key.privateKey;
  }

  /** Secret. The private key as PKCS #8 PEM. */
  privateKeyPem(): string {
    return this.#parts.key.privateKeyPem();
  }

  /** Secret. A context for `tls.createServer({ SNICallback })` or `new tls.TLSSocket`; kept while it is in use. */
  secureContext(): SecureContext {
    let context = this.#contexts.get(this);
    if (!context) {
      const { ciphers } = this.#parts;
      context = createSecureContext({
        cert: this.certificateChainPem,
        key: this.privateKeyPem(),
        ...(ciphers !== undefined && { ciphers }),
      });
      this.#contexts.set(this, context);
    }
    return context;
  }

  /** What may be logged. */
  toJSON(): { hosts: readonly string[]; keyType: KeyType; notBefore: string; notAfter: string } {
    const { hosts, keyType, notBefore, notAfter } = this;
    return { hosts, keyType, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
  }
}

/** A time as a certificate holds it. */
const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
