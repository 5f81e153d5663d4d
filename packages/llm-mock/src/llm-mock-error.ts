/** Why the mock could not start or a setting was refused; what callers match. */
export type LlmMockErrorCode =
  /** The address could not be listened on: taken, not this machine's, or not allowed. `cause` says which. */
  | "listen-failed"
  /** A setting is out of range or does not fit another one. */
  | "invalid-option";

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
  override readonly name: string = "LlmMockError";
  readonly code: LlmMockErrorCode;

  constructor(code: LlmMockErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
