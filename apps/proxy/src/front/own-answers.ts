/** What the proxy itself answers to a request: pages for people, JSON for programs. */
import { encodeResponse, type Header, type HttpResponse } from "@faultwire/http1";
import type { Unreachable } from "../upstream/dialler.ts";

const encoder = new TextEncoder();

/** The answer to a CONNECT that is carried out. */
export const connected: Uint8Array = encoder.encode("HTTP/1.1 200 Connection established\r\n\r\n");
/** Tells a client that waits for it to send its body (RFC 9110 section 10.1.1). */
export const continued: Uint8Array = encoder.encode("HTTP/1.1 100 Continue\r\n\r\n");

/** A response in plain text. */
export function textResponse(status: number, text: string, headers: readonly Header[] = []): HttpResponse {
  const type: Header = ["content-type", "text/plain; charset=utf-8"];
  return { status, headers: [type, ...headers], body: encoder.encode(`${text}\n`) };
}

/** An answer in plain text; the connection ends with it. */
export function textAnswer(
  method: string,
  status: number,
  text: string,
  headers: readonly Header[] = [],
): Uint8Array {
  return encodeResponse(textResponse(status, text, headers), { method, close: true });
}

/** An error as JSON, as SDKs show it. */
function errorResponse(
  status: number,
  type: string,
  message: string,
  headers: readonly Header[],
): HttpResponse {
  const body = encoder.encode(`${JSON.stringify({ error: { type, message } })}\n`);
  return { status, headers: [["content-type", "application/json"], ...headers], body };
}

/**
 * What is answered where the upstream can't be reached: the status says why, the body in words.
 *
 * @param marker - Of the rule that wants it so; `null` for none.
 */
export function unreachableResponse(
  { status, reason }: Unreachable,
  marker: string | null = "upstream-unreachable",
): HttpResponse {
  const marked: Header[] = marker === null ? [] : [["x-faultwire", marker]];
  return errorResponse(status, "upstream_unreachable", reason, marked);
}

/** The same by HTTP/1.1; the connection ends with it. */
export function unreachableAnswer(method: string, why: Unreachable, marker?: string | null): Uint8Array {
  return encodeResponse(unreachableResponse(why, marker), { method, close: true });
}

/** What is answered where we don't do what is asked for, marked as ours by `x-faultwire`; `message` is for people. */
export function jsonResponse(
  status: number,
  type: string,
  message: string,
  headers: readonly Header[] = [],
): HttpResponse {
  return errorResponse(status, type, message, [["x-faultwire", "refused"], ...headers]);
}

/** The same by HTTP/1.1; the connection ends with it. */
export function jsonRefusal(
  method: string,
  status: number,
  type: string,
  message: string,
  headers: readonly Header[] = [],
): Uint8Array {
  return encodeResponse(jsonResponse(status, type, message, headers), { method, close: true });
}
