import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { type AnyItem, bytesOf, readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestReader, ResponseReader } from "../../src/index.ts";
import { bentRequests, request } from "../support/http-arbitraries.ts";

const cuts = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => {
  const random = seededRandom(seed);
  const max = 1 + Math.floor(random() * 60);
  return (bytes: Uint8Array): Uint8Array[] => randomChunks(bytes, 1, max, random);
});

const joined = (items: readonly AnyItem[]): string => items.map((item) => textOf(item.bytes)).join("");

describe("HTTP framing", () => {
  it("reads what was written, at any chunking, byte-exact", () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), cuts, (requests, cut) => {
        const text = requests.map((one) => one.text).join("");
        const items = readAll(new RequestReader(), cut(bytesOf(text)), true);
        expect(joined(items)).toBe(text);
        const heads = items.filter((item) => item.kind === "head");
        expect(heads).toMatchObject(
          requests.map(({ method, target, headers }) => ({ method, target, headers })),
        );
        const data = items.map((item) => (item.kind === "body" ? textOf(item.data) : "")).join("");
        expect(data).toBe(requests.map((one) => one.body).join(""));
        expect(items.filter((item) => item.kind === "end")).toHaveLength(requests.length);
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same items for bent requests at any chunking, and loses no byte", () => {
    fc.assert(
      fc.property(bentRequests, cuts, (text, cut) => {
        const bytes = bytesOf(text);
        const whole = readAll(new RequestReader(), [bytes], true);
        const parts = readAll(new RequestReader(), cut(bytes), true);
        expect(summaryOf(parts)).toEqual(summaryOf(whole));
        expect(joined(parts)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("goes on in another reader, wherever nothing is pending", () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), cuts, (requests, cut) => {
        const bytes = bytesOf(requests.map((one) => one.text).join(""));
        const items: AnyItem[] = [];
        let reader = new RequestReader();
        for (const chunk of cut(bytes)) {
          items.push(...reader.push(chunk));
          const { place } = reader;
          expect(place === undefined).toBe(reader.pendingBytes > 0);
          if (!place) continue;
          reader = new RequestReader();
          reader.resume(place);
        }
        expect(summaryOf(items)).toEqual(summaryOf(new RequestReader().push(bytes)));
      }),
      { numRuns: 300 },
    );
  });

  it("goes on in another reader of responses, which knows what was asked", () => {
    const responses = [
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nDigest: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    ];
    const bytes = bytesOf(responses.join(""));
    const read = (chunks: readonly Uint8Array[]): { items: AnyItem[]; resumed: number } => {
      let reader = new ResponseReader();
      for (const method of ["HEAD", "GET", "GET", "GET"]) reader.expect(method);
      const items: AnyItem[] = [];
      let resumed = 0;
      for (const chunk of chunks) {
        items.push(...reader.push(chunk));
        const { place } = reader;
        if (!place) continue;
        resumed++;
        reader = new ResponseReader();
        reader.resume(place);
      }
      return { items: [...items, ...reader.finish()], resumed };
    };
    const whole = read([bytes]).items;
    expect(whole.filter(({ kind }) => kind === "end")).toHaveLength(4);
    fc.assert(
      fc.property(cuts, (cut) => {
        const { items, resumed } = read(cut(bytes));
        expect(summaryOf(items)).toEqual(summaryOf(whole));
        expect(resumed).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
    expect(new ResponseReader().place).toMatchObject({ name: "head", methods: [] });
  });

  it("survives any bytes in bounded memory", () => {
    const alphabet = fc.constantFrom(...Array.from("HTTP/1. 20:\r\n\t0aG;\0\xff"));
    const soup = fc.array(alphabet, { maxLength: 400 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(fc.oneof(soup, bentRequests), cuts, (text, cut) => {
        const limits = { maxHeadBytes: 100, maxHeaderCount: 3, maxChunkLineBytes: 20, maxTrailerBytes: 40 };
        const request = new RequestReader(limits);
        const response = new ResponseReader(limits);
        response.expect("GET");
        for (const chunk of cut(bytesOf(text)))
          for (const reader of [request, response]) {
            reader.push(chunk);
            expect(reader.pendingBytes).toBeLessThanOrEqual(100);
          }
      }),
      { numRuns: 500 },
    );
  });
});
