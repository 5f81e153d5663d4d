import { TlsParseError } from "../tls-parse-error.ts";
import { ContentType } from "./content-type.ts";
import { RECORD_HEADER_BYTES, recordLimits } from "./record-limits.ts";

/** What a record is made of. */
export interface RecordParts {
  /** Type in the header: one of `ContentType`, or any other number. */
  readonly type: number;
  /** Version in the header. */
  readonly legacyVersion: number;
  /** What the record holds. */
  readonly fragment: Uint8Array;
}

/** How {@link encodeRecords} cuts. */
export interface EncodeRecordsOptions {
  /** Bytes of fragment per record; {@link recordLimits}`.plaintextBytes` unless given. */
  readonly maxFragmentBytes?: number;
}

const MAX_UINT16 = 0xffff;

/**
 * Encodes one record. Fragments up to what the length field can say are taken, those that no peer would accept
 * included: making them is what tests are for.
 *
 * @throws {@link TlsParseError} `not-encodable` where type, version or length don't fit their fields.
 *
 * @example `encodeRecord({ type: 20, legacyVersion: 0x0303, fragment: Uint8Array.of(1) })` is a ChangeCipherSpec.
 */
export function encodeRecord({ type, legacyVersion, fragment }: RecordParts): Uint8Array {
  checkUint(type, 0xff, "record.type", 0);
  checkUint(legacyVersion, MAX_UINT16, "record.legacyVersion", 1);
  checkUint(fragment.length, MAX_UINT16, "record.length", 3);
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + fragment.length);
  bytes[0] = type;
  bytes[1] = legacyVersion >> 8;
  bytes[2] = legacyVersion & 0xff;
  bytes[3] = fragment.length >> 8;
  bytes[4] = fragment.length & 0xff;
  bytes.set(fragment, RECORD_HEADER_BYTES);
  return bytes;
}

/**
 * Encodes as many records as `fragment` needs, one behind the other; one record of length 0 for no bytes at all.
 *
 * @throws {@link TlsParseError} `not-encodable` where a number doesn't fit, or for an empty fragment of a type that may
 * not be empty.
 *
 * @example
 * ```ts
 * const bytes = encodeRecords({ type: 22, legacyVersion: 0x0301, fragment: encodeHandshake(clientHello) });
 * ```
 */
export function encodeRecords(parts: RecordParts, options: EncodeRecordsOptions = {}): Uint8Array {
  const { type, legacyVersion, fragment } = parts;
  const size = options.maxFragmentBytes ?? recordLimits.plaintextBytes;
  checkUint(size - 1, MAX_UINT16 - 1, "record.length", 3);
  if (fragment.length === 0 && type !== ContentType.applicationData)
    fail("record.length", 3, "0, which only application data may have");
  const count = Math.max(1, Math.ceil(fragment.length / size));
  const bytes = new Uint8Array(fragment.length + count * RECORD_HEADER_BYTES);
  for (let index = 0; index < count; index++) {
    const part = fragment.subarray(index * size, (index + 1) * size);
    bytes.set(encodeRecord({ type, legacyVersion, fragment: part }), index * (size + RECORD_HEADER_BYTES));
  }
  return bytes;
}

function checkUint(value: number, max: number, field: string, offset: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    fail(field, offset, `${value}, 0 to ${max} allowed`);
}

function fail(field: string, offset: number, detail: string): never {
  throw new TlsParseError({ code: "not-encodable", offset, field, detail });
}
