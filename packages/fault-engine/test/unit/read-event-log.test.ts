/** What is wrong with a log is said in words of ours, with its line. */
import { describe, expect, it } from "vitest";
import { type EngineEvent, readEventLog, writeEvent } from "../../src/index.ts";

const event: EngineEvent = { type: "connection", atMs: 1, connection: "c#1", client: "c", host: "h" };

const refusal = (line: string): string | undefined =>
  readEventLog(`${writeEvent(event)}${line}\n`).unreadable[0];

describe("a log", () => {
  it("may begin with a byte-order mark", () => {
    expect(readEventLog(`\ufeff${writeEvent(event)}`)).toEqual({ events: [event], unreadable: [] });
  });

  it.each([
    [{ ...event, atMs: "1" }, 'atMs: found "1", expected a number'],
    [{ ...event, atMs: -1 }, "atMs: found -1, expected a number, 0 or more"],
    [{ ...event, connection: "" }, 'connection: found "", expected a text that is not empty'],
    [{ ...event, host: undefined }, "host: missing, expected a text"],
    [{ type: "end", atMs: 1, request: "r", how: "well" }, 'how: found "well", expected complete, cut'],
    [
      { type: "response", atMs: 1, request: "r", status: 4000, injected: false, retryAfterMs: null },
      "status: found 4000, expected a number, 999 or less",
    ],
  ])("%j is refused", (line, words) => {
    expect(refusal(JSON.stringify(line))).toContain(`line 2 of the event log: ${words}`);
  });

  it("of another run, appended to the first, is told and not read: its requests have the same names", () => {
    const request: EngineEvent = {
      ...{
        type: "request",
        atMs: 2,
        request: "r1",
        connection: "c#1",
        client: "c",
        host: "h",
        method: "POST",
      },
      ...{ path: "/", fingerprint: "f", model: null, stream: false },
    };
    const end: EngineEvent = { type: "end", atMs: 3, request: "r1", how: "complete" };
    const once = [event, request, end].map(writeEvent).join("");
    const { events, unreadable } = readEventLog(once + once);
    expect(events).toEqual([event, request, end, event]);
    expect(unreadable).toEqual([
      expect.stringContaining("line 5 of the event log: request r1 was there before"),
    ]);
  });
});
