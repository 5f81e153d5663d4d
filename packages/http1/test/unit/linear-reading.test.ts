/** What a peer can make a reader do by sending byte by byte: every byte is looked at a few times, however long a line. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { RequestReader, ResponseReader } from "../../src/index.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Bytes that are looked through for a line end while `text` comes byte by byte. */
function bytesSearched(reader: RequestReader | ResponseReader, text: string): number {
  let searched = 0;
  const original: (this: Uint8Array, value: number, from?: number) => number = Reflect.get(
    Uint8Array.prototype,
    "indexOf",
  );
  vi.spyOn(Uint8Array.prototype, "indexOf").mockImplementation(function (this: Uint8Array, value, from = 0) {
    const found = original.call(this, value, from);
    searched += (found === -1 ? this.length : found + 1) - from;
    return found;
  });
  for (const byte of ascii(text)) for (const item of reader.push(Uint8Array.of(byte))) kinds.push(item.kind);
  vi.restoreAllMocks();
  return searched;
}

let kinds: string[] = [];

describe("what comes byte by byte is read in linear time", () => {
  const long = "a".repeat(60_000);
  const response = (): ResponseReader => {
    const reader = new ResponseReader({ maxChunkLineBytes: 100_000, maxTrailerBytes: 100_000 });
    reader.expect("GET");
    return reader;
  };
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  it.each([
    ["a header line", new RequestReader(), `GET / HTTP/1.1\r\nHost: a.test\r\nX-A: ${long}\r\n\r\n`, "end"],
    ["a request line", new RequestReader(), `GET /${long} HTTP/1.1\r\nHost: a.test\r\n\r\n`, "end"],
    [
      "many header lines",
      new RequestReader(),
      `GET / HTTP/1.1\r\n${`X: ${"b".repeat(300)}\r\n`.repeat(200)}\r\n`,
      "end",
    ],
    ["a status line", response(), `HTTP/1.1 200 ${long}\r\nContent-Length: 0\r\n\r\n`, "end"],
    ["a chunk-size line", response(), `${chunked}0;${long}\r\n\r\n`, "end"],
    ["a trailer", response(), `${chunked}0\r\nX-A: ${long}\r\n\r\n`, "end"],
  ])("%s", (_, reader, text, last) => {
    kinds = [];
    expect(bytesSearched(reader, text)).toBeLessThan(8 * text.length);
    expect(kinds.at(-1)).toBe(last);
  });
});
