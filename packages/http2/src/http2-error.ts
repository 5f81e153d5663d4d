/**
 * Why a call on this package was refused, or why bytes are not what they claim to be.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 * - `bad-header-block`: a block that HPACK can't decode (RFC 7541): COMPRESSION_ERROR for the connection
 * - `bad-payload`: a frame's payload that its type does not allow
 */
export type Http2ErrorCode = "invalid-argument" | "bad-header-block" | "bad-payload";

/**
 * The only error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   new HpackDecoder().decode(block);
 * } catch (error) {
 *   if (error instanceof Http2Error && error.code === "bad-header-block") console.log(error.message);
 * }
 * ```
 */
export class Http2Error extends Error {
  /** What went wrong, for programs. */
  readonly code: Http2ErrorCode;
  /** Where in the block or the payload, in bytes, where that is known. */
  readonly offset: number | undefined;

  constructor(code: Http2ErrorCode, message: string, offset?: number) {
    super(message);
    this.name = "Http2Error";
    this.code = code;
    this.offset = offset;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is Http2Error {
    if (this !== Http2Error) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/http2/Http2Error");
