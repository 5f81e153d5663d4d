/** Events are counted as readers of a stream count them, however its bytes come. */
import { describe, expect, it } from "vitest";
import { EventCounter, eventCounterFor } from "../../../src/http/event-counter.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

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
    expect(eventCounterFor(headers) !== undefined).toBe(isCounted);
  });
});
