export type PluginServerErrorCode =
  /** Another program listens there. */
  | "address-in-use"
  /** The port needs a permission that we don't have. */
  | "address-denied"
  /** The address does not belong to this machine, or it is not possible to listen on it. */
  | "address-unavailable";

/** The plugin server could not start. The message is one line that says what to do. */
export class PluginServerError extends Error {
  override readonly name = "PluginServerError";
  readonly code: PluginServerErrorCode;

  constructor(code: PluginServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
