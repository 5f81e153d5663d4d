/** Traffic as lines of the log: what stands in them, under which names. */
import { PassThrough } from "node:stream";
import type { EngineEvent } from "@faultwire/fault-engine";
import pino from "pino";
import { expect, it } from "vitest";
import { Traffic } from "../../../src/traffic/traffic.ts";
import { trafficLog } from "../../../src/traffic/traffic-log.ts";
import { doneEvent, endEvent, requestEvent, responseEvent } from "../../support/traffic-events.ts";

function logged(events: readonly EngineEvent[], hosts: readonly string[] = []): Record<string, unknown>[] {
  const lines = new PassThrough();
  const traffic = new Traffic(trafficLog(pino({ base: null, timestamp: false }, lines)));
  for (const event of events) traffic.onEvent(event);
  for (const host of hosts)
    traffic.onSessionEvent({ type: "detected", protocol: "unread", host, alpnProtocols: [], target: false });
  return String(lines.read() ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it("a request is one line when it is over, with what it repeats", () => {
  const [first, second, ...more] = logged([
    requestEvent("a", 0, { stream: true }),
    doneEvent("a", "throttled"),
    responseEvent("a", 1, 429),
    endEvent("a", 3),
    requestEvent("b", 2053, { stream: true }),
    endEvent("b", 3293, "failed"),
  ]);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    level: 30,
    event: "request",
    request: "a",
    method: "POST",
    host: "api.anthropic.com",
    path: "/v1/messages",
    status: 429,
    end: "complete",
    durationMs: 3,
    rules: ["throttled"],
    msg: "POST api.anthropic.com/v1/messages, 429, ← throttled (3 ms)",
  });
  expect(first).not.toHaveProperty("repeat");
  expect(second).toMatchObject({ status: null, end: "failed", rules: [], repeat: 1, waitedMs: 2050 });
  expect(second?.["msg"]).toMatch(
    /^POST api\.anthropic\.com\/v1\/messages, no answer, .*again after 2\.05 s \(1\.24 s\)$/,
  );
});

it("a host that is no target is one line", () => {
  expect(logged([], ["other.test", "other.test"])).toEqual([
    { level: 30, event: "passed", host: "other.test", msg: "other.test is no target: it passes unread" },
  ]);
});
