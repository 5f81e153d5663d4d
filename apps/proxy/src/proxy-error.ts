/**
 * Why a proxy can't be started.
 *
 * - `address-in-use`: another program listens there
 * - `address-denied`: the port needs a permission that we don't have
 * - `address-unavailable`: the address is not one of this machine's, or can't be listened on
 * - `open-to-others`: the address can be reached from elsewhere, and no password is asked for
 * - `bad-option`: an option that means nothing, such as a name to resolve that is none
 */
export type ProxyErrorCode =
  | "address-in-use"
  | "address-denied"
  | "address-unavailable"
  | "open-to-others"
  | "bad-option";

/** What can go wrong when a proxy starts. The message is one line that says what to do; it names no flag. */
export class ProxyError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "ProxyError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is ProxyError {
    if (this !== ProxyError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/proxy/ProxyError");
