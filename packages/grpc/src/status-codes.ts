/** Every status code by its name (grpc/doc/statuscodes.md). */
export const STATUS_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The name of a status code. */
export type StatusName = keyof typeof STATUS_CODES;

/** The names, each at the place of its number. */
export const STATUS_NAMES: readonly StatusName[] = /* @__PURE__ */ Object.keys(STATUS_CODES) as StatusName[];

/** A code in words: its name, or `status 99` for a number that has none. */
export function nameOfStatus(code: number): string {
  return STATUS_NAMES[code] ?? `status ${code}`;
}

/** Codes of a response without `grpc-status`, by its HTTP status (grpc/doc/http-grpc-status-mapping.md). */
const BY_HTTP_STATUS: Readonly<Record<number, StatusName>> = {
  400: "INTERNAL",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "UNIMPLEMENTED",
  429: "UNAVAILABLE",
  431: "INTERNAL",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};

/**
 * The code that an HTTP status stands for: what a client makes of a response without `grpc-status`, and what front ends
 * that know gRPC (Envoy is one) put into theirs. A status that the table does not have is `UNKNOWN`.
 *
 * @example
 * ```ts
 * codeOfHttpStatus(503); // 14, UNAVAILABLE
 * ```
 */
export function codeOfHttpStatus(status: number): number {
  return STATUS_CODES[BY_HTTP_STATUS[status] ?? "UNKNOWN"];
}
