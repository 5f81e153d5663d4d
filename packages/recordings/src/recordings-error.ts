/**
 * Why recordings could not be kept or used; what callers match.
 *
 * - `bad-folder`: the folder can't be made, read or written
 * - `bad-file`: a file in it is no recording
 * - `folder-full`: what is to be written would make the folder larger than a replay reads
 * - `listen-failed`: a replay could not listen
 * - `bad-option`: a setting means nothing
 */
export type RecordingsErrorCode = "bad-folder" | "bad-file" | "folder-full" | "listen-failed" | "bad-option";

/**
 * The one error of this package. What clients of a replay do wrong is answered over HTTP and never thrown.
 *
 * @example
 * ```ts
 * await readRecordings("recordings").catch((error: unknown) => {
 *   if (error instanceof RecordingsError && error.code === "bad-folder") return undefined;
 *   throw error;
 * });
 * ```
 */
export class RecordingsError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name: string = "RecordingsError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: RecordingsErrorCode;

  constructor(code: RecordingsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is RecordingsError {
    if (this !== RecordingsError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/recordings/RecordingsError");
