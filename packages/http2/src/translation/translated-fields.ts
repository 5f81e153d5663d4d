/** Heads of HTTP/1.1 as HTTP/2 has them (RFC 9113 section 8), and the other way round. */
import {
  encodeHead,
  type Header,
  headerTokens,
  type InterimResponse,
  REASON_PHRASES,
  type RequestHead,
  type ResponseHead,
} from "@faultwire/http1";
import { connectionSpecific, fieldValue } from "../connection/header-rules.ts";
import { sectionOf } from "../connection/http2-stream.ts";
import type { HeaderSection } from "../hpack/hpack-decoder.ts";

/** Fields that HTTP/2 has, too: in lower case, without those of the connection (RFC 9113 section 8.2.2). */
function endToEnd(headers: readonly Header[]): Header[] {
  const named = new Set(headerTokens(headers, "connection").map((token) => token.toLowerCase()));
  // HTTP/1.1 may say the same length several times (RFC 9110 section 8.6), HTTP/2 once.
  const [length, ...others] = new Set(headerTokens(headers, "content-length"));
  const fields: Header[] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (connectionSpecific.has(lower) || named.has(lower)) continue;
    if (lower === "te" && value.toLowerCase() !== "trailers") continue;
    if (lower === "content-length" && length !== undefined && others.length === 0) {
      fields.push([lower, length]);
      named.add(lower);
    } else fields.push([lower, value]);
  }
  return fields;
}

/**
 * A request of HTTP/1.1 for an upstream of HTTP/2: `Host` is `:authority`.
 *
 * @example
 * ```ts
 * connection.request(requestToHttp2(head, "https"), head.framing.kind === "none");
 * ```
 */
export function requestToHttp2({ method, target, headers }: RequestHead, scheme: string): HeaderSection {
  const fields = endToEnd(headers);
  const authority = fieldValue(fields, "host");
  const pseudo: Header[] = [
    [":method", method],
    [":scheme", scheme],
    ...(authority === undefined ? [] : [[":authority", authority] as Header]),
    [":path", target],
  ];
  // Waiting for 100 is between a client and its next hop; interim responses go on as they come.
  return sectionOf([...pseudo, ...fields.filter(([name]) => name !== "host")]);
}

/** A request of HTTP/2 for an upstream of HTTP/1.1. */
export interface Http1Request {
  /** The request's method. */
  readonly method: string;
  /** The head as it goes out. */
  readonly head: Uint8Array;
  /** Whether its body goes in chunks: its length is not told. */
  readonly isChunked: boolean;
}

/**
 * A request of HTTP/2 as HTTP/1.1 has it.
 *
 * @param endStream - Whether it has no body.
 * @throws Http1Error for a field that can't stand in HTTP/1.1
 */
export function requestToHttp1({ fields }: HeaderSection, endStream: boolean): Http1Request {
  const method = fieldValue(fields, ":method") ?? "";
  const regular = fields.filter(([name]) => !name.startsWith(":"));
  const authority = fieldValue(fields, ":authority");
  const headers: Header[] = authority === undefined ? [] : [["host", authority]];
  // Split for HPACK's sake, and one field for everybody else (RFC 9113 section 8.2.3).
  const crumbs = regular.filter(([name]) => name === "cookie").map(([, value]) => value);
  for (const field of regular) {
    if (field[0] === "host" && authority !== undefined) continue;
    if (field[0] !== "cookie") headers.push(field);
    else if (crumbs.length > 0) headers.push(["cookie", crumbs.splice(0).join("; ")]);
  }
  const isChunked = !endStream && fieldValue(regular, "content-length") === undefined;
  if (isChunked) headers.push(["transfer-encoding", "chunked"]);
  const target = fieldValue(fields, ":path") ?? "/";
  return { method, head: encodeHead(`${method} ${target} HTTP/1.1`, headers), isChunked };
}

/** A response's head of HTTP/1.1, an interim one's as well, as HTTP/2 has it. */
export function responseToHttp2({ status, headers }: ResponseHead | InterimResponse): HeaderSection {
  return sectionOf([[":status", String(status)], ...endToEnd(headers)]);
}

/** Trailers of HTTP/1.1: fields that no trailer section has are left out. */
export function trailersToHttp2(headers: readonly Header[]): HeaderSection {
  return sectionOf(endToEnd(headers).filter(([name]) => name !== "te" && name !== "host"));
}

/** A response's head of HTTP/2, with these fields behind its own. */
export function responseToHttp1({ fields }: HeaderSection, more: readonly Header[]): Uint8Array {
  const status = fieldValue(fields, ":status") ?? "502";
  const headers = fields.filter(([name]) => !name.startsWith(":"));
  return encodeHead(`HTTP/1.1 ${status} ${REASON_PHRASES[Number(status)] ?? "Unknown"}`, [
    ...headers,
    ...more,
  ]);
}
