/**
 * What was wrong with the set-up. Calls never throw: whatever goes wrong in one is its gRPC status.
 *
 * - `unknown-method`: `methods` names something that is not a unary method of the service
 * - `invalid-limit`: `maxMessageBytes` is not a whole number from 1 to 4,294,967,295
 * - `no-request-listener`: `takeStreamsFirst` found nobody to leave other streams to
 */
export type UnaryFastPathErrorCode = "unknown-method" | "invalid-limit" | "no-request-listener";

/** What `unaryFastPath` and `takeStreamsFirst` throw. Match on `code`; the message is for people. */
export class UnaryFastPathError extends Error {
  override readonly name: string = "UnaryFastPathError";
  readonly code: UnaryFastPathErrorCode;

  constructor(code: UnaryFastPathErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
