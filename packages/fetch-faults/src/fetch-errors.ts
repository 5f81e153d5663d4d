/**
 * The errors of undici's fetch, which is Node's: what programs and SDKs look for, in `cause.code`. Bun, Deno and browsers
 * have texts of their own; a `TypeError` it is everywhere.
 */

/** How a connection breaks, as undici tells it. */
export type Breakage =
  | "closed"
  | "reset"
  | "headers-timeout"
  | "body-timeout"
  | "bad-status-line"
  | "bad-chunk";

const CAUSES: Readonly<
  Record<
    Breakage,
    { readonly name: string; readonly message: string; readonly more: Readonly<Record<string, unknown>> }
  >
> = {
  closed: { name: "SocketError", message: "other side closed", more: { code: "UND_ERR_SOCKET" } },
  reset: {
    name: "Error",
    message: "read ECONNRESET",
    more: { errno: -104, code: "ECONNRESET", syscall: "read" },
  },
  "headers-timeout": {
    name: "HeadersTimeoutError",
    message: "Headers Timeout Error",
    more: { code: "UND_ERR_HEADERS_TIMEOUT" },
  },
  "body-timeout": {
    name: "BodyTimeoutError",
    message: "Body Timeout Error",
    more: { code: "UND_ERR_BODY_TIMEOUT" },
  },
  "bad-status-line": {
    name: "HTTPParserError",
    message: "Response does not match the HTTP/1.1 protocol (Invalid response status)",
    more: { code: "HPE_INVALID_STATUS" },
  },
  "bad-chunk": {
    name: "HTTPParserError",
    message: "Response does not match the HTTP/1.1 protocol (Invalid character in chunk size)",
    more: { code: "HPE_INVALID_CHUNK_SIZE" },
  },
};

function causeOf(how: Breakage): Error {
  const { name, message, more } = CAUSES[how];
  const cause = new Error(message);
  if (name !== "Error")
    Object.defineProperty(cause, "name", { value: name, configurable: true, writable: true });
  return Object.assign(cause, more);
}

/** What `fetch` rejects with where no response came. */
export function fetchFailed(how: Breakage): TypeError {
  return new TypeError("fetch failed", { cause: causeOf(how) });
}

/** Whether it is what `fetch` rejects with where no head came in time. */
export const isHeadersTimeout = (error: unknown): boolean =>
  error instanceof TypeError &&
  error.cause instanceof Error &&
  error.cause.name === CAUSES["headers-timeout"].name;

/** What a body that breaks off fails with. */
export function terminated(how: Breakage): TypeError {
  return new TypeError("terminated", { cause: causeOf(how) });
}
