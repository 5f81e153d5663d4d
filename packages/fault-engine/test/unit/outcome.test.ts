import { describe, expect, it } from "vitest";
import { maskSecrets } from "../../src/events/mask-secrets.ts";
import { readTraceparent } from "../../src/events/outcome.ts";
import { FaultEngineError, outcomeLimits, parseOutcome, readEventLog, writeEvent } from "../../src/index.ts";
import { exitEvent, outcomeEvent } from "../../src/internal.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${trace}-00f067aa0ba902b7-01`;

describe("what a program says of an operation", () => {
  it("is read with what names the operation", () => {
    const said = { outcome: "error", operation: "summary 7", requestId: "req_01", text: "ended early" };
    expect(parseOutcome(JSON.stringify({ ...said, traceparent }))).toEqual({ ...said, trace });
    expect(parseOutcome(new TextEncoder().encode('{"outcome":"complete"}'))).toEqual({ outcome: "complete" });
    expect(parseOutcome('{"outcome":"partial","text":null,"operation":null}')).toEqual({
      outcome: "partial",
    });
  });

  it("takes what its body leaves out from the headers of the report, which may hold anything", () => {
    const body = '{"outcome":"fallback"}';
    expect(parseOutcome(body, { operation: "7", traceparent })).toEqual({
      outcome: "fallback",
      operation: "7",
      trace,
    });
    expect(parseOutcome(body, { traceparent: "none" })).toEqual({ outcome: "fallback" });
    expect(parseOutcome('{"outcome":"error","operation":"mine"}', { operation: "theirs" })).toMatchObject({
      operation: "mine",
    });
  });

  it.each([
    ["", /not JSON, expected an object such as \{"outcome":"error"\}/],
    ["[]", /found a list/],
    ["null", /found null/],
    ["{}", /outcome: found nothing, expected complete, partial, error, fallback/],
    ['{"outcome":"errors"}', /outcome: found "errors" \(did you mean error\?\)/],
    ['{"outcome":7}', /outcome: found a number/],
    ['{"outcome":"error","request":"r1"}', /unknown key "request" \(did you mean requestId\?\)/],
    ['{"outcome":"error","operation":7}', /operation: found a number, expected a text/],
    ['{"outcome":"error","operation":" "}', /operation: found " "/],
    [`{"outcome":"error","requestId":"${"x".repeat(201)}"}`, /requestId: found 201 characters/],
    ['{"outcome":"error","traceparent":"00-1-2-01"}', /traceparent: found "00-1-2-01", expected 00-</],
    ['{"outcome":"error","text":{}}', /text: found an object/],
    [" ".repeat(outcomeLimits.maxBodyBytes + 1), /16385 bytes, expected no more than 16384/],
    ['{"outcome":"sk-ant-api03-secretsecret"}', /found "\[masked\]"/],
  ])("is refused for %.60j", (body, message) => {
    expect(() => parseOutcome(body)).toThrow(message);
    expect(() => parseOutcome(body)).toThrow(FaultEngineError);
  });

  it("keeps neither keys nor long texts nor line ends", () => {
    const text = `401\r\n\u001b[31mBearer abcdefgh12345678 and sk-ant-api03-0123456789 ${"long ".repeat(200)}`;
    const { text: kept = "" } = parseOutcome(JSON.stringify({ outcome: "error", text }));
    expect(kept).toMatch(/^401 +\[masked\] and \[masked\] long /);
    expect(kept).toHaveLength(outcomeLimits.maxTextLength);
    // A key at the limit leaves no half of itself.
    const late = `${"x ".repeat(247)}sk-ant-api03-0123456789abcdef`;
    expect(parseOutcome(JSON.stringify({ outcome: "error", text: late })).text).not.toContain("sk-");
    expect(parseOutcome('{"outcome":"error","operation":"sk-ant-api03-0123456789"}').operation).toBe(
      "[masked]",
    );
    const id = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    expect(parseOutcome(JSON.stringify({ outcome: "error", operation: id })).operation).toBe(id);
  });
});

it.each([
  ["sk-ant-api03-abcdefgh", "[masked]"],
  ["key AIzaSyA-1234567890abcdef here", "key [masked] here"],
  ["api_key=hunter2 next", "api_key=[masked] next"],
  ['{"token": "abc12345"}', '{"token": "[masked]"}'],
  ["ghp_0123456789abcdefghij", "[masked]"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln", "[masked]"],
  ["a".repeat(16) + "1".repeat(16), "[masked]"],
  [
    "max_tokens: 4096, overloaded_error after 3 attempts",
    "max_tokens: 4096, overloaded_error after 3 attempts",
  ],
  ["req_01abcdefghijklmnopqrstuv", "req_01abcdefghijklmnopqrstuv"],
])("masks keys in %j", (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
});

it("masks in linear time", () => {
  const started = performance.now();
  maskSecrets("sk-".repeat(5000) + "a-".repeat(5000) + "token=".repeat(2000));
  // Quadratic time would take minutes.
  expect(performance.now() - started).toBeLessThan(5000);
});

it("reads a traceparent, and refuses ids of zeros", () => {
  expect(readTraceparent(traceparent)).toEqual({ trace, span: "00f067aa0ba902b7" });
  expect(readTraceparent(`cc-${trace}-00f067aa0ba902b7-01-later`)).toBeDefined();
  expect(readTraceparent(`00-${"0".repeat(32)}-00f067aa0ba902b7-01`)).toBeUndefined();
  expect(readTraceparent(`00-${trace}-${"0".repeat(16)}-01`)).toBeUndefined();
  expect(readTraceparent("x".repeat(100_000))).toBeUndefined();
});

it("goes into the event log and out of it", () => {
  const events = [
    outcomeEvent(parseOutcome('{"outcome":"error","operation":"7","text":"ended early"}'), 12),
    exitEvent({ status: 0 }, 20),
    exitEvent({ status: null, signal: "SIGKILL", text: "hung" }, 30),
  ];
  expect(events.map(({ from, outcome }) => `${from} ${outcome}`)).toEqual([
    "program error",
    "exit complete",
    "exit error",
  ]);
  expect(readEventLog(events.map(writeEvent).join("")).events).toEqual(events);
});
