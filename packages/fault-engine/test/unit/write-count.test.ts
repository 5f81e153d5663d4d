/** Counts in sentences: one thing is one, and every other number is several. */
import { describe, expect, it } from "vitest";
import { explain, parseRuleFile } from "../../src/index.ts";
import { writeCount, writeCountIs, writeTimes } from "../../src/internal.ts";

it.each([
  [1, "event", "1 event"],
  [0, "event", "0 events"],
  [2, "more line", "2 more lines"],
  [1, "retry", "1 retry"],
  [3, "retry", "3 retries"],
  [2, "key", "2 keys"],
])("%i, %s: %s", (count, what, said) => {
  expect(writeCount(count, what)).toBe(said);
});

it("says how often, and whether one is or several are", () => {
  expect([writeTimes(1), writeTimes(2), writeTimes(0)]).toEqual(["once", "2 times", "0 times"]);
  expect([writeCountIs(1, "hit"), writeCountIs(2, "hit")]).toEqual(["1 hit is", "2 hits are"]);
});

/** A number that is one, and behind it a word that is several. */
const wrong =
  /(?<![\d.,-])1 (?:more |input |output |failing )?(?:requests|tokens|events|bytes|messages|records|details|times|chunks|retries)\b/;

describe("no sentence about a fault says 1 of several", () => {
  it.each([
    "{ connection: { close: { at: { bytes: 1, from: server } } } }",
    "{ connection: { throttle: { bytesPerSecond: 1 } } }",
    "{ connection: { slice: { bytes: 1 } } }",
    "{ tls: { badMac: { afterRecords: 1 } } }",
    "{ tls: { oversizedRecord: { afterRecords: 1 } } }",
    "{ tls: { garbage: { afterRecords: 1 } } }",
    "{ tls: { truncate: { afterRecords: 1 } } }",
    "{ tls: { handshakeSlow: { bytesPerSecond: 1 } } }",
    "{ http: { truncate: { afterBytes: 1 } } }",
    "{ http: { rateLimit: { requestsPerMinute: 1, inputTokensPerMinute: 1, outputTokensPerMinute: 1 } } }",
    "{ stream: { cut: { afterEvents: 1 } } }",
    "{ stream: { cut: { afterBytes: 1 } } }",
    "{ http2: { reset: { code: CANCEL, afterEvents: 1 } } }",
    "{ http2: { reset: { code: CANCEL, afterBytes: 1 } } }",
    "{ http2: { window: { bytes: 1, every: 1s } } }",
    "{ http2: { ping: { afterPings: 1 } } }",
    "{ websocket: { cut: { afterMessages: 1 } } }",
    "{ grpc: { cut: { afterMessages: 1 } } }",
  ])("%s", (fault) => {
    const said = explain(
      parseRuleFile(`version: 1\nrules:\n  - { name: a, fault: ${fault} }\n`, "f.yaml").ruleSet,
    );
    expect(said).toMatch(/\b1\b/);
    expect(said).not.toMatch(wrong);
  });
});
