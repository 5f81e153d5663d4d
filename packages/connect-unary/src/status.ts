/** How a call ends: trailers, and headers before them (gRPC over HTTP/2, "Responses"). */

import type { OutgoingHttpHeaders } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";

/** The headers of every answer; Node adds the date. */
export const responseHeaders: OutgoingHttpHeaders = {
  ":status": 200,
  "content-type": "application/grpc+proto",
};

/** Those of an answer to a compression that we don't have: they say which we do. */
export const acceptedEncodingHeaders: OutgoingHttpHeaders = {
  ...responseHeaders,
  "grpc-accept-encoding": "identity",
};

export const okTrailers: OutgoingHttpHeaders = { "grpc-status": "0" };

/** What a handler threw, as the error that the caller may see: others than `ConnectError` could hold secrets. */
export function callError(reason: unknown): ConnectError {
  return reason instanceof ConnectError ? reason : new ConnectError("internal error", Code.Internal);
}

/**
 * The trailers that tell an error: status, message percent-encoded, metadata and details of a `ConnectError`.
 * Connect's own function makes them, so that both paths give the same.
 */
export function errorTrailers(error: ConnectError): OutgoingHttpHeaders {
  try {
    const trailers: OutgoingHttpHeaders = {};
    for (const [name, value] of setTrailerStatus(new Headers(), error)) trailers[name] = value;
    return trailers;
  } catch {
    // A lone surrogate can't be percent-encoded, a detail may not be of its type: the code is what must arrive.
    return { "grpc-status": String(error.code) };
  }
}

/** A message that protobuf-es could not read or write, in connect's words. */
export function wireError(what: "parse" | "serialize", error: unknown): ConnectError {
  const message = error instanceof Error ? error.message : String(error);
  return new ConnectError(`${what} binary: ${message}`, Code.Internal);
}
