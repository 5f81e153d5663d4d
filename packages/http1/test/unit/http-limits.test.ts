import { chunksOf } from "@faultwire/testkit/chunkers";
import { bytesOf, readAll, summaryOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { Http1Error, type HttpLimits, RequestReader } from "../../src/index.ts";

const start = "GET / HTTP/1.1\r\n";
const chunkedStart = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

const cases: readonly (readonly [keyof HttpLimits, string, string, string])[] = [
  [
    "maxHeadBytes",
    `${start}A: ${"x".repeat(39)}\r\n\r\n`,
    `${start}A: ${"x".repeat(40)}\r\n\r\n`,
    "head-too-large",
  ],
  ["maxHeaderCount", start + "a: b\r\n".repeat(62), start + "a: b\r\n".repeat(63), "too-many-headers"],
  [
    "maxChunkLineBytes",
    `${chunkedStart}1;${"x".repeat(58)}\r\na\r\n`,
    `${chunkedStart}1;${"x".repeat(59)}\r\na\r\n`,
    "chunk-line-too-large",
  ],
  [
    "maxTrailerBytes",
    `${chunkedStart}0\r\nA: ${"x".repeat(55)}\r\n\r\n`,
    `${chunkedStart}0\r\nA: ${"x".repeat(56)}\r\n\r\n`,
    "trailers-too-large",
  ],
];

describe("limits of the HTTP readers", () => {
  it.each(cases)("%s holds at any chunk size", (name, allowed, refused, code) => {
    const limits = { [name]: 62 };
    for (const size of [1, 2, 3, 7, 61, 62, 63, 1000]) {
      const read = (text: string): unknown[] =>
        summaryOf(readAll(new RequestReader(limits), chunksOf(bytesOf(text), size)));
      expect(read(allowed)).not.toContainEqual(expect.objectContaining({ malformed: expect.anything() }));
      expect(read(refused)).toContainEqual(expect.objectContaining({ malformed: code }));
    }
  });

  it("holds no more than the limit of a head without an end", () => {
    const reader = new RequestReader({ maxHeadBytes: 1000 });
    let most = 0;
    for (const chunk of chunksOf(bytesOf(`${start}A: ${"x".repeat(5000)}`), 10)) {
      reader.push(chunk);
      most = Math.max(most, reader.pendingBytes);
    }
    expect(most).toBe(1000);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s as a limit", (maxHeadBytes) => {
    expect(() => new RequestReader({ maxHeadBytes })).toThrow(Http1Error);
  });

  it("gives what is pending when told to read no more", () => {
    const reader = new RequestReader();
    reader.push(bytesOf("GET / HT"));
    expect(reader.becomeOpaque()).toEqual([{ kind: "opaque", bytes: bytesOf("GET / HT") }]);
    expect(reader.pendingBytes).toBe(0);
    expect(reader.becomeOpaque()).toEqual([]);
  });
});
