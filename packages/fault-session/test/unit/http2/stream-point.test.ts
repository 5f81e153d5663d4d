/** Where in a body a fault of HTTP/2 strikes, whole and byte by byte. */
import { describe, expect, it } from "vitest";
import { StreamPoint } from "../../../src/http2/stream-point.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** How many bytes of a body come before the point; undefined where it never comes. */
function found(point: StreamPoint, body: string, cut: number): number | undefined {
  for (let at = 0; at < body.length; at += cut) {
    const before = point.push(bytesOf(body.slice(at, at + cut)));
    if (before !== undefined) return at + before;
  }
  return undefined;
}

const event = (name: string): string => `event: ${name}\ndata: {}\n\n`;
const ping = 'event: ping\ndata: {"type": "ping"}\n\n';

describe("a point in a body", () => {
  it.each([1, 2, 3, 100])("behind so many bytes, in pieces of %i", (cut) => {
    const at = (bytes: number) => found(new StreamPoint({ kind: "bytes", bytes }, null), "0123456789", cut);
    expect([at(0), at(1), at(9), at(10), at(11)]).toEqual([0, 1, 9, 10, undefined]);
  });

  it.each([1, 2, 7, 1000])("behind so many events, in pieces of %i; pings are none", (cut) => {
    const body = event("a") + ping + event("b") + event("c");
    const at = (events: number) => found(new StreamPoint({ kind: "events", events }, "sse"), body, cut);
    const first = event("a").length;
    const second = first + ping.length + event("b").length;
    expect([at(1), at(2), at(3), at(4)]).toEqual([first, second, body.length, undefined]);
  });

  it("behind nothing is at the start", () => {
    expect(new StreamPoint({ kind: "bytes", bytes: 0 }, null).isAtStart).toBe(true);
    expect(new StreamPoint({ kind: "events", events: 0 }, "sse").isAtStart).toBe(true);
    const point = new StreamPoint({ kind: "events", events: 1 }, "sse");
    expect(point.isAtStart).toBe(false);
    point.push(bytesOf(event("a")));
    expect(point.isAtStart).toBe(true);
  });
});
