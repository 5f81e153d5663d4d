/** However a connection's bytes are cut, the same is recorded; and a file holds every byte. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeRecording, encodeRecording, type RecordedExchange, type Recording } from "../../src/index.ts";
import { decodeRecordingLazily } from "../../src/recording-file.ts";
import { bytesOf, responseText, TapRig, textOf } from "../support/exchange.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const asked = fc.record({ body: bytes, isChunked: fc.boolean(), answers: fc.array(bytes, { maxLength: 5 }) });

const chunk = (data: Uint8Array): string =>
  data.length === 0 ? "" : `${data.length.toString(16)}\r\n${textOf(data)}\r\n`;

it("a tap gives the same exchanges however bytes are cut, and the bytes of each response", () => {
  fc.assert(
    fc.property(
      fc.array(asked, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      (all, cuts) => {
        const rig = new TapRig();
        const cut = (text: string, say: (part: string) => void): void => {
          for (let at = 0; at < text.length; ) {
            const { value } = cuts.next();
            say(text.slice(at, at + value));
            at += value;
          }
        };
        const responses: string[] = [];
        for (const { body, isChunked, answers } of all) {
          const framing = isChunked
            ? `Transfer-Encoding: chunked\r\n\r\n${chunk(body)}0\r\n\r\n`
            : `Content-Length: ${body.length}\r\n\r\n${textOf(body)}`;
          cut(`POST /x HTTP/1.1\r\nHost: h\r\n${framing}`, (part) => rig.asks(part));
          const response = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${answers.map(chunk).join("")}0\r\n\r\n`;
          responses.push(response);
          cut(response, (part) => {
            rig.nowMs++;
            rig.says(part);
          });
        }
        expect(rig.recorded.map(responseText)).toEqual(responses);
        expect(rig.recorded.map(({ request }) => textOf(request.body))).toEqual(
          all.map(({ body }) => textOf(body)),
        );
        expect(rig.left).toEqual([]);
      },
    ),
    { numRuns: propertyRuns(100) },
  );
});

it("a tap never throws, whatever is said", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), bytes), { maxLength: 20 }), (all) => {
      const rig = new TapRig();
      for (const [isAsked, said] of all) {
        if (isAsked) rig.tap.toUpstream(said);
        else rig.tap.fromUpstream(said);
      }
      rig.tap.upstreamEnded("reset");
      rig.tap.finish();
    }),
    { numRuns: propertyRuns(200) },
  );
});

const recorded: fc.Arbitrary<RecordedExchange> = fc.record({
  recordedAt: fc.constant("2026-11-29T00:00:00.000Z"),
  request: fc.record({
    scheme: fc.constantFrom("http" as const, "https" as const),
    host: fc.string(),
    method: fc.string(),
    target: fc.string(),
    headers: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 3 }),
    body: bytes,
  }),
  response: fc.record({
    parts: fc.array(fc.record({ atMs: fc.float({ min: 0, max: 1e6, noNaN: true }), bytes }), {
      maxLength: 5,
    }),
    end: fc.constantFrom("open" as const, "fin" as const, "reset" as const),
  }),
});

it("what a file is written from is read from it", () => {
  fc.assert(
    fc.property(recorded, (exchange) => {
      const read = decodeRecording(encodeRecording(exchange), "x.json") as RecordedExchange;
      const plain = (one: RecordedExchange): unknown => ({
        ...one,
        request: { ...one.request, body: textOf(one.request.body) },
        response: {
          ...one.response,
          parts: one.response.parts.map((part) => ({ atMs: part.atMs, bytes: textOf(part.bytes) })),
        },
      });
      expect(plain(read)).toEqual(JSON.parse(JSON.stringify(plain(exchange))));
    }),
    { numRuns: propertyRuns(200) },
  );
});

const name = fc.stringMatching(/^x-[a-z]{1,6}$/);
const value = fc.string().map((text) => text.trim());
const fields = fc.array(fc.tuple(name, value), { maxLength: 3 });
const data = fc.record({
  kind: fc.constant("data" as const),
  atMs: fc.nat(),
  bytes,
  end: fc.constant(false),
});
const last = fc.oneof(
  fc.record({ kind: fc.constant("reset" as const), atMs: fc.nat(), code: fc.nat() }),
  fc.record({ kind: fc.constant("headers" as const), atMs: fc.nat(), fields, end: fc.constant(true) }),
);
/** A head, data and an end that may be missing: what HTTP/2 has, and a recorder writes. */
const recordedStream: fc.Arbitrary<Recording> = fc
  .tuple(recorded, fc.nat(), fields, fc.array(data, { maxLength: 4 }), fc.option(last))
  .map(([exchange, atMs, rest, body, end]): Recording => {
    const head = [[":status", "200"] as const, ...rest];
    const frames = [
      { kind: "headers" as const, atMs, fields: head, end: false },
      ...body,
      ...(end ? [end] : []),
    ];
    return { ...exchange, response: { frames, end: "open" } };
  });

it("a file whose response is made later is the same as one that is read at once", () => {
  fc.assert(
    fc.property(fc.oneof<fc.Arbitrary<Recording>[]>(recorded, recordedStream), (exchange) => {
      const text = encodeRecording(exchange);
      const later = decodeRecordingLazily(Buffer.from(text), "x.json");
      expect("frames" in later.response).toBe("frames" in exchange.response);
      expect(encodeRecording(later)).toBe(text);
      expect(encodeRecording(decodeRecording(text, "x.json"))).toBe(text);
      // Made once: who looks again gets the same.
      if ("parts" in later.response) expect(later.response.parts).toBe(later.response.parts);
    }),
    { numRuns: propertyRuns(200) },
  );
});

it("bytes that are no text are kept, too", () => {
  const rig = new TapRig();
  rig.tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  rig.tap.fromUpstream(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\u00ff\u00fe"));
  expect(responseText(decodeRecording(encodeRecording(rig.recorded[0]!), "x"))).toContain("\u00ff\u00fe");
});
