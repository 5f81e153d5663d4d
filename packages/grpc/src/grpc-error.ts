/**
 * Why a call on this package was refused. Traffic never causes one of these: bytes that are no messages come back as a
 * `malformed` item, and fields that say nothing known are read as absent.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 */
export type GrpcErrorCode = "invalid-argument";

/**
 * The only error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   encodePrefix(-1);
 * } catch (error) {
 *   if (error instanceof GrpcError) console.log(error.code, error.message);
 * }
 * ```
 */
export class GrpcError extends Error {
  /** What went wrong, for programs. */
  readonly code: GrpcErrorCode;

  constructor(code: GrpcErrorCode, message: string) {
    super(message);
    this.name = "GrpcError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is GrpcError {
    if (this !== GrpcError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/grpc/GrpcError");
