import { ContentType, ProtocolVersion, RECORD_HEADER_BYTES, recordLimits } from "@faultwire/tls-parser";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import { RecordKeys, writeRecordHeader } from "./record-keys.ts";
import type { RecordProtectionSuite } from "./record-protection-suite.ts";
import type { RecordSecrets } from "./record-secrets.ts";

const MAX_FRAGMENT_BYTES = 0xffff;

/** How {@link RecordSealer.seal} shapes records. */
export interface SealOptions {
  /**
   * Bytes of content per record; unless given, as many as the peer takes in one record beside the padding
   * ({@link RecordSealer.maxPlaintextBytes}). More than that makes the oversized records that a peer has to refuse, up
   * to what the length field can say.
   */
  readonly maxPlaintextBytes?: number;
  /** Zeros behind the content of each record (RFC 8446 section 5.4), TLS 1.3 only; 0 unless given. */
  readonly paddingBytes?: number;
  /** Damage each record's tag, so that the peer has to say `bad_record_mac`; false unless given. */
  readonly badMac?: boolean;
}

/** How bytes become records: how many of them go into one, how many records there are, what each adds. */
interface Plan {
  readonly size: number;
  readonly count: number;
  readonly overhead: number;
}

/** What a peer takes. */
export interface RecordSealerLimits {
  /**
   * Bytes of content and padding that a record may hold, as negotiated by max_fragment_length (RFC 6066 section 4) or
   * record_size_limit (RFC 8449): 1 to {@link recordLimits}`.plaintextBytes`, which it is unless given. The byte that holds the
   * content type in TLS 1.3 is not among them.
   */
  readonly maxPlaintextBytes?: number;
}

/**
 * Protects the records of one direction (`TLSCiphertext`, RFC 8446 section 5.2; `GenericAEADCipher`, RFC 5246 section
 * 6.2.3.3). Give it every record of its direction in order: the place in the sequence is part of the protection.
 *
 * Nothing but keys and counter is kept. Never let two sealers with the same secrets seal different bytes at the same
 * sequence number: with these AEADs that gives both away.
 *
 * @example
 * ```ts
 * const sealer = new RecordSealer({ version: "TLSv1.3", suite, trafficSecret: entry.secret });
 * socket.write(sealer.seal(ContentType.applicationData, body));
 * socket.write(sealer.seal(ContentType.alert, encodeAlert({ level: 1, description: AlertDescription.closeNotify })));
 * ```
 */
export class RecordSealer {
  readonly #keys: RecordKeys;
  /** Bytes of content and padding in a record, unless {@link SealOptions.maxPlaintextBytes} says otherwise. */
  readonly maxPlaintextBytes: number;

  /**
   * @throws {@link TlsBridgeError} `unsupported-suite` (a suite of the other version), `bad-secret` (a wrong length),
   *   `bad-option` (`sequenceNumber`, `maxPlaintextBytes`)
   */
  constructor(
    secrets: RecordSecrets,
    { maxPlaintextBytes = recordLimits.plaintextBytes }: RecordSealerLimits = {},
  ) {
    if (
      !Number.isInteger(maxPlaintextBytes) ||
      maxPlaintextBytes < 1 ||
      maxPlaintextBytes > recordLimits.plaintextBytes
    )
      badOption(`maxPlaintextBytes ${maxPlaintextBytes}, 1 to ${recordLimits.plaintextBytes} expected`);
    this.#keys = new RecordKeys(secrets);
    this.maxPlaintextBytes = maxPlaintextBytes;
  }

  /** How the records are protected. */
  get suite(): RecordProtectionSuite {
    return this.#keys.suite;
  }

  /** The number of the next record; 0 after a key update. */
  get sequenceNumber(): number {
    return this.#keys.sequenceNumber;
  }

  /**
   * Whether half of the records that the key may protect are gone: time to seal a KeyUpdate message and to call
   * {@link updateKeys} (RFC 8446 section 5.5). Practically never true but for AES-GCM in TLS 1.3.
   */
  get keyUpdateDue(): boolean {
    return this.sequenceNumber >= this.suite.maxRecords / 2;
  }

  /**
   * Seals `plaintext` into as many records as it takes, one behind the other; no bytes at all become one empty record,
   * of any type.
   *
   * @param contentType - one of {@link ContentType}, or whatever the peer shall be surprised with: 1 to 255
   * @returns memory of its own, {@link sealedBytes} long
   * @throws {@link TlsBridgeError} `bad-option` where a number is out of its range, `sequence-exhausted` where the key
   *   may not protect that many records more; nothing is sealed then
   */
  seal(contentType: number, plaintext: Uint8Array, options: SealOptions = {}): Uint8Array {
    if (!Number.isInteger(contentType) || contentType < 1 || contentType > 0xff)
      badOption(`contentType ${contentType}, 1 to 255 expected`);
    const plan = this.#plan(plaintext.length, options);
    const bytes = unfilled(plaintext.length + plan.count * plan.overhead);
    this.#keys.requireNumbers(plan.count, this.suite.maxRecords);
    this.#sealInto(bytes, contentType, plaintext, plan, options.badMac ?? false);
    return bytes;
  }

