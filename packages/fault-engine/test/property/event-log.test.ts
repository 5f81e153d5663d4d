/** Whatever the writer of an event log writes, its reader reads; and no line takes the others with it. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type EngineEvent,
  EXCHANGE_ENDS,
  FAULT_KINDS,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  OUTCOMES,
  readEventLog,
  textReport,
  writeEvent,
} from "../../src/index.ts";
import { maskTexts } from "../../src/internal.ts";

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("\ud800", "\u2028\n", "__proto__", "x".repeat(5000)),
);
const name = text.filter((one) => one !== "");
const atMs = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const whole = fc.nat();
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const ofRule = {
  atMs,
  request: orNull(name),
  connection: name,
  rule: text,
  fault: fc.constantFrom(...FAULT_KINDS),
};

/** The compiler asks for every kind of event, and for every member of it. */
const kinds: { readonly [Type in EngineEvent["type"]]: fc.Arbitrary<Extract<EngineEvent, { type: Type }>> } =
  {
    connection: fc.record({
      type: fc.constant("connection"),
      atMs,
      openedAtMs: some(atMs),
      connection: name,
      client: text,
      host: text,
    }),
    request: fc.record({
      type: fc.constant("request"),
      atMs,
      beganAtMs: some(atMs),
      request: name,
      connection: name,
      client: text,
      host: text,
      method: text,
      path: text,
      fingerprint: text,
      model: orNull(text),
      stream: fc.boolean(),
      bodyBytes: some(fc.maxSafeNat()),
      messages: some(whole),
      afterGoaway: some(fc.constant(true as const)),
      userAgent: some(text),
      sdk: some(text),
      operation: some(text),
      retryCount: some(fc.nat(9999)),
      idempotency: some(text),
      keyDigest: some(text),
      trace: some(text),
      span: some(text),
    }),
    decision: fc.record({
      type: fc.constant("decision"),
      ...ofRule,
      matchNumber: fc.integer({ min: 1 }),
      preset: some(text),
      code: some(text),
      unprocessed: some(fc.constant(true as const)),
    }),
    done: fc.record({ type: fc.constant("done"), ...ofRule, instead: some(text) }),
    undone: fc.record({ type: fc.constant("undone"), ...ofRule, reason: text }),
    response: fc.record({
      type: fc.constant("response"),
      atMs,
      request: name,
      // As `http1` reads it: any three digits that begin with 1 to 9.
      status: fc.integer({ min: 100, max: 999 }),
      injected: fc.boolean(),
      standsIn: some(fc.constant(true as const)),
      answeredBy: some(text),
      retryAfterMs: orNull(fc.double({ min: 0, noNaN: true })),
      requestId: some(text),
    }),
    end: fc.record({
      type: fc.constant("end"),
      atMs,
      request: name,
      how: fc.constantFrom(...EXCHANGE_ENDS),
      events: some(whole),
    }),
    unread: fc.record({
      type: fc.constant("unread"),
      atMs,
      connection: orNull(name),
      client: orNull(text),
      host: orNull(text),
      from: fc.constantFrom("client", "server"),
      reason: text,
    }),
    outcome: fc.record({
      type: fc.constant("outcome"),
      atMs,
      from: fc.constantFrom("program", "exit"),
      outcome: fc.constantFrom(...OUTCOMES),
      operation: some(text),
      requestId: some(text),
      trace: some(text),
      text: some(text),
      exitStatus: some(orNull(fc.integer())),
      signal: some(text),
    }),
  };
const event: fc.Arbitrary<EngineEvent> = fc.oneof(...Object.values(kinds));
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
