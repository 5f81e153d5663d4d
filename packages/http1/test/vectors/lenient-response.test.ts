/** What a lenient reader takes of responses, and hands on as it came; a strict one and a request reader take none of it. */
import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { bytesOf, readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { LENIENT_RESPONSES, RequestReader, type ResponseLeniency, ResponseReader } from "../../src/index.ts";

function read(text: string, leniency?: ResponseLeniency): { summary: unknown[]; wire: string; data: string } {
  const bytes = bytesOf(text);
  const readChunks = (chunks: Iterable<Uint8Array>): ReturnType<typeof readAll> => {
    const reader = new ResponseReader({}, leniency);
    reader.expect("GET");
    reader.expect("GET");
    return readAll(reader, chunks, true);
  };
  const items = readChunks([bytes]);
  const summary = summaryOf(items);
  for (let size = 1; size < 8; size++) expect(summaryOf(readChunks(chunksOf(bytes, size)))).toEqual(summary);
  for (const parts of splitsOf(bytes)) expect(summaryOf(readChunks(parts))).toEqual(summary);
  return {
    summary,
    wire: items.map((item) => textOf(item.bytes)).join(""),
    data: items.map((item) => (item.kind === "body" ? textOf(item.data) : "")).join(""),
  };
}

const lengths = (...lines: string[]): string => `HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\nhello`;
const chunked = (...sizes: readonly [string, string]): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${sizes[0]}\r\nhello\r\n${sizes[1]}\r\n\r\n`;

const taken = {
  "equal lengths on two lines": lengths("Content-Length: 5", "content-length: 5"),
  "equal lengths in a list": lengths("Content-Length: 5, 5,5"),
  "a padded chunk size": chunked("5  ", "0\t "),
  "an extension behind white space": chunked("5 ;ext", "0 ; ext=1"),
  "white space around the equals sign": chunked("5;ext = 1", "0"),
  "an empty extension": chunked("5;", "0 ;"),
  "extensions that are no tokens": chunked("5;a;;b", '0;"unclosed'),
};

describe("a lenient reader", () => {
  it.each(Object.entries(taken))("takes %s, goes on behind it, and loses no byte", (_, text) => {
    const next = "HTTP/1.1 204 No Content\r\n\r\n";
    const { summary, wire, data } = read(text + next, LENIENT_RESPONSES);
    expect(wire).toBe(text + next);
    expect(data).toBe("hello");
    expect(summary.filter((item) => item === "end").length).toBe(2);
    expect(JSON.stringify(summary)).not.toContain("malformed");
  });

  it.each(Object.entries(taken))("is asked for: a strict one refuses %s", (_, text) => {
    expect(JSON.stringify(read(text).summary)).toContain("malformed");
  });

  it.each([
    ["several-content-lengths", lengths("Content-Length: 5", "Content-Length: 6")],
    ["several-content-lengths", lengths("Content-Length: 5, 05")],
    ["several-content-lengths", lengths("Content-Length: 5,,5")],
    ["bad-content-length", lengths("Content-Length: +5", "Content-Length: +5")],
    ["length-and-encoding", lengths("Content-Length: 5", "Content-Length: 5", "Transfer-Encoding: chunked")],
    ["bad-chunk-size", chunked(" 5", "0")],
    ["bad-chunk-size", chunked("5 5", "0")],
    ["bad-chunk-size", chunked("5 x", "0")],
    ["bad-chunk-size", chunked("5;\u0000", "0")],
    ["bad-chunk-size", chunked("0x5", "0")],
    ["bare-cr", chunked("5;\r x", "0")],
  ])("refuses what two readers could take differently: %s", (code, text) => {
    expect(read(text, LENIENT_RESPONSES).summary).toContainEqual(
      expect.objectContaining({ malformed: code }),
    );
  });

  it("is for responses alone", () => {
    const requests = Object.values(taken).map((text) => text.replace("HTTP/1.1 200 OK", "POST / HTTP/1.1"));
    for (const text of requests)
      expect(readAll(new RequestReader(), [bytesOf(text)], true).map(({ kind }) => kind)).toContain(
        "malformed",
      );
  });
});
