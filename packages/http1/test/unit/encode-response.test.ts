import { STATUS_CODES } from "node:http";
import { bytesOf, readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import {
  encodeChunk,
  encodeLastChunk,
  encodeResponse,
  type Header,
  Http1Error,
  REASON_PHRASES,
  ResponseReader,
} from "../../src/index.ts";

const headers: readonly Header[] = [["Content-Type", "text/plain"]];

describe("encodeResponse", () => {
  it("writes headers in order and adds the length", () => {
    const bytes = encodeResponse(
      { status: 429, headers, body: bytesOf("slow") },
      { method: "POST", close: true },
    );
    expect(textOf(bytes)).toBe(
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\ncontent-length: 4\r\nconnection: close\r\n\r\nslow",
    );
  });

  it("leaves a HEAD response without its body and with its length", () => {
    const bytes = encodeResponse({ status: 200, headers, body: bytesOf("body") }, { method: "HEAD" });
    expect(textOf(bytes)).toBe("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 4\r\n\r\n");
  });

  it("writes no length for 204", () => {
    const bytes = encodeResponse({ status: 204, headers: [], body: bytesOf("") }, { method: "GET" });
    expect(textOf(bytes)).toBe("HTTP/1.1 204 No Content\r\n\r\n");
  });

  it("is read back by the reader", () => {
    const reader = new ResponseReader();
    reader.expect("GET");
    const bytes = encodeResponse(
      { status: 529, headers: [["a", "\xe9"]], body: bytesOf("x") },
      { method: "GET" },
    );
    expect(summaryOf(readAll(reader, [bytes]))).toMatchObject([
      {
        status: 529,
        headers: [
          ["a", "\xe9"],
          ["content-length", "1"],
        ],
        keepAlive: true,
      },
      { data: "x" },
      "end",
    ]);
  });

  it.each([
    [
      "a line end in a value",
      { status: 200, headers: [["a", "b\r\nc: d"]], body: bytesOf("") },
      "invalid-header",
    ],
    ["a NUL in a value", { status: 200, headers: [["a", "\0"]], body: bytesOf("") }, "invalid-header"],
    [
      "a value outside ISO-8859-1",
      { status: 200, headers: [["a", "€"]], body: bytesOf("") },
      "invalid-header",
    ],
    ["a space in a name", { status: 200, headers: [["a b", "c"]], body: bytesOf("") }, "invalid-header"],
    ["an empty name", { status: 200, headers: [["", "c"]], body: bytesOf("") }, "invalid-header"],
    [
      "chunked",
      { status: 200, headers: [["Transfer-Encoding", "chunked"]], body: bytesOf("") },
      "invalid-header",
    ],
    [
      "another length",
      { status: 200, headers: [["Content-Length", "2"]], body: bytesOf("a") },
      "invalid-argument",
    ],
    ["a body for 204", { status: 204, headers: [], body: bytesOf("a") }, "invalid-argument"],
    ["status 99", { status: 99, headers: [], body: bytesOf("") }, "invalid-argument"],
    ["status 600", { status: 600, headers: [], body: bytesOf("") }, "invalid-argument"],
  ] as const)("refuses %s", (_what, response, code) => {
    const encode = (): Uint8Array => encodeResponse(response, { method: "GET" });
    expect(encode).toThrow(Http1Error);
    expect(encode).toThrow(expect.objectContaining({ code }));
  });
});

describe("chunks", () => {
  it("carry their size in hex; empty data makes no chunk, which would end the body", () => {
    expect(textOf(encodeChunk(bytesOf("0123456789")))).toBe("a\r\n0123456789\r\n");
    expect(encodeChunk(bytesOf(""))).toHaveLength(0);
    expect(textOf(encodeLastChunk())).toBe("0\r\n\r\n");
  });
});

describe("reason phrases", () => {
  it("are those of Node's table, but for newer names and codes of others", () => {
    const differing = Object.entries(REASON_PHRASES).filter(
      ([code, phrase]) => STATUS_CODES[code] !== phrase,
    );
    expect(Object.fromEntries(differing)).toEqual({
      // RFC 9110, sections 15.5.14 and 15.5.21
      413: "Content Too Large",
      422: "Unprocessable Content",
      // nginx
      499: "Client Closed Request",
      // Cloudflare, "Cloudflare 5xx errors"
      520: "Web Server Returned an Unknown Error",
      521: "Web Server Is Down",
      522: "Connection Timed Out",
      523: "Origin Is Unreachable",
      524: "A Timeout Occurred",
      525: "SSL Handshake Failed",
      526: "Invalid SSL Certificate",
      // Anthropic
      529: "Overloaded",
    });
  });
});
