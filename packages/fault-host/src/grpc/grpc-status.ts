/** The gRPC status codes that the host meets or makes (gRPC core, "Status codes and their use"). */
export const GRPC_STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** A failed call: the plugin's own status, or one that stands for a broken connection or answer. */
export interface GrpcFailure {
  /** One of {@link GRPC_STATUS}, or a number that the plugin made up. */
  readonly code: number;
  readonly message: string;
}

/** The status that stands for an HTTP status without gRPC ("HTTP to gRPC status code mapping"). */
export function statusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return GRPC_STATUS.internal;
    case 401:
      return GRPC_STATUS.unauthenticated;
    case 403:
      return GRPC_STATUS.permissionDenied;
    case 404:
      return GRPC_STATUS.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GRPC_STATUS.unavailable;
    default:
      return GRPC_STATUS.unknown;
  }
}

/** The text of a `grpc-message` header, which is percent-encoded; as it came when it is not valid. */
export function decodeGrpcMessage(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
