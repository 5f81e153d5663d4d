/** Faults of HTTP/2 in words, as `check` and reports say them. */
import { expect, it } from "vitest";
import { type Fault, parseRuleFile } from "../../src/index.ts";
import { describeFault } from "../../src/internal.ts";

const faultOf = (text: string): Fault =>
  parseRuleFile(`version: 1\nrules: [{ name: a, fault: { http2: ${text} } }]`, "a.yaml").ruleSet.rules[0]!
    .faults[0]!;

it.each([
  ["{ reset: { code: REFUSED_STREAM } }", "the stream is reset with REFUSED_STREAM at the request"],
  ["{ reset: { at: response-head } }", "the stream is reset with INTERNAL_ERROR before the response's head"],
  ["{ reset: { afterBytes: 0 } }", "the stream is reset with INTERNAL_ERROR behind the response's head"],
  [
    "{ reset: { afterBytes: 9 } }",
    "the stream is reset with INTERNAL_ERROR after 9 bytes of the response's body",
  ],
  ["{ reset: { afterEvents: 1 } }", "the stream is reset with INTERNAL_ERROR after 1 event of the response"],
  ["{ goaway: {} }", "GOAWAY with NO_ERROR (all streams were worked on) at the request"],
  [
    "{ goaway: { last: none, closeAfter: 0ms } }",
    "GOAWAY with NO_ERROR (no stream was worked on) at the request; the connection ends with it",
  ],
  [
    "{ goaway: { code: CANCEL, last: below, afterEvents: 2, closeAfter: 5s } }",
    "GOAWAY with CANCEL (streams below this one were worked on) after 2 events of the response; the connection ends 5 s later",
  ],
  [
    "{ settings: { maxConcurrentStreams: 0, maxHeaderListSize: 9 } }",
    "SETTINGS with MAX_CONCURRENT_STREAMS 0, MAX_HEADER_LIST_SIZE 9",
  ],
  ["{ window: never }", "no room is given for bodies of requests"],
  ["{ window: { bytes: 10, every: 1s } }", "room for 10 bytes of a request's body every 1 s"],
  ["{ ping: unanswered }", "PINGs of the client get no answer"],
  ["{ ping: { afterPings: 2 } }", "PINGs of the client get no answer after 2"],
  ["{ frame: { how: closed-stream } }", "DATA behind the response's end"],
  [
    "{ frame: { how: oversized, at: response-head } }",
    "a DATA frame larger than the client takes before the response's head",
  ],
  ["{ headers: missing-status }", "the response's header section is malformed: :status is missing"],
])("%s", (text, words) => {
  expect(describeFault(faultOf(text))).toBe(words);
});
