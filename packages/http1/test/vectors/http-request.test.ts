import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { bytesOf, readAll, summaryOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { type MalformedCode, RequestReader } from "../../src/index.ts";

const summary = (chunks: Iterable<Uint8Array>): unknown[] =>
  summaryOf(readAll(new RequestReader(), chunks, true));

/** The summary of `text` read whole; fails where any other cut gives another. */
function readEveryWay(text: string): unknown[] {
  const bytes = bytesOf(text);
  const whole = summary([bytes]);
  for (let size = 1; size < Math.min(bytes.length, 40); size++)
    expect(summary(chunksOf(bytes, size)), `chunks of ${size}`).toEqual(whole);
  for (const parts of splitsOf(bytes)) expect(summary(parts), `cut at ${parts[0].length}`).toEqual(whole);
  return whole;
}

const head = (firstLine: string, ...headers: string[]): string =>
  [firstLine, ...headers, "", ""].join("\r\n");

describe("requests that are read", () => {
  it("a target with bytes that its client has not encoded", () => {
    expect(readEveryWay(head("GET /\xc3\xbc?\xe9 HTTP/1.1"))).toMatchObject([
      { target: "/\xc3\xbc?\xe9" },
      "end",
    ]);
  });

  it("a GET without a body, kept alive, then another", () => {
    const first = head("GET /v1/models?limit=2 HTTP/1.1", "Host: api.test", "X-Case: kept  ");
    const second = head("HEAD / HTTP/1.1", "host:api.test", "connection: close");
    expect(readEveryWay(first + second)).toEqual([
      {
        kind: "head",
        method: "GET",
        target: "/v1/models?limit=2",
        version: "1.1",
        headers: [
          ["Host", "api.test"],
          ["X-Case", "kept"],
        ],
        framing: { kind: "none" },
        keepAlive: true,
        wire: first,
      },
      "end",
      expect.objectContaining({ method: "HEAD", keepAlive: false, wire: second }),
      "end",
    ]);
  });

  it("a POST with its length", () => {
    const text = head("POST /v1/messages HTTP/1.1", "Host: a", "Content-Length: 0005");
    expect(readEveryWay(`${text}hello`)).toEqual([
      expect.objectContaining({ framing: { kind: "length", bytes: 5 } }),
      { data: "hello", wire: "hello" },
      "end",
    ]);
  });

  it("a chunked POST with extensions and trailers, and what is pipelined behind it", () => {
    const text = head("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked");
    const chunks = '5;name=value;quoted="a;\\"b";flag\r\nhello\r\n00A\r\n0123\r\n6789\r\n0;last\r\n';
    const trailers = "X-Sum: 1\r\nX-Sum: 2\r\n\r\n";
    const next = head("GET /next HTTP/1.1", "Host: a");
    expect(readEveryWay(text + chunks + trailers + next)).toEqual([
      expect.objectContaining({ framing: { kind: "chunked" } }),
      { data: "hello0123\r\n6789", wire: chunks },
      {
        trailers: [
          ["X-Sum", "1"],
          ["X-Sum", "2"],
        ],
        wire: trailers,
      },
      "end",
      expect.objectContaining({ target: "/next" }),
      "end",
    ]);
  });

  it("an empty length, an empty chunked body, and empty lines before a request", () => {
    const text =
      head("PUT /a HTTP/1.1", "Content-Length: 0") +
      `${head("PUT /b HTTP/1.1", "Transfer-Encoding: gzip, chunked")}0\r\n\r\n` +
      `\r\n\r\n${head("GET /c HTTP/1.1")}`;
    expect(readEveryWay(text)).toEqual([
      expect.objectContaining({ target: "/a" }),
      "end",
      expect.objectContaining({ target: "/b" }),
      { data: "", wire: "0\r\n" },
      { trailers: [], wire: "\r\n" },
      "end",
      expect.objectContaining({ target: "/c", wire: `\r\n\r\n${head("GET /c HTTP/1.1")}` }),
      "end",
    ]);
  });

  it("the four forms of a target", () => {
    for (const [line, target] of [
      ["GET /a/%20b?c=d&e#f HTTP/1.1", "/a/%20b?c=d&e#f"],
      ["GET http://a.test:80/b HTTP/1.1", "http://a.test:80/b"],
      ["OPTIONS * HTTP/1.1", "*"],
      ["CONNECT a.test:443 HTTP/1.1", "a.test:443"],
    ] as const)
      expect(readEveryWay(head(line, "Host: a"))[0]).toMatchObject({ target });
  });

  it("CONNECT, after which everything is opaque", () => {
    const text = head("CONNECT a.test:443 HTTP/1.1", "Host: a.test:443", "Content-Length: 5");
    expect(readEveryWay(`${text}\x16\x03\x01\x00`)).toEqual([
      expect.objectContaining({ method: "CONNECT" }),
      { opaque: "\x16\x03\x01\x00" },
    ]);
  });

  it("HTTP/1.0, with and without keep-alive", () => {
    expect(readEveryWay(head("GET / HTTP/1.0", "Connection: Keep-Alive"))[0]).toMatchObject({
      keepAlive: true,
    });
    expect(readEveryWay(head("GET / HTTP/1.0"))[0]).toMatchObject({ version: "1.0", keepAlive: false });
  });

  it("header values with every byte that may stand in them", () => {
    const value = `a\tb c${String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 0x80 + at))}~`;
    expect(readEveryWay(head("GET / HTTP/1.1", `X: ${value}`, "Empty:", "Blank: \t "))[0]).toMatchObject({
      headers: [
        ["X", value],
        ["Empty", ""],
        ["Blank", ""],
      ],
    });
  });
});

const get = (...headers: string[]): string => head("GET / HTTP/1.1", ...headers);
const chunked = (body: string): string => head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + body;

const malformed: readonly (readonly [what: string, code: MalformedCode, offset: number, text: string])[] = [
  ["two equal lengths", "several-content-lengths", 0, get("Content-Length: 5", "Content-Length: 5")],
  ["two lengths", "several-content-lengths", 0, get("Content-Length: 5", "content-length: 6")],
  ["a list of lengths", "several-content-lengths", 0, get("Content-Length: 5, 5")],
  ["length and encoding", "length-and-encoding", 0, get("Content-Length: 5", "Transfer-Encoding: chunked")],
  ["encoding and length", "length-and-encoding", 0, get("Transfer-Encoding: chunked", "Content-Length: 0")],
  ["a signed length", "bad-content-length", 0, get("Content-Length: +5")],
  ["a negative length", "bad-content-length", 0, get("Content-Length: -1")],
  ["a length in hex", "bad-content-length", 0, get("Content-Length: 0x5")],
  ["a length with a space in it", "bad-content-length", 0, get("Content-Length: 1 2")],
  ["an empty length", "bad-content-length", 0, get("Content-Length:")],
  ["a length over 2^53", "bad-content-length", 0, get("Content-Length: 9007199254740993")],
  ["an unknown coding", "bad-transfer-encoding", 0, get("Transfer-Encoding: gzip")],
  [
    "chunked twice",
    "bad-transfer-encoding",
    0,
    get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
  ],
  ["chunked not last", "bad-transfer-encoding", 0, get("Transfer-Encoding: chunked, gzip")],
  ["an empty encoding", "bad-transfer-encoding", 0, get("Transfer-Encoding:")],
  ["an encoding hidden by a vertical tab", "bad-header-value", 16, get("Transfer-Encoding: \x0bchunked")],
  ["an encoding with a parameter", "bad-transfer-encoding", 0, get("Transfer-Encoding: chunked;a=b")],
  ["chunked in HTTP/1.0", "bad-transfer-encoding", 0, head("GET / HTTP/1.0", "Transfer-Encoding: chunked")],
  ["a bare LF after the request line", "bare-lf", 0, "GET / HTTP/1.1\nHost: a\n\n"],
  ["a bare LF after a header", "bare-lf", 16, "GET / HTTP/1.1\r\nHost: a\n\r\n"],
  ["a bare LF for the empty line", "bare-lf", 25, "GET / HTTP/1.1\r\nHost: a\r\n\n"],
  ["a bare CR in a header", "bare-cr", 16, get("Host: a\rb")],
  ["a bare CR before a request", "bare-cr", 0, `\rx${get()}`],
  ["a folded header", "obs-fold", 25, get("Host: a", " b")],
  ["a folded first header", "obs-fold", 16, get(" Host: a")],
  ["a tab fold", "obs-fold", 25, get("Host: a", "\tb: c")],
  ["a space before the colon", "bad-header-name", 16, get("Host : a")],
  ["no colon", "bad-header-name", 16, get("Host")],
  ["no name", "bad-header-name", 16, get(": a")],
  ["a name that is not a token", "bad-header-name", 16, get("Ho(st: a")],
  ["a NUL in a value", "bad-header-value", 16, get("Host: a\0b")],
  ["a DEL in a value", "bad-header-value", 16, get("Host: a\x7fb")],
  ["two spaces in the request line", "bad-request-line", 0, head("GET  / HTTP/1.1")],
  ["a space at its end", "bad-request-line", 0, head("GET / HTTP/1.1 ")],
  ["a tab in it", "bad-request-line", 0, head("GET\t/ HTTP/1.1")],
  ["no version", "bad-request-line", 0, head("GET /")],
  ["a space before the method", "bad-request-line", 0, head(" GET / HTTP/1.1")],
  ["a relative target", "bad-request-line", 0, head("GET a HTTP/1.1")],
  ["an asterisk for GET", "bad-request-line", 0, head("GET * HTTP/1.1")],
  ["a DEL in the target", "bad-request-line", 0, head("GET /\x7f HTTP/1.1")],
  ["a bare line feed as the first byte", "bare-lf", 0, `\n${head("GET / HTTP/1.1")}`],
  ["a path for CONNECT", "bad-request-line", 0, head("CONNECT / HTTP/1.1")],
  ["HTTP in small letters", "bad-request-line", 0, head("GET / http/1.1")],
  ["HTTP/1.2", "unsupported-version", 0, head("GET / HTTP/1.2")],
  ["HTTP/0.9", "unsupported-version", 0, head("GET / HTTP/0.9")],
  ["an HTTP/2 preface", "unsupported-version", 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a TLS record", "bad-request-line", 0, "\x16\x03\x01\x02\x00\x01\x00\x01"],
  ["a method without an end", "bad-request-line", 0, "A".repeat(33)],
  ["no hex digit", "bad-chunk-size", 47, chunked("x\r\n")],
  ["an empty chunk line", "bad-chunk-size", 47, chunked("\r\n")],
  ["a signed chunk size", "bad-chunk-size", 47, chunked("+5\r\nhello\r\n")],
  ["0x before a chunk size", "bad-chunk-size", 47, chunked("0x5\r\nhello\r\n")],
  ["a space after a chunk size", "bad-chunk-size", 47, chunked("5 \r\nhello\r\n")],
  ["a space before a chunk size", "bad-chunk-size", 47, chunked(" 5\r\nhello\r\n")],
  ["a chunk size over 2^53", "bad-chunk-size", 47, chunked("20000000000000\r\n")],
  ["an underscore in a chunk size", "bad-chunk-size", 47, chunked("1_0\r\n")],
  ["an open quote in an extension", "bad-chunk-size", 47, chunked('5;a="b\r\nhello\r\n')],
  ["a bare LF after a chunk size", "bare-lf", 47, chunked("5\nhello\r\n")],
  ["a bare CR in a chunk line", "bare-cr", 47, chunked("5\r;a\r\nhello\r\n")],
  ["a chunk that is too long", "bad-chunk-end", 55, chunked("5\r\nhello!\r\n")],
  ["a bare LF after a chunk", "bad-chunk-end", 55, chunked("5\r\nhello\n0\r\n\r\n")],
  ["a CR alone after a chunk", "bad-chunk-end", 55, chunked("5\r\nhello\r0\r\n\r\n")],
  ["a bare LF in the trailers", "bare-lf", 50, chunked("0\r\nA: b\n\r\n")],
  ["a folded trailer", "obs-fold", 56, chunked("0\r\nA: b\r\n c\r\n\r\n")],
  ["a request after the last one", "bytes-after-close", 37, get("Connection: close") + get()],
];

describe("requests that are refused", () => {
  it.each(malformed)("%s: %s at %i", (_what, code, offset, text) => {
    const summaries = readEveryWay(text);
    expect(summaries).toContainEqual({ malformed: code, offset });
    // What follows is passed on as it is, and so is whatever could not be read.
    expect(summaries.at(-1)).toHaveProperty("opaque");
  });

  it("passes on all that follows", () => {
    const reader = new RequestReader();
    readAll(reader, [bytesOf("bad\r\n")]);
    expect(reader.isOpaque).toBe(true);
    expect(reader.push(bytesOf("GET / HTTP/1.1\r\n\r\n"))).toEqual([
      { kind: "opaque", bytes: bytesOf("GET / HTTP/1.1\r\n\r\n") },
    ]);
  });
});
