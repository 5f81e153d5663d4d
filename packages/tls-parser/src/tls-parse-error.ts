/**
 * Why bytes (or a value given to an encoder) were refused:
 *
 * - `unknown-content-type`: a record's first byte is none of 20–24.
 * - `unsupported-record-version`: a record's version is outside 0x0300–0x0304.
 * - `record-overflow`: a record declares more bytes than the limit in force.
 * - `empty-record`: a record without a byte, of a type for which RFC 8446 section 5.1 forbids that.
 * - `handshake-overflow`: a handshake message declares more bytes than the limit in force.
 * - `truncated`: a structure ends before a field that it must have, or inside one.
 * - `trailing-bytes`: bytes are left over behind a complete structure.
 * - `length-out-of-range`: a vector is shorter or longer than its RFC lets it be, or holds part of an element.
 * - `illegal-value`: a field has a value that its RFC forbids.
 * - `duplicate-extension`: one message carries the same extension type twice.
 * - `misplaced-extension`: `pre_shared_key` is not the last extension of a ClientHello.
 * - `unexpected-message`: a message or record other than the one that was asked for.
 * - `not-encodable`: a value given to an encoder does not fit its field on the wire.
 */
export type TlsParseErrorCode =
  | "unknown-content-type"
  | "unsupported-record-version"
  | "record-overflow"
  | "empty-record"
  | "handshake-overflow"
  | "truncated"
  | "trailing-bytes"
  | "length-out-of-range"
  | "illegal-value"
  | "duplicate-extension"
  | "misplaced-extension"
  | "unexpected-message"
  | "not-encodable";

/** What a {@link TlsParseError} is made from. */
export interface TlsParseErrorInit {
  /** What went wrong, for programs: match this, not the message. */
  readonly code: TlsParseErrorCode;
  /** As {@link TlsParseError.offset}. */
  readonly offset: number;
  /** As {@link TlsParseError.field}. */
  readonly field: string;
  /** What was found and what was expected; numbers only, never the bytes themselves. */
  readonly detail: string;
}

/**
 * The only error that this package throws because of its input.
 *
 * Match on {@link code}; {@link offset} and {@link field} say where. The message holds field names and numbers, no
 * bytes of the input, so it may be logged.
 *
 * @example
 * ```ts
 * try {
 *   decodeClientHello(body);
 * } catch (error) {
 *   if (error instanceof TlsParseError && error.code === "duplicate-extension") refuse();
 *   else throw error;
 * }
 * ```
 */
export class TlsParseError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "TlsParseError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: TlsParseErrorCode;
  /**
   * Byte offset of the offending field. Inside a handshake message, whoever read it: from the start of its body. Else
   * from the first byte given to a decoder or ever pushed to a reader; for an encoder, in what was written so far.
   */
  readonly offset: number;
  /** The field's path in RFC names, camel case: `clientHello.cipherSuites`. */
  readonly field: string;

  constructor({ code, offset, field, detail }: TlsParseErrorInit) {
    super(`${field} at byte ${offset}: ${detail} (${code})`);
    this.code = code;
    this.offset = offset;
    this.field = field;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is TlsParseError {
    if (this !== TlsParseError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/tls-parser/TlsParseError");
