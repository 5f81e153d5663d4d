/**
 * Why a call on this package was refused. Traffic never causes one of these: bytes that are not what they claim
 * to be come back as a `malformed` item.
 *
 * - `invalid-argument`: the caller gave a value outside its documented range
 * - `unknown-preset`: no provider error has that type or status
 * - `invalid-rules`: a rule file that was refused as a whole; `problems` lists every reason
 * - `invalid-pattern`: a glob, regular expression or pointer outside the supported subset
 * - `invalid-events`: a recorded event log that does not follow the schema
 * - `invalid-outcome`: what a program says of an operation, where it can't be understood
 */
export type FaultEngineErrorCode =
  | "invalid-argument"
  | "unknown-preset"
  | "invalid-rules"
  | "invalid-pattern"
  | "invalid-events"
  | "invalid-outcome";

/** One reason for which a rule file was refused. Lines and columns count from 1. */
export interface RuleProblem {
  /** The name that the file was given when it was parsed. */
  readonly file: string;
  /** Line of the key or the value, from 1. */
  readonly line: number;
  /** Column on that line, from 1. */
  readonly column: number;
  /** The way to the key, such as `rules[0].when.first`; empty for the file as a whole. */
  readonly path: string;
  /** What was found and what was expected, with the path. */
  readonly message: string;
}

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
  /** For `invalid-rules` from a file: every reason. Empty otherwise. */
  readonly problems: readonly RuleProblem[];

  constructor(
    code: FaultEngineErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly problems?: readonly RuleProblem[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FaultEngineError";
    this.code = code;
    this.problems = options.problems ?? [];
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is FaultEngineError {
    if (this !== FaultEngineError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/fault-engine/FaultEngineError");
