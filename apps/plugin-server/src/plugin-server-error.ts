/** Why a server can't listen. */
export type PluginServerErrorCode =
  /** Another program listens there. */
  | "address-in-use"
  /** The port needs a permission that we don't have. */
  | "address-denied"
  /** The address does not belong to this machine, or it is not possible to listen on it. */
  | "address-unavailable";

/** The plugin server could not start. The message is one line that says what to do. */
export class PluginServerError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "PluginServerError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: PluginServerErrorCode;

  constructor(code: PluginServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is PluginServerError {
    if (this !== PluginServerError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/plugin-server/PluginServerError");
