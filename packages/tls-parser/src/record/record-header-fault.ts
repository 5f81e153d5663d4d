import type { TlsParseErrorCode } from "../tls-parse-error.ts";

// By hand, and not by the table of content types: peekClientHello is counted in bytes.
const FIRST_TYPE = 20;
const LAST_TYPE = 24;
const APPLICATION_DATA = 23;

/** Why a record's header is refused: the code, at which of its bytes, the field, and in numbers. */
export type RecordHeaderFault = readonly [
  code: TlsParseErrorCode,
  within: number,
  field: string,
  detail: string,
];

/** What is wrong with a record's header; undefined where nothing is. */
export function recordHeaderFault(
  type: number,
  version: number,
  length: number,
  maxFragmentBytes: number,
): RecordHeaderFault | undefined {
  if (type < FIRST_TYPE || type > LAST_TYPE)
    return ["unknown-content-type", 0, "record.type", `${type}, 20 to 24 are records`];
  if (version < 0x0300 || version > 0x0304) {
    const found = version.toString(16).padStart(4, "0");
    return ["unsupported-record-version", 1, "record.legacyVersion", `0x${found}, 0x0300 to 0x0304 expected`];
  }
  if (length > maxFragmentBytes)
    return ["record-overflow", 3, "record.length", `${length}, at most ${maxFragmentBytes} allowed`];
  if (length === 0 && type !== APPLICATION_DATA)
    return ["empty-record", 3, "record.length", "0, which only application data may have"];
  return undefined;
}
