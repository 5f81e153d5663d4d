/**
 * Why a reference host could not be started.
 *
 * - `invalid-plugin-url`: a plugin's address is not `http://host:port`
 * - `invalid-upstream`: an upstream is neither `*` nor `host:port` nor a URL with a known port
 * - `invalid-mapping`: a mapping's remote is not `host:port`, or is the mapping's own port
 * - `listen-failed`: a port could not be bound; `cause` says why
 */
export type FaultHostErrorCode =
  | "invalid-plugin-url"
  | "invalid-upstream"
  | "invalid-mapping"
  | "listen-failed";

/** What `startFaultHost` rejects with. Match on `code`; the message is for people. */
export class FaultHostError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name: string = "FaultHostError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: FaultHostErrorCode;

  constructor(code: FaultHostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is FaultHostError {
    if (this !== FaultHostError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/fault-host/FaultHostError");
