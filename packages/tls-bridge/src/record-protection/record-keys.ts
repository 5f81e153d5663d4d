import {
  type CipherGCM,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
} from "node:crypto";
import { RECORD_HEADER_BYTES } from "@faultwire/tls-parser";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import { deriveKeyAndIv, nextTrafficSecret } from "./key-schedule.ts";
import type { RecordProtectionSuite } from "./record-protection-suite.ts";
import { recordProtectionLimits } from "./record-protection-suite.ts";
import type { RecordSecrets } from "./record-secrets.ts";

const NONCE_BYTES = 12;
const SEQUENCE_BYTES = 8;

// Written anew for each record, of any key; OpenSSL copies them at once. Memory of their own costs a quiet connection more
// than its keys do.
const nonce = new Uint8Array(NONCE_BYTES);
const nonceWords = new DataView(nonce.buffer);
const headerData = new Uint8Array(RECORD_HEADER_BYTES);
const sequencedData = new Uint8Array(SEQUENCE_BYTES + RECORD_HEADER_BYTES);

/**
 * The key of one direction and its place in the sequence: what sealing and opening have in common. Everything secret
 * is in private fields, which neither `util.inspect` nor `JSON.stringify` shows.
 */
export class RecordKeys {
  readonly suite: RecordProtectionSuite;
  #sequenceNumber: number;
  /** Stands behind the traffic secret in one piece of memory, in TLS 1.3. */
  #key!: Uint8Array;
  /** The IV as numbers of 32 bits, the first one first: TLS 1.2 has no more than that. */
  #iv0 = 0;
  #iv1 = 0;
  #iv2 = 0;

  /** @throws {@link TlsBridgeError} `unsupported-suite`, `bad-secret`, `bad-option` (the sequence number) */
  constructor(secrets: RecordSecrets) {
    const { suite, sequenceNumber = 0 } = secrets;
    if (!Number.isSafeInteger(sequenceNumber) || sequenceNumber < 0)
      throw new TlsBridgeError(
        "bad-option",
        `sequenceNumber ${sequenceNumber}, a whole number from 0 expected`,
      );
    this.suite = suite;
    this.#sequenceNumber = sequenceNumber;
    this.#use(secrets);
  }

  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** @throws {@link TlsBridgeError} `no-key-update` in TLS 1.2 */
  update(): void {
    const { suite } = this;
    if (suite.version !== "TLSv1.3")
      throw new TlsBridgeError("no-key-update", "TLS 1.2 has no key update: end the connection instead");
    const before = new Uint8Array(this.#key.buffer, 0, suite.hashBytes);
    this.#use({ version: "TLSv1.3", suite, trafficSecret: nextTrafficSecret(suite, before) });
    this.#sequenceNumber = 0;
  }

  #use(secrets: RecordSecrets): void {
    const { key, iv } = deriveKeyAndIv(secrets);
    const secret = secrets.version === "TLSv1.3" ? secrets.trafficSecret : new Uint8Array(0);
    const memory = new Uint8Array(secret.length + key.length);
    memory.set(secret);
    memory.set(key, secret.length);
    this.#key = memory.subarray(secret.length);
    const words = new DataView(iv.buffer, iv.byteOffset, iv.length);
    this.#iv0 = words.getInt32(0);
    if (iv.length < NONCE_BYTES) return;
    this.#iv1 = words.getInt32(4);
    this.#iv2 = words.getInt32(8);
  }

  /** To be called for each record that was sealed or has proved genuine. */
  advance(): void {
    this.#sequenceNumber++;
  }

  /** @throws {@link TlsBridgeError} `sequence-exhausted` where fewer than `count` numbers are left below `limit` */
  requireNumbers(count: number, limit: number = recordProtectionLimits.sequenceNumbers): void {
    if (this.#sequenceNumber > limit - count)
      throw new TlsBridgeError(
        "sequence-exhausted",
        `record ${this.#sequenceNumber + count} of a key that may protect ${limit}: update the keys before`,
      );
  }

  /**
   * Writes the part of the nonce that travels with the record: the sequence number, as RFC 5288 section 3 suggests.
   * OpenSSL, which may have sealed a Finished under the same key, counts from a random number of 64 bits, so that the
   * two don't meet.
   */
  writeExplicitNonce(bytes: Uint8Array, at: number): void {
    if (this.suite.explicitNonceBytes > 0) writeUint64(bytes, at, this.#sequenceNumber);
  }

  /** An AEAD that is ready to seal the record that is due. */
  cipher(type: number, legacyVersion: number, length: number, explicitNonce: Uint8Array): CipherGCM {
    const { aead, tagBytes } = this.suite;
    const cipher = createCipheriv(asGcm(aead), this.#key, this.#nonceOf(explicitNonce), {
      authTagLength: tagBytes,
    });
    return cipher.setAAD(this.#additionalDataOf(type, legacyVersion, length));
  }

  /** An AEAD that is ready to open the record that is due. */
  decipher(type: number, legacyVersion: number, length: number, explicitNonce: Uint8Array): DecipherGCM {
    const { aead, tagBytes } = this.suite;
    const decipher = createDecipheriv(asGcm(aead), this.#key, this.#nonceOf(explicitNonce), {
      authTagLength: tagBytes,
    });
    return decipher.setAAD(this.#additionalDataOf(type, legacyVersion, length));
  }

  /** RFC 8446 section 5.3 and RFC 7905 section 2, or salt and explicit part as in RFC 5288 section 3. */
  #nonceOf(explicitNonce: Uint8Array): Uint8Array {
    nonceWords.setInt32(0, this.#iv0);
    if (this.suite.explicitNonceBytes > 0) nonce.set(explicitNonce, this.suite.ivBytes);
    else {
      nonceWords.setInt32(4, this.#iv1 ^ Math.floor(this.#sequenceNumber / 2 ** 32));
      nonceWords.setInt32(8, this.#iv2 ^ this.#sequenceNumber);
    }
    return nonce;
  }

  /**
   * TLS 1.3: the header as it stands on the wire, `length` being that of the ciphertext (RFC 8446 section 5.2).
   * TLS 1.2: the same behind the sequence number, `length` being that of the plaintext (RFC 5246 section 6.2.3.3).
   */
  #additionalDataOf(type: number, legacyVersion: number, length: number): Uint8Array {
    const data = this.suite.version === "TLSv1.3" ? headerData : sequencedData;
    const at = data.length - RECORD_HEADER_BYTES;
    if (at > 0) writeUint64(data, 0, this.#sequenceNumber);
    writeRecordHeader(data, at, type, legacyVersion, length);
    return data;
  }
}

/** Writes type, version and length, 5 bytes (RFC 8446 section 5.1). */
export function writeRecordHeader(
  bytes: Uint8Array,
  at: number,
  type: number,
  legacyVersion: number,
  length: number,
): void {
  bytes[at] = type;
  bytes[at + 1] = legacyVersion >> 8;
  bytes[at + 2] = legacyVersion & 0xff;
  bytes[at + 3] = length >> 8;
  bytes[at + 4] = length & 0xff;
}

function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  const low = value >>> 0;
  for (let index = 0; index < 4; index++) {
    bytes[at + index] = high >>> (24 - 8 * index);
    bytes[at + 4 + index] = low >>> (24 - 8 * index);
  }
}

/** Node types ChaCha20-Poly1305 as if it were CCM, which has to know its lengths beforehand; it works like GCM. */
function asGcm(aead: RecordProtectionSuite["aead"]): CipherGCMTypes {
  return aead as CipherGCMTypes;
}
