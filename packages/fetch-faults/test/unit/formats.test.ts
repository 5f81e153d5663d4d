/** Faults of streams in every format, as a caller of fetch gets them, and how many events passed where nothing was changed. */
import { type EngineEvent, type FormatName, STREAM_FORMATS } from "@faultwire/fault-engine";
import { textHeader, writeFrame } from "@faultwire/fault-engine/internal";
import { chunksOf } from "@faultwire/testkit/chunkers";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { faultyFetch } from "../../src/index.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

interface Format {
  readonly name: FormatName;
  readonly url: string;
  readonly type: string;
  readonly units: readonly Uint8Array[];
  readonly body: Uint8Array;
}

const texts = ['{"n":1,"text":"Grüße"}', '{"n":2,"text":"[{,}]"}', '{"n":3,"text":"!"}'];
const lines = texts.map((text) => utf8(`${text}\n`));
const frames = texts.map((text) =>
  writeFrame({
    headers: [
      textHeader(":event-type", "contentBlockDelta"),
      textHeader(":content-type", "application/json"),
      textHeader(":message-type", "event"),
    ],
    payload: utf8(text),
  }),
);
const jsonArray: Format = {
  name: "json-array",
  url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:streamGenerateContent",
  type: "application/json",
  units: texts.map(utf8),
  body: utf8(`[${texts.join("\n,\n")}\n]`),
};
const ndjson: Format = {
  name: "ndjson",
  url: "https://ollama.test/api/chat",
  type: "application/x-ndjson",
  units: lines,
  body: joined(lines),
};
const aws: Format = {
  name: "aws-event-stream",
  url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream",
  type: "application/vnd.amazon.eventstream",
  units: frames,
  body: joined(frames),
};
const formats = [jsonArray, ndjson, aws];
const sizes = [1, 7, 1_000_000];

/** Calls, and turns the clock until all of the response has come or its body has failed. */
async function call({ url, type, body }: Format, fault: string, chunkBytes: number) {
  const timers = manualTimers();
  const events: EngineEvent[] = [];
  const left = [...chunksOf(body, chunkBytes)];
  const upstream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = left.shift();
      if (part) controller.enqueue(part.slice());
      else controller.close();
    },
  });
  const fetch = faultyFetch(
    async () => new Response(upstream, { headers: { "content-type": type, "request-id": "req_1" } }),
    {
      rules: `{ version: 1, targets: ['*'], rules: [{ name: r, fault: ${fault} }] }`,
      clock: { now: timers.now, after: timers.after, wallNow: () => 0 },
      onEvent: (event) => events.push(event),
    },
  );
  const parts: Uint8Array[] = [];
  let failure: unknown;
  let isOver = false;
  let requestId: string | null = null;
  const run = async (): Promise<void> => {
    try {
      const response = await fetch(url, { method: "POST", body: "{}" });
      requestId = response.headers.get("request-id");
      for await (const part of response.body!) parts.push(part);
    } catch (error) {
      failure = error;
    }
    isOver = true;
  };
  const running = run();
  for (let turn = 0; !isOver && turn < 20_000; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (timers.armed > 0) timers.advance(10);
  }
  await running;
  const told = events.flatMap((event) => {
    if (event.type === "done") return [event.instead === undefined ? "done" : `done: ${event.instead}`];
    if (event.type === "undone") return [`undone: ${event.reason}`];
    return event.type === "end" ? [event.how] : [];
  });
  const end = events.find((event) => event.type === "end");
  return { bytes: joined(parts), failure, told, end, requestId, tookMs: timers.now() };
}

/** The units of what came; `null` where it can't be read. */
function unitsOf({ name }: Format, bytes: Uint8Array): readonly (string | null)[] | null {
  const reader = STREAM_FORMATS[name].reader();
  const items = [...reader.push(bytes), ...reader.finish()];
  if (items.some(({ kind }) => kind === "opaque")) return null;
  return items.flatMap((item) => (item.kind === "event" ? [item.event.data] : []));
}

