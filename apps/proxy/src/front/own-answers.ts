/** What the proxy itself answers to a request: pages for people, JSON for programs. */
import { encodeResponse, type Header } from "@faultwire/http1";
import type { Unreachable } from "../upstream/dialler.ts";

const encoder = new TextEncoder();

/** The answer to a CONNECT that is carried out. */
export const connected: Uint8Array = encoder.encode("HTTP/1.1 200 Connection established\r\n\r\n");

/** An answer in plain text; the connection ends with it. */
export function textAnswer(
  method: string,
  status: number,
  text: string,
  headers: readonly Header[] = [],
): Uint8Array {
  const type: Header = ["content-type", "text/plain; charset=utf-8"];
  const response = { status, headers: [type, ...headers], body: encoder.encode(`${text}\n`) };
  return encodeResponse(response, { method, close: true });
}

/** What is answered where the upstream can't be reached: the status says why, the body in words. */
export function unreachableAnswer(method: string, { status, reason }: Unreachable): Uint8Array {
  const body = encoder.encode(
    `${JSON.stringify({ error: { type: "upstream_unreachable", message: reason } })}\n`,
  );
  const headers: Header[] = [
    ["content-type", "application/json"],
    ["x-faultwire", "upstream-unreachable"],
  ];
  return encodeResponse({ status, headers, body }, { method, close: true });
}

/** What somebody reads who opens the proxy's own address. */
export const ownPage: string = [
  "This is a proxy of Faultwire: it makes calls to model APIs fail on purpose.",
  "Point a program at it by HTTPS_PROXY, and have the program trust the CA: faultwire ca env",
].join("\n");
