export type PluginServerErrorCode =
  /** Another program listens there. */
  | "address-in-use"
  /** The port needs a permission that we don't have. */
  | "address-denied"
  /** The address is not one of this machine's, or can't be listened on. */
  | "address-unavailable";

/** What can go wrong when the plugin server starts. The message is one line that says what to do. */
export class PluginServerError extends Error {
  override readonly name = "PluginServerError";
  readonly code: PluginServerErrorCode;

  constructor(code: PluginServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
