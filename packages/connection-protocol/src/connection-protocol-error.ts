import { grpcStatus } from "./grpc-status.ts";

/**
 * Why a stream was ended.
 *
 * - `bad-message`: a message that is not valid here; INVALID_ARGUMENT
 * - `credit-exceeded`: more bytes than there was credit for; RESOURCE_EXHAUSTED
 * - `too-much`: more than a limit of `connectionLimits` allows; RESOURCE_EXHAUSTED
 * - `no-common-version`: the two ends speak no version that both know; FAILED_PRECONDITION
 * - `too-late`: an end did not say in time what it has to say; DEADLINE_EXCEEDED
 * - `unable`: neither end can do what the connection needs; FAILED_PRECONDITION
 * - `leaving`: the plugin goes, and the connection is in the middle of something; UNAVAILABLE
 * - `internal`: an error of this code; INTERNAL
 */
export type ConnectionProtocolErrorCode =
  | "bad-message"
  | "credit-exceeded"
  | "too-much"
  | "no-common-version"
  | "too-late"
  | "unable"
  | "leaving"
  | "internal";

const statuses: Readonly<Record<ConnectionProtocolErrorCode, number>> = {
  "bad-message": grpcStatus.invalidArgument,
  "credit-exceeded": grpcStatus.resourceExhausted,
  "too-much": grpcStatus.resourceExhausted,
  "no-common-version": grpcStatus.failedPrecondition,
  "too-late": grpcStatus.deadlineExceeded,
  unable: grpcStatus.failedPrecondition,
  leaving: grpcStatus.unavailable,
  internal: grpcStatus.internal,
};

/** What ends a stream. The message is for people; it holds no bytes of a connection. */
export class ConnectionProtocolError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "ConnectionProtocolError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: ConnectionProtocolErrorCode;

  constructor(code: ConnectionProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is ConnectionProtocolError {
    if (this !== ConnectionProtocolError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }

  /** The status of gRPC that says so. */
  get status(): number {
    return statuses[this.code];
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/connection-protocol/ConnectionProtocolError");
