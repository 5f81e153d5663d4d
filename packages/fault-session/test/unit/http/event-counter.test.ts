/** Events are counted as readers of a stream count them, however its bytes come. */

import { textHeader, writeFrame } from "@faultwire/fault-engine/internal";
import { describe, expect, it } from "vitest";
import { EventCounter, eventCounterFor } from "../../../src/http/event-counter.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Frames of Bedrock, and the same with a checksum that is wrong. */
const frame = writeFrame({ headers: [textHeader(":event-type", "chunk")], payload: bytes('{"a":1}') });
const broken = frame.map((byte, at) => (at === frame.length - 1 ? byte ^ 1 : byte));
const together = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe("units of a stream in another format", () => {
  const typed = (type: string) => [["content-type", type]] as const;
  const gemini = "/v1beta/models/gemini-3-pro:streamGenerateContent";
  it.each([
    ["application/x-ndjson", "/api/chat", bytes('{"a":1}\n{"b":2}\n'), 2],
    ["application/x-ndjson", "/api/chat", bytes('{"a":1}\n{"b":2}'), 2],
    ["application/json", gemini, bytes('[{"a":[1,2]}\n,\n{"b":"]"}]\n'), 2],
    ["application/json", gemini, bytes("[]"), 0],
    ["application/vnd.amazon.eventstream", "/model/m/converse-stream", together(frame, frame), 2],
    ["application/vnd.amazon.eventstream", "/model/m/converse-stream", together(frame, broken), undefined],
  ])("%s of %s", (type, target, body, count) => {
    for (const size of [1, 5, body.length]) {
      const counter = eventCounterFor(typed(type), target)!;
      for (let at = 0; at < body.length; at += size) counter.push(body.subarray(at, at + size));
      counter.finish();
      expect([size, counter.events]).toEqual([size, count]);
    }
  });
});

describe("events of a stream", () => {
  it.each([
    ["", 0],
    ["data: a\n\n", 1],
    ["event: a\ndata: 1\n\ndata: 2\n\n", 2],
    ["data: a\r\n\r\ndata: b\r\n\r\n", 2],
    ["data: a\r\rdata: b\r\r", 2],
    ["data: not whole\n", 0],
    [": comment\n\n", 0],
    [": comment\ndata: a\n\n\n\n", 1],
    ["data\n\n", 1],
  ])("%j are %i", (text, count) => {
    const whole = new EventCounter();
    whole.push(bytes(text));
    const split = new EventCounter();
    for (const byte of bytes(text)) split.push(Uint8Array.of(byte));
    expect([whole.events, split.events]).toEqual([count, count]);
  });

  it.each([
    [[["Content-Type", "text/event-stream; charset=utf-8"]], true],
    [
      [
        ["Content-Type", "text/event-stream"],
        ["Content-Encoding", "identity"],
      ],
      true,
    ],
    [
      [
        ["Content-Type", "text/event-stream"],
        ["Content-Encoding", "gzip"],
      ],
      false,
    ],
    [[["Content-Type", "application/json"]], false],
    [[], false],
  ] as const)("are counted of %j: %s", (headers, isCounted) => {
    expect(eventCounterFor(headers, "/v1/messages") !== undefined).toBe(isCounted);
  });
});
