import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { bytesOf, readAll, summaryOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { ResponseReader } from "../../src/index.ts";

function summary(methods: readonly string[], chunks: Iterable<Uint8Array>): unknown[] {
  const reader = new ResponseReader();
  for (const method of methods) reader.expect(method);
  return summaryOf(readAll(reader, chunks, true));
}

function readEveryWay(methods: readonly string[], text: string): unknown[] {
  const bytes = bytesOf(text);
  const whole = summary(methods, [bytes]);
  for (let size = 1; size < Math.min(bytes.length, 40); size++)
    expect(summary(methods, chunksOf(bytes, size)), `chunks of ${size}`).toEqual(whole);
  for (const parts of splitsOf(bytes))
    expect(summary(methods, parts), `cut at ${parts[0].length}`).toEqual(whole);
  return whole;
}

const head = (firstLine: string, ...headers: string[]): string =>
  [firstLine, ...headers, "", ""].join("\r\n");
const ok = (...headers: string[]): string => head("HTTP/1.1 200 OK", ...headers);

describe("responses that are read", () => {
  it("pipelined ones by length and chunked", () => {
    const text = `${ok("Content-Length: 2")}hi${ok("Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`;
    expect(readEveryWay(["GET", "POST"], text)).toEqual([
      {
        kind: "head",
        status: 200,
        reason: "OK",
        version: "1.1",
        headers: [["Content-Length", "2"]],
        framing: { kind: "length", bytes: 2 },
        keepAlive: true,
        wire: ok("Content-Length: 2"),
      },
      { data: "hi", wire: "hi" },
      "end",
      expect.objectContaining({ framing: { kind: "chunked" } }),
      { data: "abc", wire: "3\r\nabc\r\n0\r\n" },
      { trailers: [], wire: "\r\n" },
      "end",
    ]);
  });

  it("those that have no body whatever their headers say", () => {
    const text =
      ok("Content-Length: 5") +
      head("HTTP/1.1 204 No Content", "Content-Length: 5") +
      head("HTTP/1.1 304 Not Modified", "Transfer-Encoding: chunked") +
      `${ok("Content-Length: 1")}x`;
    expect(readEveryWay(["HEAD", "DELETE", "GET", "GET"], text)).toEqual([
      expect.objectContaining({ framing: { kind: "none" }, keepAlive: true }),
      "end",
      expect.objectContaining({ status: 204 }),
      "end",
      expect.objectContaining({ status: 304 }),
      "end",
      expect.objectContaining({ status: 200 }),
      { data: "x", wire: "x" },
      "end",
    ]);
  });

  it("interim ones before the final one", () => {
    const text = `${head("HTTP/1.1 100 Continue")}${head("HTTP/1.1 103 Early Hints", "Link: <a>")}${ok("Content-Length: 0")}`;
    expect(readEveryWay(["POST"], text)).toEqual([
      expect.objectContaining({ kind: "interim", status: 100 }),
      expect.objectContaining({ kind: "interim", status: 103, headers: [["Link", "<a>"]] }),
      expect.objectContaining({ kind: "head", status: 200 }),
      "end",
    ]);
  });

  it("a body that lasts until the connection ends", () => {
    expect(readEveryWay(["GET"], `${ok()}all the rest\r\n`)).toEqual([
      expect.objectContaining({ framing: { kind: "until-close" }, keepAlive: false }),
      { data: "all the rest\r\n", wire: "all the rest\r\n" },
      "end",
    ]);
    expect(readEveryWay(["GET"], `${ok("Transfer-Encoding: gzip")}x`)[0]).toMatchObject({
      framing: { kind: "until-close" },
    });
  });

  it("101 and a 2xx to CONNECT, after which everything is opaque", () => {
    expect(readEveryWay(["GET"], `${head("HTTP/1.1 101 Switching Protocols", "Upgrade: x")}\0\0`)).toEqual([
      expect.objectContaining({ kind: "interim", status: 101 }),
      { opaque: "\0\0" },
    ]);
    expect(readEveryWay(["CONNECT"], `${ok("Content-Length: 9")}\x16`)[1]).toEqual({ opaque: "\x16" });
    for (const status of [300, 407])
      expect(
        readEveryWay(["CONNECT"], `${head(`HTTP/1.1 ${status} No`, "Content-Length: 1")}x`),
      ).toHaveLength(3);
  });

  it("a status line without a reason, with and without its space", () => {
    expect(readEveryWay(["GET"], head("HTTP/1.1 200", "Content-Length: 0"))[0]).toMatchObject({ reason: "" });
    expect(readEveryWay(["GET"], head("HTTP/1.1 200 ", "Content-Length: 0"))[0]).toMatchObject({
      reason: "",
    });
  });
});

describe("responses that are refused", () => {
  it.each([
    ["no request", [], ok("Content-Length: 0"), "unsolicited-response"],
    [
      "one response too many",
      ["GET"],
      ok("Content-Length: 0") + ok("Content-Length: 0"),
      "unsolicited-response",
    ],
    ["two lengths", ["GET"], ok("Content-Length: 1", "Content-Length: 1"), "several-content-lengths"],
    [
      "two lengths for HEAD",
      ["HEAD"],
      ok("Content-Length: 1", "Content-Length: 2"),
      "several-content-lengths",
    ],
    [
      "length and encoding",
      ["GET"],
      ok("Content-Length: 1", "Transfer-Encoding: chunked"),
      "length-and-encoding",
    ],
    ["another protocol", ["GET"], "SSH-2.0-x\r\n", "bad-status-line"],
    ["an early LF", ["GET"], "HTTP/1.1 200 OK\n\n", "bare-lf"],
    ["an empty line first", ["GET"], `\r\n${ok()}`, "bad-status-line"],
    ["a status of two digits", ["GET"], head("HTTP/1.1 20 OK"), "bad-status-line"],
    ["a status of four digits", ["GET"], head("HTTP/1.1 2000 OK"), "bad-status-line"],
    ["a status below 100", ["GET"], head("HTTP/1.1 099 OK"), "bad-status-line"],
    ["HTTP/2", ["GET"], head("HTTP/2.0 200 OK"), "unsupported-version"],
    [
      "bytes after close",
      ["GET", "GET"],
      ok("Content-Length: 0", "Connection: close") + ok(),
      "bytes-after-close",
    ],
    ["an end in a head", ["GET"], "HTTP/1.1 200 OK\r\nA: b\r\n", "truncated"],
    ["an end in a body", ["GET"], `${ok("Content-Length: 5")}hell`, "truncated"],
    ["an end before the last chunk", ["GET"], `${ok("Transfer-Encoding: chunked")}2\r\nhi\r\n`, "truncated"],
    ["an end in a chunk's line", ["GET"], `${ok("Transfer-Encoding: chunked")}2`, "truncated"],
    ["an end in the trailers", ["GET"], `${ok("Transfer-Encoding: chunked")}0\r\n`, "truncated"],
  ] as const)("%s", (_what, methods, text, code) => {
    expect(readEveryWay(methods, text)).toContainEqual(expect.objectContaining({ malformed: code }));
  });

  it("more requests without an answer than the limit allows", () => {
    const reader = new ResponseReader({ maxOutstandingRequests: 2 });
    for (let at = 0; at < 1000; at++) reader.expect("GET");
    expect(reader.outstanding).toBe(3);
    expect(reader.push(bytesOf(ok("Content-Length: 0")))).toMatchObject([{ code: "too-many-outstanding" }]);
  });

  it("ends quietly between messages", () => {
    const reader = new ResponseReader();
    expect(reader.finish()).toEqual([]);
  });
});
