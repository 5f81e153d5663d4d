/** Lines for people: in columns, no wider than the terminal where that can be, and harmless to it. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { LineWriter } from "../../../src/traffic/line-writer.ts";
import { Traffic } from "../../../src/traffic/traffic.ts";
import {
  doneEvent,
  endEvent,
  requestEvent,
  responseEvent,
  undoneEvent,
} from "../../support/traffic-events.ts";

function linesOf(events: readonly EngineEvent[], width?: number, hosts: readonly string[] = []): string[] {
  let text = "";
  const lines = new LineWriter({
    write: (more) => (text += more),
    colors: false,
    width: () => width,
    clock: () => "12:00:00",
  });
  const traffic = new Traffic({
    finished: (request) => lines.request(request),
    connectionFault: (outcome) => lines.connectionFault(outcome),
    passed: (host) => lines.passed(host),
  });
  for (const event of events) traffic.onEvent(event);
  for (const host of hosts)
    traffic.onSessionEvent({ type: "detected", protocol: "unread", host, alpnProtocols: [], target: false });
  return text.split("\n").slice(0, -1);
}

const throttledTwice: EngineEvent[] = [
  requestEvent("a", 0, { stream: true }),
  doneEvent("a", "throttled-twice"),
  responseEvent("a", 1, 429),
  endEvent("a", 3),
  requestEvent("b", 2053, { stream: true }),
  responseEvent("b", 2060, 200),
  endEvent("b", 3293),
  requestEvent("c", 4000, { method: "GET", path: "/v1/models", model: null, fingerprint: "g" }),
  responseEvent("c", 4001, 200),
  endEvent("c", 4007),
];

it("a line says what was asked, what came, by which rule, and what it repeats", () => {
  expect(linesOf(throttledTwice)).toEqual([
    "12:00:00  POST api.anthropic.com/v1/messages  claude-sonnet-5-5  stream  429     3 ms  ← throttled-twice",
    "12:00:00  POST api.anthropic.com/v1/messages  claude-sonnet-5-5  stream  200   1.24 s  passed  again after 2.05 s",
    "12:00:00  GET api.anthropic.com/v1/models                                200     7 ms  passed",
  ]);
});

it("a narrow terminal costs the time of day, then the model, then the middle of the target, and columns stay", () => {
  const lines = linesOf(throttledTwice, 78);
  expect(lines).toEqual([
    "POST api.anthropic.com/v1/messages  stream  429     3 ms  ← throttled-twice",
    expect.stringMatching(/^POST api\.\S*…\S*messages {2}stream {2}200/),
    // Short enough for the time of day, which does not come back.
    "GET api.anthro…com/v1/models          200     7 ms  passed",
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(78);
});

it.each([
  [
    "a stream that was cut",
    [doneEvent("a", "late", "stream.cut"), endEvent("a", 9, "cut")],
    "← late (stream.cut)",
  ],
  [
    "a fault that was not done",
    [undoneEvent("a", "late", "too short"), endEvent("a", 9)],
    "late not done: too short",
  ],
  ["no answer", [endEvent("a", 9, "failed")], "no answer"],
  [
    "a client that left",
    [doneEvent("a", "slow", "stream.pace"), endEvent("a", 9, "abandoned")],
    "← slow (stream.pace); the client went away",
  ],
] as const)("%s is said", (_name, events, words) => {
  const [line = ""] = linesOf([requestEvent("a", 0), ...events]);
  expect(line.endsWith(`  ${words}`)).toBe(true);
});

it("a status that did not reach the client is not shown", () => {
  const reset = [doneEvent("a", "reset", "connection.reset"), endEvent("a", 9, "failed")];
  expect(linesOf([requestEvent("a", 0), responseEvent("a", 5, 200), ...reset]).join()).toMatch(
    / {2}– +9 ms {2}← reset \(connection\.reset\)$/,
  );
});

it("an answer in an upstream's place is not said to have passed", () => {
  const head: EngineEvent = { ...responseEvent("a", 1, 502), standsIn: true } as EngineEvent;
  expect(linesOf([requestEvent("a", 0), head, endEvent("a", 2)]).join()).toMatch(
    /502 .*the upstream can't be reached$/,
  );
});

it("a connection that a rule closed, and a host that is no target, have a line, the host one for ever", () => {
  const closed = [doneEvent(null, "closed", "connection.close")];
  expect(linesOf(closed, undefined, ["pypi.org", "pypi.org"])).toEqual([
    "12:00:00  CONNECT c#1  ← closed (connection.close)",
    "12:00:00  pypi.org     no target: passes unread",
  ]);
});

it("what a terminal would obey is not written", () => {
  const model = "a\u001b[2Jb\u0007c\u202ed\ne";
  const [line = ""] = linesOf([requestEvent("a", 0, { model, path: "/\u009b" }), endEvent("a", 1)]);
  expect(line).toContain("a\ufffd[2Jb\ufffdc\ufffdd\ufffde");
  expect(line).not.toMatch(/[\p{C}]/u);
});
