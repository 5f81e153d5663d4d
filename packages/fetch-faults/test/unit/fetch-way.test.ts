/** What the way of a fetch says of each fault, and how its errors look: literal values, as `check` and programs see them. */
import { FAULT_KINDS } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { type Breakage, fetchFailed, terminated } from "../../src/fetch-errors.ts";
import { fetchWay } from "../../src/index.ts";

const asError =
  "instead: fetch, or the body's stream, fails as undici's does; bytes are those of the response's body";
const ofBody = "instead: of a response's body alone";
const others: Record<string, string> = {
  "connect.refuse": "the connection is the runtime's, below fetch",
  "connection.close": asError,
  "connection.reset": asError,
  "connection.stall":
    "instead: a moment of the handshake is before the request; bytes are those of the response's body",
  "connection.throttle": ofBody,
  "connection.slice": ofBody,
  "connection.corrupt": ofBody,
};

const ofLayer: Record<string, string> = {
  tls: "TLS is the runtime's, below fetch",
  websocket: "fetch opens no WebSocket",
  grpc: "fetch gives no trailers, so no gRPC call is made with it",
  http2: "frames of HTTP/2 are the runtime's, below fetch",
};

it.each(FAULT_KINDS)("%s", (kind) => {
  const expected = ofLayer[kind.slice(0, kind.indexOf("."))] ?? others[kind] ?? "yes";
  const ability = fetchWay.abilities[kind];
  const words =
    ability.kind === "no" ? ability.reason : ability.kind === "instead" ? `instead: ${ability.does}` : "yes";
  expect(words).toBe(expected);
});

const causes: readonly (readonly [Breakage, string, string, object])[] = [
  ["closed", "SocketError", "other side closed", { code: "UND_ERR_SOCKET" }],
  ["reset", "Error", "read ECONNRESET", { errno: -104, code: "ECONNRESET", syscall: "read" }],
  ["headers-timeout", "HeadersTimeoutError", "Headers Timeout Error", { code: "UND_ERR_HEADERS_TIMEOUT" }],
  ["body-timeout", "BodyTimeoutError", "Body Timeout Error", { code: "UND_ERR_BODY_TIMEOUT" }],
  [
    "bad-status-line",
    "HTTPParserError",
    "Response does not match the HTTP/1.1 protocol (Invalid response status)",
    { code: "HPE_INVALID_STATUS" },
  ],
  [
    "bad-chunk",
    "HTTPParserError",
    "Response does not match the HTTP/1.1 protocol (Invalid character in chunk size)",
    { code: "HPE_INVALID_CHUNK_SIZE" },
  ],
];

it.each(causes)("a connection that breaks by %s: as undici tells it", (how, name, message, more) => {
  for (const [error, text] of [
    [fetchFailed(how), "fetch failed"],
    [terminated(how), "terminated"],
  ] as const) {
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(text);
    const cause = error.cause as Error;
    expect([cause.name, cause.message]).toEqual([name, message]);
    expect(Object.fromEntries(Object.entries(cause))).toEqual(more);
    // Programs that wrap errors give them other names.
    cause.name = "Other";
    expect(Object.getOwnPropertyDescriptor(cause, "name")?.configurable).toBe(true);
  }
});
