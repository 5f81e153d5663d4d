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
  override readonly name = "ProxyError";
  readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
