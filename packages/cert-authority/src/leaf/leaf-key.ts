import type { KeyObject } from "node:crypto";
import type { DerNode } from "../der/der.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import { publicKeyNode } from "../x509/certificate-builder.ts";
import { keyIdentifierOf } from "../x509/certificate-reader.ts";
import { generateKeys, type KeyType, spkiOf } from "../x509/keys.ts";

const hourMs = 3_600_000;

/** A key that leaves are issued for, with the forms of it that each leaf needs. */
export type LeafKey = {
  readonly type: KeyType;
  /** Secret. */
  readonly privateKey: KeyObject;
  readonly publicKey: DerNode;
  readonly identifier: Buffer;
  /** Secret. PKCS #8 PEM, made when first asked for. */
  readonly privateKeyPem: () => string;
  /** When the next leaf needs a new key; milliseconds since 1970. */
  readonly usableUntil: number;
};

/**
 * The leaf keys of one process: made when first needed, one per type, replaced after a day. That all leaves share one
 * is what makes issuing cheap.
 */
export class LeafKeys {
  readonly #now: () => number;
  readonly #current = new Map<KeyType, Promise<LeafKey>>();
  readonly #usable = new Map<KeyType, LeafKey>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The key for new leaves of a type. Callers that come while it is being made wait for the same one. */
  current(type: KeyType): Promise<LeafKey> {
    const usable = this.#usable.get(type);
    if (usable && this.#now() >= usable.usableUntil) {
      this.#usable.delete(type);
      this.#current.delete(type);
    }
    let current = this.#current.get(type);
    if (!current) {
      current = this.#make(type);
      this.#current.set(type, current);
    }
    return current;
  }

  async #make(type: KeyType): Promise<LeafKey> {
    try {
      const pair = await generateKeys(type);
      const publicKey = publicKeyNode(spkiOf(pair.publicKey));
      let pem: string | undefined;
      const key: LeafKey = {
        type,
        privateKey: pair.privateKey,
        privateKeyPem: () => (pem ??= pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
        publicKey,
        identifier: keyIdentifierOf(publicKey),
        usableUntil: this.#now() + limits.leafKeyHours * hourMs,
      };
      this.#usable.set(type, key);
      return key;
    } catch (error) {
      this.#current.delete(type);
      throw error;
    }
  }
}
