import { ContentType, type RecordParts, recordLimits } from "@faultwire/tls-parser";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import { RecordKeys } from "./record-keys.ts";
import type { RecordProtectionSuite } from "./record-protection-suite.ts";
import type { RecordSecrets } from "./record-secrets.ts";

/** What was inside a protected record. */
export interface OpenedRecord {
  /** One of {@link ContentType}. */
  readonly contentType: number;
  /** Memory of its own; up to 16,384 bytes, none in an empty record. */
  readonly plaintext: Uint8Array;
  /** Zeros that stood behind the content (RFC 8446 section 5.4); 0 in TLS 1.2. */
  readonly paddingBytes: number;
}

/** The contents that TLS 1.3 protects; ChangeCipherSpec is expressly none of them (RFC 8446 section 5). */
const innerTypes: readonly number[] = [
  ContentType.alert,
  ContentType.handshake,
  ContentType.applicationData,
  ContentType.heartbeat,
];

/**
 * Opens the protected records of one direction, in order (RFC 8446 section 5.2, RFC 5246 section 6.2.3.3).
 *
 * A record that does not open changes nothing, so that a caller who does not know under which of several keys a record
 * was sealed may try them in turn. For a peer's own records RFC 8446 section 5.2 wants the connection ended.
 *
 * @example
 * ```ts
 * const opener = new RecordOpener({ version: "TLSv1.3", suite, trafficSecret: entry.secret });
 * for (const record of reader.push(chunk)) {
 *   const { contentType, plaintext } = opener.open(record);
 *   if (contentType === ContentType.applicationData) take(plaintext);
 * }
 * ```
 */
export class RecordOpener {
  readonly #keys: RecordKeys;

  /**
   * @throws {@link TlsBridgeError} `unsupported-suite` (a suite of the other version), `bad-secret` (a wrong length),
   *   `bad-option` (`sequenceNumber`)
   */
  constructor(secrets: RecordSecrets) {
    this.#keys = new RecordKeys(secrets);
  }

  /** How the records are protected. */
  get suite(): RecordProtectionSuite {
    return this.#keys.suite;
  }

  /** The number of the record that is due; 0 after a key update. */
  get sequenceNumber(): number {
    return this.#keys.sequenceNumber;
  }

  /**
   * Opens the record that is due.
   *
   * @param record - as `RecordReader` gives it, or made up; not one that a reader was told to skip
   * @throws {@link TlsBridgeError} `bad-record-mac`, `record-overflow`, `unexpected-record`, `sequence-exhausted`; for
   *   records that are genuine and still not allowed `record-overflow`, `bad-inner-type`, `empty-content`. Its
   *   `alertDescription` is what the peer is to be told.
   */
  open(record: RecordParts): OpenedRecord {
    const inner = this.#authenticate(record);
    return this.suite.version === "TLSv1.3" ? openInner(inner) : openPlain(record.type, inner);
  }

  /**
   * Goes on with the next traffic secret (RFC 8446 section 7.2): to be called when a KeyUpdate message was opened,
   * before the record behind it.
   *
   * @throws {@link TlsBridgeError} `no-key-update` in TLS 1.2
   */
  updateKeys(): void {
    this.#keys.update();
  }

  #authenticate({ type, legacyVersion, fragment }: RecordParts): Uint8Array {
    const { version, explicitNonceBytes, tagBytes } = this.suite;
    const isTls13 = version === "TLSv1.3";
    const maxBytes = isTls13 ? recordLimits.tls13CiphertextBytes : recordLimits.tls12CiphertextBytes;
    if (isTls13 && type !== ContentType.applicationData)
      fail("unexpected-record", `a record of type ${type}, ${ContentType.applicationData} expected`);
    if (fragment.length > maxBytes)
      fail("record-overflow", `a record of ${fragment.length} bytes, at most ${maxBytes} allowed`);
    this.#keys.requireNumbers(1);
    const plainBytes = fragment.length - explicitNonceBytes - tagBytes;
    if (plainBytes < 0)
      fail(
        "bad-record-mac",
        `a record of ${fragment.length} bytes, ${explicitNonceBytes + tagBytes} at least expected`,
      );
    const length = isTls13 ? fragment.length : plainBytes;
    const explicitNonce = fragment.subarray(0, explicitNonceBytes);
    const decipher = this.#keys.decipher(type, legacyVersion, length, explicitNonce);
    decipher.setAuthTag(fragment.subarray(fragment.length - tagBytes));
    const inner = decipher.update(fragment.subarray(explicitNonceBytes, fragment.length - tagBytes));
    try {
      decipher.final();
    } catch {
      // Node's own error says no more, and its stack might tempt somebody to log what it was called with.
      fail("bad-record-mac", `record ${this.sequenceNumber} does not open`);
    }
    this.#keys.advance();
    return new Uint8Array(inner.buffer, inner.byteOffset, inner.length);
  }
}

/** Takes a `TLSInnerPlaintext` apart (RFC 8446 section 5.4). */
function openInner(inner: Uint8Array): OpenedRecord {
  if (inner.length > recordLimits.plaintextBytes + 1)
    fail(
      "record-overflow",
      `${inner.length} bytes inside a record, at most ${recordLimits.plaintextBytes + 1} allowed`,
    );
  let typeAt = inner.length - 1;
  while (typeAt >= 0 && inner[typeAt] === 0) typeAt--;
  const contentType = inner[typeAt];
  if (contentType === undefined)
    fail("bad-inner-type", "nothing but zeros inside a record, a content type expected");
  if (!innerTypes.includes(contentType))
    fail("bad-inner-type", `content of type ${contentType}, one of ${innerTypes.join(", ")} expected`);
  requireContent(contentType, typeAt);
  return { contentType, plaintext: inner.subarray(0, typeAt), paddingBytes: inner.length - 1 - typeAt };
}

function openPlain(contentType: number, plaintext: Uint8Array): OpenedRecord {
  if (plaintext.length > recordLimits.plaintextBytes)
    fail(
      "record-overflow",
      `${plaintext.length} bytes inside a record, at most ${recordLimits.plaintextBytes} allowed`,
    );
  requireContent(contentType, plaintext.length);
  return { contentType, plaintext, paddingBytes: 0 };
}

/** Only application data may be empty (RFC 8446 sections 5.1 and 5.4, RFC 5246 section 6.2.1). */
function requireContent(contentType: number, length: number): void {
  if (length === 0 && contentType !== ContentType.applicationData)
    fail("empty-content", `no content of type ${contentType}`);
}

function fail(code: ConstructorParameters<typeof TlsBridgeError>[0], message: string): never {
  throw new TlsBridgeError(code, message);
}
