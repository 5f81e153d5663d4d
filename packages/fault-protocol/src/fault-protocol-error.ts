/** Why an answer was refused; what callers match. */
export type FaultProtocolErrorCode =
  /** A chunk without bytes, where the host would lose data or loop. */
  | "empty-chunk"
  /** More than {@link hostLimits.maxMessageBytes} once encoded. */
  | "message-too-large"
  /** A header name that is not an RFC 9110 token. */
  | "invalid-header-name"
  /** A header value with something else than tab, space and visible ASCII in it. */
  | "invalid-header-value"
  /** A status that is no final HTTP status (200–999). */
  | "invalid-status"
  /** A time that is not a whole number of milliseconds in the range of an int32. */
  | "invalid-delay";

/**
 * An answer that the host would choke on, refused before it leaves.
 *
 * The message says what was found, what was expected and what to do; it holds no body bytes and no header values.
 *
 * @example
 * ```ts
 * try {
 *   return replace(bytes);
 * } catch (error) {
 *   if (error instanceof FaultProtocolError && error.code === "empty-chunk") return swallow();
 *   throw error;
 * }
 * ```
 */
export class FaultProtocolError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name: string = "FaultProtocolError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: FaultProtocolErrorCode;

  constructor(code: FaultProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is FaultProtocolError {
    if (this !== FaultProtocolError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/fault-protocol/FaultProtocolError");
