/**
 * Why a call on this package was refused. Traffic never causes one of these: bytes that are not what they claim to be
 * come back as a `malformed` item.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 * - `invalid-header`: a header name or value that would break out of its line
 */
export type Http1ErrorCode = "invalid-argument" | "invalid-header";

/**
 * The only error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   encodeHead("HTTP/1.1 200 OK", [["x-note", "two\r\nlines"]]);
 * } catch (error) {
 *   if (error instanceof Http1Error && error.code === "invalid-header") console.log(error.message);
 * }
 * ```
 */
export class Http1Error extends Error {
  /** What went wrong, for programs. */
  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string) {
    super(message);
    this.name = "Http1Error";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is Http1Error {
    if (this !== Http1Error) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/http1/Http1Error");
