/** Points of `http2.*` behind events of a response that is compressed though nobody asked for it: its bytes pass as they came, up to the point. */
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { RawHttp2 } from "../../../../packages/fault-session/test/support/raw-http2.ts";
import { type Http2World, http2World, type Serve } from "../support/http2-world.ts";

/** Events whose text does not repeat, so that each has bytes of its own in any coding. */
const event = (at: number): string =>
  `data: {"event":${at},"text":"${Buffer.from(`${at * 7919} is no ${at}`).toString("base64")}"}\n\n`;
const text = [1, 2, 3, 4, 5].map(event).join("");
const partly = { finishFlush: zlib.constants.Z_SYNC_FLUSH };

type Coding = readonly [name: string, close: (text: string) => Buffer, open: (bytes: Buffer) => Buffer];
const codings: readonly Coding[] = [
  ["gzip", (all) => zlib.gzipSync(all), (bytes) => zlib.gunzipSync(bytes, partly)],
  ["deflate", (all) => zlib.deflateSync(all), (bytes) => zlib.inflateSync(bytes, partly)],
  [
    "br",
    (all) => zlib.brotliCompressSync(all),
    (bytes) => zlib.brotliDecompressSync(bytes, { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  ],
];

interface Met extends Http2World {
  readonly raw: RawHttp2;
}

async function meet(fault: string, coding: string, parts: readonly Buffer[]): Promise<Met> {
  const serve: Serve = (stream) => {
    stream.respond({ ":status": 200, "content-type": "text/event-stream", "content-encoding": coding });
    for (const part of parts) stream.write(part);
    stream.end();
  };
  const rules = `[{ name: rule, fault: { http2: ${fault} } }]`;
  const world = await http2World({ rules, serve });
  const raw = new RawHttp2(await world.tls(["h2"]));
  raw.ask();
  return { ...world, raw };
}

/** The bytes of a body in pieces of a size. */
const cut = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
const outcomes = ({ running }: Met): unknown[] => [
  ...running.told("done").map(({ fault }) => fault),
  ...running.told("undone").map(({ fault, reason }) => [fault, reason]),
];

describe.each(codings)("in %s", (coding, close, open) => {
  const whole = close(text);

  it.each([1, 13, 100_000])("a reset comes behind so many events, in parts of %i bytes", async (size) => {
    const met = await meet("{ reset: { code: INTERNAL_ERROR, afterEvents: 3 } }", coding, cut(whole, size));
    await met.raw.until("RST_STREAM 1 2");
    const got = Buffer.from(met.raw.dataOf(1), "latin1");
    expect(whole.subarray(0, got.length).equals(got)).toBe(true);
    expect(got.length).toBeLessThan(whole.length);
    const read = open(got).toString();
    expect(read.split("\n\n").length - 1).toBe(3);
    // One byte less, and the third event was not there.
    expect(
      open(got.subarray(0, -1)).toString().split("\n\n").length - 1,
      "events without the last byte",
    ).toBeLessThan(3);
    await expect.poll(() => outcomes(met)).toEqual(["http2.reset"]);
  });

  it("a GOAWAY that covers the request leaves all its bytes as they came", async () => {
    const met = await meet("{ goaway: { last: this, afterEvents: 2 } }", coding, [whole]);
    await met.raw.until(/^DATA 1 .*end$/);
    expect(Buffer.from(met.raw.dataOf(1), "latin1").equals(whole)).toBe(true);
    const frames = met.raw.said.filter((line) => /^(DATA 1|GOAWAY)/.test(line));
    expect(frames.map((line) => line.split(" ", 1)[0])).toEqual(["DATA", "GOAWAY", "DATA"]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.goaway"]);
  });
});

it("a coding that can't be read, and one that is unknown, are told, and the response is whole", async () => {
  const reset = "{ reset: { code: INTERNAL_ERROR, afterEvents: 1 } }";
  for (const [coding, reason] of [
    ["gzip", /^the response is compressed, and its gzip can't be read: incorrect header check$/],
    ["compress", /^the response is compressed/],
  ] as const) {
    const met = await meet(reset, coding, [Buffer.from(text)]);
    await met.raw.until(/^DATA 1 .*end$/);
    expect(met.raw.dataOf(1)).toBe(text);
    await expect.poll(() => outcomes(met)).toEqual([["http2.reset", expect.stringMatching(reason)]]);
  }
});

it("a point that never comes is told", async () => {
  const met = await meet("{ reset: { afterEvents: 6 } }", "gzip", [zlib.gzipSync(text)]);
  await met.raw.until(/^DATA 1 .*end$/);
  await expect
    .poll(() => outcomes(met))
    .toEqual([["http2.reset", "the response ended before its point had come"]]);
});
