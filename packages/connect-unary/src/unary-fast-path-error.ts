/**
 * What was wrong with the set-up. Calls never throw: whatever goes wrong in one is its gRPC status.
 *
 * - `unknown-method`: `methods` names something that is not a unary method of the service
 * - `invalid-limit`: `maxMessageBytes` is not a whole number from 1 to 4,294,967,295
 * - `no-request-listener`: `takeStreamsFirst` found nobody to leave other streams to
 */
export type UnaryFastPathErrorCode = "unknown-method" | "invalid-limit" | "no-request-listener";

/** What `unaryFastPath` and `takeStreamsFirst` throw. Match on `code`; the message is for people. */
export class UnaryFastPathError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name: string = "UnaryFastPathError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: UnaryFastPathErrorCode;

  constructor(code: UnaryFastPathErrorCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is UnaryFastPathError {
    if (this !== UnaryFastPathError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/connect-unary/UnaryFastPathError");
