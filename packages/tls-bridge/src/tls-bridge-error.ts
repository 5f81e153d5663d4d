import { AlertDescription } from "@faultwire/tls-parser";

/**
 * Why something could not be done. Callers match these; the texts of messages may change.
 *
 * | code | meaning |
 * |---|---|
 * | `bad-record-mac` | a record does not open under the key and the sequence number that are due |
 * | `record-overflow` | a record, or what is inside it, is longer than its RFC allows |
 * | `unexpected-record` | a record that cannot be a protected one: TLS 1.3 has all of them look like application data |
 * | `bad-inner-type` | what TLS 1.3 hides behind the padding is no content type, or one that may not be protected |
 * | `empty-content` | a handshake message or an alert without a byte |
 * | `sequence-exhausted` | the key has protected as many records as it may |
 * | `unsupported-suite` | not one of the suites that this package protects, or one of the other version |
 * | `bad-secret` | a secret or a random of the wrong length |
 * | `bad-option` | an option outside its range, or one that the version does not know |
 * | `no-key-update` | TLS 1.2 has no key update |
 * | `bad-keylog-line` | a line that is not in the format of key logs |
 * | `not-established` | application data for a bridge whose handshakes are not done |
 */
export type TlsBridgeErrorCode =
  | "bad-record-mac"
  | "record-overflow"
  | "unexpected-record"
  | "bad-inner-type"
  | "empty-content"
  | "sequence-exhausted"
  | "unsupported-suite"
  | "bad-secret"
  | "bad-option"
  | "no-key-update"
  | "bad-keylog-line"
  | "not-established";

const alerts: Readonly<Partial<Record<TlsBridgeErrorCode, number>>> = {
  "bad-record-mac": AlertDescription.badRecordMac,
  "record-overflow": AlertDescription.recordOverflow,
  "unexpected-record": AlertDescription.unexpectedMessage,
  "bad-inner-type": AlertDescription.unexpectedMessage,
  "empty-content": AlertDescription.unexpectedMessage,
};

/**
 * The one error class of this package. The message says what was found and what was expected in numbers and names; it
 * holds neither secrets nor plaintext, so it may be logged.
 *
 * @example
 * ```ts
 * try {
 *   return opener.open(record);
 * } catch (error) {
 *   if (error instanceof TlsBridgeError && error.alertDescription !== undefined) refuseWith(error.alertDescription);
 *   else throw error;
 * }
 * ```
 */
export class TlsBridgeError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "TlsBridgeError";
  /** What went wrong, for programs. */
  readonly code: TlsBridgeErrorCode;

  constructor(code: TlsBridgeErrorCode, message: string, options?: ErrorOptions) {
    super(`${message} (${code})`, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is TlsBridgeError {
    if (this !== TlsBridgeError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }

  /**
   * The alert with which RFC 8446 section 5 has the receiver end the connection, one of {@link AlertDescription};
   * undefined where the peer is not to blame.
   */
  get alertDescription(): number | undefined {
    return alerts[this.code];
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/tls-bridge/TlsBridgeError");
