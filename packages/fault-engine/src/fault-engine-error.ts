/**
 * Why a call on this package was refused. Traffic never causes one of these: bytes that are not what they claim
 * to be come back as a `malformed` item.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 * - `unknown-preset`: no provider error has that type or status
 * - `invalid-header`: a header name or value that would break out of its line
 * - `invalid-rules`: a rule file that was refused as a whole; `problems` lists every reason
 * - `invalid-pattern`: a glob, regular expression or pointer outside the supported subset
 * - `invalid-events`: a recorded event log that does not follow the schema
 */
export type FaultEngineErrorCode =
  | "invalid-argument"
  | "unknown-preset"
  | "invalid-header"
  | "invalid-rules"
  | "invalid-pattern"
  | "invalid-events";

/**
 * The only error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   providerError({ provider: "anthropic", error: 418, requestId: "req_1", nowMs: 0 });
 * } catch (error) {
 *   if (error instanceof FaultEngineError && error.code === "unknown-preset") console.log(error.message);
 * }
 * ```
 */
export class FaultEngineError extends Error {
  /** What went wrong, for programs. */
  readonly code: FaultEngineErrorCode;

  constructor(code: FaultEngineErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "FaultEngineError";
    this.code = code;
  }
}
