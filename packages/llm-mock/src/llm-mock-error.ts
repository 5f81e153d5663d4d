/** Why the mock could not start or a setting was refused; what callers match. */
export type LlmMockErrorCode =
  /** The address could not be listened on: taken, not this machine's, or not allowed. `cause` says which. */
  | "listen-failed"
  /** A setting is out of range or does not fit another one. */
  | "invalid-option"
  /** A script can't be read. The message says file, line and column, what was found there, and what was expected. */
  | "invalid-script";

/**
 * The one error of this package. What clients of the mock do wrong is answered over HTTP and never thrown.
 *
 * @example
 * ```ts
 * await startLlmMock({ port: 8443 }).catch((error: unknown) => {
 *   if (error instanceof LlmMockError && error.code === "listen-failed") return startLlmMock();
 *   throw error;
 * });
 * ```
 */
export class LlmMockError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name: string = "LlmMockError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: LlmMockErrorCode;

  constructor(code: LlmMockErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is LlmMockError {
    if (this !== LlmMockError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/llm-mock/LlmMockError");