describe.each(formats)("a stream in $name", (format) => {
  const all = unitsOf(format, format.body)!;

  it.each(sizes)(
    "passes as it came where no rule changes it, and is counted; in parts of %i",
    async (size) => {
      const { bytes, end } = await call(format, "none", size);
      expect(bytes).toEqual(format.body);
      expect(end).toMatchObject({ how: "complete", events: 3 });
    },
  );

  it.each(sizes)("is cut before its last event, and what came is sound; in parts of %i", async (size) => {
    const { bytes, told, failure } = await call(format, "{ stream: { cut: { beforeEnd: 1 } } }", size);
    expect(unitsOf(format, bytes)).toEqual(all.slice(0, 2));
    if (format === jsonArray) expect(JSON.parse(new TextDecoder().decode(bytes))).toHaveLength(2);
    expect([told, failure]).toEqual([["done", "cut"], undefined]);
  });

  it.each(sizes)("breaks off in the middle of an event; in parts of %i", async (size) => {
    const { bytes, told, failure } = await call(
      format,
      "{ stream: { cut: { afterEvents: 1, stop: mid-event } } }",
      size,
    );
    const whole = new TextDecoder("latin1").decode(format.body);
    const came = new TextDecoder("latin1").decode(bytes);
    expect(whole.startsWith(came)).toBe(true);
    expect(came.length).toBeGreaterThan(format.units[0]!.length);
    expect(came.length).toBeLessThan(format.units[0]!.length + format.units[1]!.length + 2);
    expect(told).toEqual(["done", "cut"]);
    expect(failure).toMatchObject({ message: "terminated" });
  });

  it.each(sizes)("goes on behind an error that its provider would say so; in parts of %i", async (size) => {
    const { bytes, told } = await call(
      format,
      "{ stream: { errorEvent: { type: overloaded_error, message: busy, afterEvents: 1, stop: none } } }",
      size,
    );
    const found = unitsOf(format, bytes)!;
    expect(found).toHaveLength(4);
    expect([found[0], ...found.slice(2)]).toEqual(all);
    expect(found[1]).toContain("busy");
    if (format === jsonArray) expect(JSON.parse(new TextDecoder().decode(bytes))).toHaveLength(4);
    if (format === aws) expect(new TextDecoder("latin1").decode(bytes)).toContain(":exception-type");
    expect(told).toEqual(["done", "complete"]);
  });

  it.each(sizes)("loses one event and has another twice, in one rule; in parts of %i", async (size) => {
    const { bytes, told } = await call(
      format,
      "{ stream: { drop: { events: 0 }, duplicate: { events: 1 } } }",
      size,
    );
    expect(unitsOf(format, bytes)).toEqual([all[1], all[2], all[2]]);
    expect(told).toEqual(["done", "complete"]);
  });

  it("is slow, then cut, under other headers", async () => {
    const { bytes, failure, requestId, tookMs, told } = await call(
      format,
      "{ http: { headers: { remove: request-id } }, stream: { pace: { event: 1s }, cut: { afterEvents: 2, stop: fin } } }",
      1_000_000,
    );
    expect(requestId).toBeNull();
    expect(failure).toMatchObject({ message: "terminated" });
    expect(tookMs).toBeGreaterThanOrEqual(2000);
    expect(new TextDecoder("latin1").decode(bytes).includes('"n":2')).toBe(true);
    expect(new TextDecoder("latin1").decode(bytes).includes('"n":3')).toBe(false);
    expect(told).toEqual(["done", "cut"]);
  });
});

describe("a frame of an AWS event stream", () => {
  it.each(["bad-message-crc", "bad-prelude-crc", "bad-total-length", "bad-headers-length"])(
    "can be broken: %s",
    async (how) => {
      const { bytes, told } = await call(aws, `{ stream: { damage: { events: 1, how: ${how} } } }`, 7);
      expect(bytes.subarray(0, frames[0]!.length)).toEqual(frames[0]);
      expect(bytes).not.toEqual(aws.body);
      expect(unitsOf(aws, bytes.subarray(0, frames[0]!.length))).toHaveLength(1);
      const all = unitsOf(aws, bytes);
      expect(all === null || all.length < 3).toBe(true);
      expect(told).toEqual(["done", "complete"]);
    },
  );

  it("has no meaning in another format, which is told", async () => {
    const { bytes, told } = await call(
      ndjson,
      "{ stream: { damage: { events: 1, how: bad-message-crc } } }",
      7,
    );
    expect(bytes).toEqual(ndjson.body);
    expect(told[0]).toMatch(/^undone: /);
  });
});
