/**
 * Why a reference host could not be started.
 *
 * - `invalid-plugin-url`: a plugin's address is not `http://host:port`
 * - `invalid-upstream`: an upstream is neither `*` nor `host:port` nor a URL with a known port
 * - `invalid-mapping`: a mapping's remote is not `host:port`
 * - `listen-failed`: a port could not be bound; `cause` says why
 */
export type FaultHostErrorCode =
  | "invalid-plugin-url"
  | "invalid-upstream"
  | "invalid-mapping"
  | "listen-failed";

/** What `startFaultHost` rejects with. Match on `code`; the message is for people. */
export class FaultHostError extends Error {
  override readonly name: string = "FaultHostError";
  readonly code: FaultHostErrorCode;

  constructor(code: FaultHostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
