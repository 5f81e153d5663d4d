/** Whatever the writer of an event log writes, its reader reads; and no line takes the others with it. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type EngineEvent,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  readEventLog,
  textReport,
  writeEvent,
} from "../../src/index.ts";
import { maskTexts } from "../../src/internal.ts";
import { anyEvent } from "../support/any-event.ts";

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("\ud800", "\u2028\n", "__proto__", "x".repeat(5000)),
);
const event = anyEvent({ text });
/** Requests have names of their own, as the writer gives them. */
const events = fc
  .array(event, { maxLength: 12 })
  .map((all) => all.map((one, at) => (one.type === "request" ? { ...one, request: `r${at}` } : one)));

/** As JSON has it: no `undefined`, no infinity, no half of a pair. */
const asJson = (all: readonly EngineEvent[]): unknown => JSON.parse(JSON.stringify(all.map(maskTexts)));

it("whatever is written is read", () => {
  fc.assert(
    fc.property(events, (all) => {
      const { events: read, unreadable } = readEventLog(all.map(writeEvent).join(""));
      expect(unreadable).toEqual([]);
      expect(read).toEqual(asJson(all));
    }),
    { numRuns: propertyRuns(150) },
  );
});

const junk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((one) => one.replaceAll("\n", "")),
  fc.json({ maxDepth: 2 }),
  event.map((one) => JSON.stringify({ ...one, atMs: "soon" })),
  fc.constantFrom(
    '{"type":"response","atMs":1,"request":"r","status":1000,"injected":false,"retryAfterMs":null}',
  ),
);

it("a line that can't be read never takes the others with it", () => {
  fc.assert(
    fc.property(events, junk, fc.nat(12), (all, bad, at) => {
      const lines = all.map(writeEvent);
      lines.splice(at, 0, `${bad}\n`);
      const known = writeEvent({ type: "connection", atMs: 1, connection: "c", client: "c", host: "h" });
      const { events: read } = readEventLog([known, ...lines, known].join(""));
      expect(read.slice(1, -1)).toEqual(asJson(all));
    }),
    { numRuns: propertyRuns(150) },
  );
});

it("reports are made of any log", () => {
  fc.assert(
    fc.property(events, (all) => {
      const judgement = judge([], readEventLog(all.map(writeEvent).join("")).events);
      for (const write of [textReport, jsonReport, junitReport, markdownReport, htmlReport])
        expect(write({ title: "t", judgement })).not.toBe("");
    }),
    { numRuns: 100 },
  );
});
