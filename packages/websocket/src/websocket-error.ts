/**
 * Why a call on this package was refused. Traffic never causes one of these: bytes that are no frame of RFC 6455 come
 * back as a `malformed` item.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 */
export type WebSocketErrorCode = "invalid-argument";

/**
 * The only error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   encodeClose(1000, "x".repeat(124));
 * } catch (error) {
 *   if (error instanceof WebSocketError) console.log(error.code, error.message);
 * }
 * ```
 */
export class WebSocketError extends Error {
  /** What went wrong, for programs. */
  readonly code: WebSocketErrorCode;

  constructor(code: WebSocketErrorCode, message: string) {
    super(message);
    this.name = "WebSocketError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is WebSocketError {
    if (this !== WebSocketError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/websocket/WebSocketError");
