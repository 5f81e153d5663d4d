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
import { RecordProtectionLimit } from "./record-protection-suite.ts";
import type { RecordSecrets } from "./record-secrets.ts";

const NONCE_BYTES = 12;
const SEQUENCE_BYTES = 8;

/**
 * The key of one direction and its place in the sequence: what sealing and opening have in common. Everything secret
 * is in private fields, which neither `util.inspect` nor `JSON.stringify` shows.
 */
export class RecordKeys {
  readonly suite: RecordProtectionSuite;
  #sequenceNumber: number;
  #trafficSecret: Uint8Array | undefined;
  #key: Uint8Array;
  #iv: Uint8Array;
  // Written anew for each record; OpenSSL copies them.
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  readonly #additionalData: Uint8Array;

  /** @throws {@link TlsBridgeError} `unsupported-suite`, `bad-secret`, `bad-option` (the sequence number) */
  constructor(secrets: RecordSecrets) {
    const { suite, sequenceNumber = 0 } = secrets;
    if (!Number.isSafeInteger(sequenceNumber) || sequenceNumber < 0)
      throw new TlsBridgeError(
        "bad-option",
        `sequenceNumber ${sequenceNumber}, a whole number from 0 expected`,
      );
    const { key, iv } = deriveKeyAndIv(secrets);
    this.suite = suite;
    this.#sequenceNumber = sequenceNumber;
    this.#key = key;
    this.#iv = iv;
    if (secrets.version === "TLSv1.3") this.#trafficSecret = Uint8Array.from(secrets.trafficSecret);
    this.#additionalData = new Uint8Array(
      secrets.version === "TLSv1.3" ? RECORD_HEADER_BYTES : SEQUENCE_BYTES + RECORD_HEADER_BYTES,
    );
  }

  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** @throws {@link TlsBridgeError} `no-key-update` in TLS 1.2 */
  update(): void {
    if (this.#trafficSecret === undefined)
      throw new TlsBridgeError("no-key-update", "TLS 1.2 has no key update: end the connection instead");
    const trafficSecret = nextTrafficSecret(this.suite, this.#trafficSecret);
    const { key, iv } = deriveKeyAndIv({ version: "TLSv1.3", suite: this.suite, trafficSecret });
    this.#trafficSecret = trafficSecret;
    this.#key = key;
    this.#iv = iv;
    this.#sequenceNumber = 0;
  }

  /** To be called for each record that was sealed or has proved genuine. */
  advance(): void {
    this.#sequenceNumber++;
  }

  /** @throws {@link TlsBridgeError} `sequence-exhausted` where fewer than `count` numbers are left below `limit` */
  requireNumbers(count: number, limit: number = RecordProtectionLimit.sequenceNumbers): void {
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
    const nonce = this.#nonce;
    if (this.suite.explicitNonceBytes > 0) {
      nonce.set(this.#iv);
      nonce.set(explicitNonce, this.suite.ivBytes);
      return nonce;
    }
    const iv = this.#iv;
    writeUint64(nonce, NONCE_BYTES - SEQUENCE_BYTES, this.#sequenceNumber);
    for (let index = 0; index < NONCE_BYTES - SEQUENCE_BYTES; index++) nonce[index] = iv[index]!;
    for (let index = NONCE_BYTES - SEQUENCE_BYTES; index < NONCE_BYTES; index++) nonce[index]! ^= iv[index]!;
    return nonce;
  }

  /**
   * TLS 1.3: the header as it stands on the wire, `length` being that of the ciphertext (RFC 8446 section 5.2).
   * TLS 1.2: the same behind the sequence number, `length` being that of the plaintext (RFC 5246 section 6.2.3.3).
   */
  #additionalDataOf(type: number, legacyVersion: number, length: number): Uint8Array {
    const data = this.#additionalData;
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