  /**
   * Seals each of `plaintexts` as {@link seal} does, all into one piece of memory: what goes out together is then not copied
   * together.
   *
   * @returns memory of its own
   * @throws {@link TlsBridgeError} as {@link seal}; nothing is sealed then
   */
  sealAll(contentType: number, plaintexts: readonly Uint8Array[]): Uint8Array {
    const plans = plaintexts.map(({ length }) => this.#plan(length, {}));
    let [sealedBytes, records] = [0, 0];
    for (const [at, { count, overhead }] of plans.entries()) {
      sealedBytes += plaintexts[at]!.length + count * overhead;
      records += count;
    }
    this.#keys.requireNumbers(records, this.suite.maxRecords);
    const bytes = unfilled(sealedBytes);
    let end = 0;
    for (const [at, plan] of plans.entries()) {
      const plaintext = plaintexts[at]!;
      const start = end;
      end += plaintext.length + plan.count * plan.overhead;
      this.#sealInto(bytes.subarray(start, end), contentType, plaintext, plan, false);
    }
    return bytes;
  }

  #sealInto(
    bytes: Uint8Array,
    contentType: number,
    plaintext: Uint8Array,
    { size, count, overhead }: Plan,
    badMac: boolean,
  ): void {
    for (let index = 0; index < count; index++) {
      const content = plaintext.subarray(index * size, (index + 1) * size);
      const at = index * (size + overhead);
      const record = bytes.subarray(at, at + content.length + overhead);
      this.#sealOne(contentType, content, record);
      if (badMac) record[record.length - 1]! ^= 1;
    }
  }

  /**
   * How many bytes {@link seal} makes of that many under the same options, headers included.
   *
   * @throws {@link TlsBridgeError} `bad-option`
   */
  sealedBytes(plaintextBytes: number, options: SealOptions = {}): number {
    const { count, overhead } = this.#plan(plaintextBytes, options);
    return plaintextBytes + count * overhead;
  }

  /**
   * Goes on with the next traffic secret (RFC 8446 section 7.2). The KeyUpdate message that tells the peer is sealed
   * before, under the old keys.
   *
   * @throws {@link TlsBridgeError} `no-key-update` in TLS 1.2
   */
  updateKeys(): void {
    this.#keys.update();
  }

  #plan(plaintextBytes: number, options: SealOptions): Plan {
    const { version, explicitNonceBytes, tagBytes } = this.suite;
    const { paddingBytes = 0 } = options;
    const size = options.maxPlaintextBytes ?? this.maxPlaintextBytes - paddingBytes;
    const protection = explicitNonceBytes + tagBytes + (version === "TLSv1.3" ? 1 + paddingBytes : 0);
    if (!Number.isInteger(paddingBytes) || paddingBytes < 0 || (paddingBytes > 0 && version === "TLSv1.2"))
      badOption(
        `paddingBytes ${paddingBytes}, ${version === "TLSv1.2" ? "0 in TLS 1.2" : "0 or more"} expected`,
      );
    if (!Number.isInteger(size) || size < (plaintextBytes === 0 ? 0 : 1))
      badOption(`maxPlaintextBytes ${size}, at least 1 expected`);
    if (Math.min(size, plaintextBytes) + protection > MAX_FRAGMENT_BYTES)
      badOption(
        `a record of ${Math.min(size, plaintextBytes) + protection} bytes, at most ${MAX_FRAGMENT_BYTES} fit`,
      );
    const count = plaintextBytes === 0 ? 1 : Math.ceil(plaintextBytes / size);
    return { size, count, overhead: RECORD_HEADER_BYTES + protection };
  }

  /** Fills `record`, whose length says how much padding there is. */
  #sealOne(contentType: number, content: Uint8Array, record: Uint8Array): void {
    const { version, explicitNonceBytes, tagBytes } = this.suite;
    const fragmentBytes = record.length - RECORD_HEADER_BYTES;
    const innerAt = RECORD_HEADER_BYTES + explicitNonceBytes;
    const inner = record.subarray(innerAt, record.length - tagBytes);
    const isTls13 = version === "TLSv1.3";
    const outerType = isTls13 ? ContentType.applicationData : contentType;
    writeRecordHeader(record, 0, outerType, ProtocolVersion.tls12, fragmentBytes);
    this.#keys.writeExplicitNonce(record, RECORD_HEADER_BYTES);
    inner.set(content);
    if (isTls13) {
      inner[content.length] = contentType;
      inner.fill(0, content.length + 1);
    }
    const cipher = this.#keys.cipher(
      outerType,
      ProtocolVersion.tls12,
      isTls13 ? fragmentBytes : content.length,
      record.subarray(RECORD_HEADER_BYTES, innerAt),
    );
    inner.set(cipher.update(inner));
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - tagBytes);
    this.#keys.advance();
  }
}

/** Memory that is written whole, in place of zeros that would be written first. */
function unfilled(length: number): Uint8Array {
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer, 0, length);
}

function badOption(message: string): never {
  throw new TlsBridgeError("bad-option", message);
}
