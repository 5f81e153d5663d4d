import { isTokenText } from "./head-grammar.ts";
import type { Header } from "./header.ts";
import { headerValue } from "./header.ts";
import { Http1Error } from "./http1-error.ts";
import { joinBytes, latin1 } from "./text.ts";

/** A complete HTTP response, not tied to a version or a connection. */
export interface HttpResponse {
  /** 100–599. */
  readonly status: number;
  /** In the order in which they are to be sent. */
  readonly headers: readonly Header[];
  /** The content, not encoded for transfer; empty for none. */
  readonly body: Uint8Array;
}

/** How a response is put on a connection. */
export interface EncodeResponseOptions {
  /** The request's method; a response to HEAD keeps its headers and loses its body. */
  readonly method: string;
  /** Adds `connection: close` where the headers don't name `connection`. Default false. */
  readonly close?: boolean;
}

/** The reason phrases of RFC 9110 §15 and of the statuses that gateways before model APIs add. */
export const REASON_PHRASES: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
  508: "Loop Detected",
  511: "Network Authentication Required",
  520: "Web Server Returned an Unknown Error",
  521: "Web Server Is Down",
  522: "Connection Timed Out",
  523: "Origin Is Unreachable",
  524: "A Timeout Occurred",
  525: "SSL Handshake Failed",
  526: "Invalid SSL Certificate",
  529: "Overloaded",
};

/** Throws `invalid-header` where a name or value could end its line early: a rule file must not split a response. */
export function checkHeader([name, value]: Header): void {
  if (!isTokenText(name))
    throw new Http1Error(
      "invalid-header",
      `${JSON.stringify(name)} is no header name; a token of RFC 9110 §5.6.2 expected`,
    );
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if ((unit < 0x20 && unit !== 9) || unit === 0x7f || unit > 0xff)
      throw new Http1Error(
        "invalid-header",
        `the value of ${name} has code ${unit} at ${at}; visible ISO-8859-1 characters, spaces and tabs expected`,
      );
  }
}

/**
 * The bytes of a head: `firstLine`, the headers as they are, an empty line.
 *
 * @throws Http1Error `invalid-header` for a name or value that can't stand on a line.
 * @example
 * ```ts
 * socket.write(encodeHead("HTTP/1.1 200 OK", [["transfer-encoding", "chunked"]]));
 * ```
 */
export function encodeHead(firstLine: string, headers: readonly Header[]): Uint8Array {
  let text = `${firstLine}\r\n`;
  for (const header of headers) {
    checkHeader(header);
    text += `${header[0]}: ${header[1]}\r\n`;
  }
  return latin1(`${text}\r\n`);
}

/**
 * The bytes of a head that was read, with other headers. The first line, and the lines of all fields that stay, are
 * byte for byte those that came; a field that stays is the same object, in whatever order.
 *
 * @param head - As a reader gave it: one line of `bytes` for each of `headers`.
 * @throws Http1Error `invalid-header` for a new name or value that can't stand on a line.
 */
export function withHeaders(
  head: { readonly bytes: Uint8Array; readonly headers: readonly Header[] },
  headers: readonly Header[],
): Uint8Array {
  const { bytes } = head;
  const lines = new Map<Header, Uint8Array>();
  // The last line is empty; those of the fields stand before it.
  let end = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  const last = bytes.subarray(end);
  for (const field of head.headers.toReversed()) {
    const from = bytes.lastIndexOf(10, end - 2) + 1;
    lines.set(field, bytes.subarray(from, end));
    end = from;
  }
  const parts = headers.map((field) => {
    const line = lines.get(field);
    if (line !== undefined) return line;
    checkHeader(field);
    return latin1(`${field[0]}: ${field[1]}\r\n`);
  });
  return joinBytes([bytes.subarray(0, end), ...parts, last]);
}

/**
 * The bytes of an HTTP/1.1 response with its whole body (RFC 9112 §6). A `content-length` is added where it is
 * missing and the status may have one; `transfer-encoding` is refused, because the body given is the whole.
 *
 * @throws Http1Error `invalid-header`, or `invalid-argument` for a status outside 200–599 or a content-length
 * that is not the body's.
 *
 * @example
 * ```ts
 * socket.write(encodeResponse({ status: 429, headers: [["retry-after", "2"]], body }, { method: "POST" }));
 * ```
 */
export function encodeResponse(response: HttpResponse, options: EncodeResponseOptions): Uint8Array {
  const { status, body } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new Http1Error("invalid-argument", `status ${status} found, 200–599 expected`);
  const headers = [...response.headers];
  const noBody = status === 204 || status === 304;
  const declared = headerValue(headers, "content-length");
  if (headerValue(headers, "transfer-encoding") !== undefined)
    throw new Http1Error("invalid-header", "transfer-encoding found on a response with its whole body");
  if (noBody ? body.length > 0 : declared !== undefined && declared !== String(body.length))
    throw new Http1Error(
      "invalid-argument",
      `status ${status} with content-length ${declared ?? "unset"} can't carry a body of ${body.length} bytes`,
    );
  if (!noBody && declared === undefined) headers.push(["content-length", String(body.length)]);
  if (options.close && headerValue(headers, "connection") === undefined)
    headers.push(["connection", "close"]);
  const head = encodeHead(`HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? "Unknown"}`, headers);
  return options.method === "HEAD" || noBody ? head : joinBytes([head, body]);
}

/**
 * One chunk of a chunked body (RFC 9112 §7.1), framing included; nothing for empty data, which would end the body.
 *
 * @example
 * ```ts
 * socket.write(encodeChunk(new TextEncoder().encode("hello"))); // 5\r\nhello\r\n
 * ```
 */
export function encodeChunk(data: Uint8Array): Uint8Array {
  if (data.length === 0) return data;
  return joinBytes([latin1(`${data.length.toString(16)}\r\n`), data, latin1("\r\n")]);
}

/**
 * The bytes that end a chunked body without trailers, in a new array.
 *
 * @example
 * ```ts
 * socket.write(encodeLastChunk());
 * ```
 */
export function encodeLastChunk(): Uint8Array {
  return latin1("0\r\n\r\n");
}
