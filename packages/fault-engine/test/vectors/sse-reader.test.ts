import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { bytesOf, textOf } from "@faultwire/testkit/http-summary";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventMeaning, FaultEngineError, type SseEvent, type SseItem, SseReader } from "../../src/index.ts";
import { anthropicEvents } from "../support/streams.ts";

interface Read {
  readonly wholes: readonly string[];
  readonly events: readonly SseEvent[];
}

function read(chunks: Iterable<Uint8Array>, text: string): Read {
  const reader = new SseReader();
  const items: SseItem[] = [];
  for (const chunk of chunks) items.push(...reader.push(chunk));
  expect(items.map((item) => textOf(item.bytes)).join("")).toBe(text);
  const events = items.filter((item) => item.kind === "event");
  return { wholes: events.map((item) => textOf(item.whole)), events: events.map((item) => item.event) };
}

function readEveryWay(text: string): Read {
  const bytes = bytesOf(text);
  const whole = read([bytes], text);
  for (let size = 1; size < 9; size++) expect(read(chunksOf(bytes, size), text)).toEqual(whole);
  for (const parts of splitsOf(bytes)) expect(read(parts, text)).toEqual(whole);
  return whole;
}

const data = (text: string, name: string | null = null): SseEvent => ({ name, data: text });

describe("events", () => {
  it.each([
    ["one line", "data: a\n\n", [data("a")]],
    ["a name", "event: e\ndata: a\n\n", [data("a", "e")]],
    ["several data lines", "data: a\ndata:b\ndata\n\n", [data("a\nb\n")]],
    ["one space is cut, not two", "data:  a\n\n", [data(" a")]],
    ["a comment", ": ping\n\n", [{ name: null, data: null }]],
    ["unknown fields", "id: 1\nretry: 5\nother: x\ndata: a\n\n", [data("a")]],
    ["CRLF", "event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", [data("a", "e"), data("b")]],
    ["CR", "event: e\rdata: a\r\rdata: b\r\r", [data("a", "e"), data("b")]],
    ["CR, then LF that belongs to it", "data: a\r\r\ndata: b\r\n\r\n", [data("a"), data("b")]],
    ["mixed ends", "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r\n", [data("a"), data("b"), data("c")]],
    ["a byte-order mark", "\xef\xbb\xbfdata: a\n\n", [data("a")]],
    ["blank lines between", "data: a\n\n\ndata: b\n\n", [data("a"), { name: null, data: null }, data("b")]],
    ["an end in mid-event", "data: a\n\ndata: b\n", [data("a")]],
    ["nothing", "", []],
  ])("%s", (_what, text, events) => {
    expect(readEveryWay(text).events).toEqual(events);
  });

  it("keep their bytes to the last blank line", () => {
    const text = "data: a\r\n\r\n: c\n\ndata: b\n\n";
    expect(readEveryWay(text).wholes).toEqual(["data: a\r\n\r\n", ": c\n\n", "data: b\n\n"]);
  });

  it("end at once: no byte after the blank line is waited for", () => {
    for (const text of ["data: a\n\n", "data: a\r\n\r\n", "data: a\r\r"])
      expect(new SseReader().push(bytesOf(text)).at(-1)?.kind, JSON.stringify(text)).toBe("event");
  });

  it("survive any bytes, at any chunking", () => {
    const soup = fc
      .array(fc.constantFrom("\r", "\n", "\n\n", "data: x", "event: y", ":", "\xff", "\0", " "), {
        maxLength: 60,
      })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 20 }), (text, size) => {
        expect(read(chunksOf(bytesOf(text), size), text)).toEqual(read([bytesOf(text)], text));
      }),
      { numRuns: 1000 },
    );
  });

  it("over the limit make the rest opaque, in bounded memory", () => {
    const reader = new SseReader({ maxEventBytes: 100 });
    const text = `data: a\n\ndata: ${"x".repeat(1000)}\n\ndata: b\n\n`;
    const kinds = new Set<string>();
    let out = "";
    for (const chunk of chunksOf(bytesOf(text), 7))
      for (const item of reader.push(chunk)) {
        kinds.add(item.kind);
        out += textOf(item.bytes);
        expect(reader.pendingBytes).toBeLessThanOrEqual(100);
      }
    expect(out).toBe(text);
    expect([...kinds]).toEqual(["part", "event", "opaque"]);
    expect(() => new SseReader({ maxEventBytes: 0 })).toThrow(FaultEngineError);
  });
});

describe("what events mean", () => {
  const meaningOf = (text: string) => {
    const [item] = new SseReader().push(new TextEncoder().encode(text));
    if (item?.kind !== "event") throw new Error("no event");
    return eventMeaning(item.event);
  };

  it("for Anthropic", () => {
    expect(anthropicEvents.map(meaningOf).map((one) => one.type)).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(
      anthropicEvents
        .map(meaningOf)
        .map((one) => one.isDelta)
        .indexOf(true),
    ).toBe(3);
    expect(anthropicEvents.map(meaningOf).filter((one) => one.isPing)).toHaveLength(1);
    expect(meaningOf(anthropicEvents[7] ?? "").isLast).toBe(true);
  });

  it.each([
    [
      'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
      { provider: "openai", isDelta: false },
    ],
    ['data: {"choices":[{"delta":{"content":"a"}}]}\n\n', { provider: "openai", isDelta: true }],
    ["data: [DONE]\n\n", { provider: "openai", isLast: true, type: "done" }],
    ['event: response.output_text.delta\ndata: {"delta":"a"}\n\n', { provider: "openai", isDelta: true }],
    ["event: response.completed\ndata: {}\n\n", { provider: "openai", isLast: true }],
    [
      'data: {"candidates":[{"content":{"parts":[]}}]}\n\n',
      { provider: "gemini", isDelta: true, isLast: false },
    ],
    ['data: {"candidates":[{"finishReason":"STOP"}]}\n\n', { provider: "gemini", isLast: true }],
    ["data: plain\n\n", { provider: null, isDelta: true, isPing: false, type: "message" }],
    [": comment\n\n", { isPing: true }],
    ["data: {broken\n\n", { provider: null, isDelta: true }],
    ["data: null\n\n", { provider: null }],
  ])("for %j", (text, meaning) => {
    expect(meaningOf(text)).toMatchObject(meaning);
  });
});
