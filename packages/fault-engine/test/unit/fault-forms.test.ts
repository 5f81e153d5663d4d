/** What each form of a fault in a rule file means. */
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../src/faults/fault.ts";
import { FAULT_KINDS, type Fault, parseRuleFile } from "../../src/index.ts";

/** The fault that `{ <layer>: … }` means. */
const fault = (text: string): Fault | null | undefined =>
  parseRuleFile(`version: 1\nrules:\n  - name: a\n    fault: ${text}\n`, "faults.yaml").ruleSet.rules[0]
    ?.faults[0];

const forms: readonly (readonly [string, unknown])[] = [
  ["{ connect: { refuse: dns } }", { kind: "connect.refuse", refusal: { kind: "dns" } }],
  [
    "{ connection: { close: { at: client-hello } } }",
    { kind: "connection.close", at: { kind: "moment", moment: "client-hello" } },
  ],
  [
    "{ connection: { reset: { at: { bytes: 10kB } } } }",
    { kind: "connection.reset", at: { kind: "bytes", bytes: 10_000, from: "server" } },
  ],
  ["{ connection: { stall: { at: request } } }", { kind: "connection.stall", forMs: null }],
  ["{ connection: { stall: { at: request, for: 3s } } }", { kind: "connection.stall", forMs: 3000 }],
  [
    "{ connection: { latency: { time: { normal: { mean: 1s, sd: 100ms } } } } }",
    { kind: "connection.latency", per: "request", duration: { kind: "normal", meanMs: 1000, sdMs: 100 } },
  ],
  [
    "{ connection: { throttle: { bytesPerSecond: 1KiB } } }",
    { kind: "connection.throttle", bytesPerSecond: 1024, from: "server" },
  ],
  [
    "{ connection: { slice: { bytes: 3, gap: 5ms, from: both } } }",
    { kind: "connection.slice", bytes: 3, gapMs: 5, from: "both" },
  ],
  [
    "{ connection: { corrupt: { rate: 0.5, toByte: 9 } } }",
    { kind: "connection.corrupt", rate: 0.5, fromByte: 0, toByte: 9 },
  ],
  [
    "{ tls: { alert: unknown_ca } }",
    { kind: "tls.alert", description: "unknown_ca", level: "fatal", at: "client-hello" },
  ],
  ["{ tls: { certificate: weak-key } }", { kind: "tls.certificate", defect: "weak-key" }],
  ["{ tls: { version: { force: TLSv1.2 } } }", { kind: "tls.version", mode: "force", value: "TLSv1.2" }],
  ["{ tls: { cipher: { refuse: TLS_AES_128_GCM_SHA256 } } }", { kind: "tls.cipher", mode: "refuse" }],
  ["{ tls: { alpn: { refuse: h2 } } }", { kind: "tls.alpn", mode: "refuse", value: "h2" }],
  [
    "{ tls: { handshakeStall: { at: server-hello } } }",
    { kind: "tls.handshake-stall", at: "server-hello", forMs: null },
  ],
  [
    "{ tls: { handshakeSlow: { bytesPerSecond: 100 } } }",
    { kind: "tls.handshake-slow", bytesPerSecond: 100 },
  ],
  ["{ tls: { badMac: {} } }", { kind: "tls.bad-mac", afterRecords: 0 }],
  ["{ tls: { oversizedRecord: { afterRecords: 2 } } }", { kind: "tls.oversized-record", afterRecords: 2 }],
  ["{ tls: { garbage: { afterRecords: 1 } } }", { kind: "tls.garbage", afterRecords: 1 }],
  ["{ tls: { truncate: { afterRecords: 1 } } }", { kind: "tls.truncate", afterRecords: 1 }],
  [
    "{ http: { error: { status: 503, body: { a: 1 }, headers: { x: 1 }, retryAfter: none } } }",
    {
      kind: "http.error",
      answer: { status: 503, body: '{"a":1}', headers: [["x", "1"]], retryAfterSeconds: "none" },
    },
  ],
  [
    "{ http: { headers: { add: { x-a: b }, replace: { x-c: d }, remove: [x-e] } } }",
    { kind: "http.headers" },
  ],
  ["{ http: { empty: true } }", { kind: "http.empty" }],
  ["{ http: { malformed: bad-chunk } }", { kind: "http.malformed", how: "bad-chunk" }],
  [
    "{ http: { delay: { beforeHead: { uniform: { min: 1s, max: 2s } } } } }",
    { kind: "http.delay", beforeHead: { kind: "uniform", minMs: 1000, maxMs: 2000 }, perChunk: null },
  ],
  [
    "{ http: { status: 504, delay: { beforeHead: 2s } } }",
    {
      kind: "http.error",
      answer: { status: 504 },
      delay: { beforeHead: { kind: "fixed", ms: 2000 }, beforeBody: null, perChunk: null },
    },
  ],
  [
    "{ http: { error: { preset: anthropic/overloaded_error }, delay: { beforeBody: 1s } } }",
    {
      kind: "http.error",
      answer: { preset: "anthropic/overloaded_error" },
      delay: { beforeHead: null, beforeBody: { kind: "fixed", ms: 1000 } },
    },
  ],
  [
    "{ http: { error: { status: 524, delay: { beforeHead: 100s } } } }",
    { kind: "http.error", delay: { beforeHead: { kind: "fixed", ms: 100_000 } } },
  ],
  [
    "{ http: { truncate: { afterShare: 0.5 } } }",
    { kind: "http.truncate", after: { kind: "share", share: 0.5 } },
  ],
  [
    "{ http: { rateLimit: { requestsPerMinute: 10 } } }",
    {
      ...{ kind: "http.rate-limit", per: "key", provider: null },
      budget: { requestsPerMinute: 10, inputTokensPerMinute: null },
    },
  ],
  [
    "{ stream: { errorEvent: { afterEvents: 1 } } }",
    { kind: "stream.error-event", type: "overloaded_error", types: { openai: "server_error" } },
  ],
  [
    "{ http: { preset: failed } }",
    { answer: { preset: "anthropic/api_error", presets: { openai: "openai/server_error" } } },
  ],
  [
    "{ stream: { errorEvent: { type: api_error, firstDelta: before, stop: fin } } }",
    { kind: "stream.error-event", at: { kind: "first-delta", side: "before" }, stop: "fin" },
  ],
  [
    "{ stream: { errorEvent: { data: { type: error }, event: error, beforeEnd: 2 } } }",
    {
      kind: "stream.error-event",
      at: { kind: "before-end", events: 2 },
      type: null,
      data: '{"type":"error"}',
      event: "error",
    },
  ],
  [
    "{ stream: { cut: { afterBytes: 100, stop: mid-event } } }",
    { kind: "stream.cut", at: { kind: "bytes", bytes: 100 }, stop: "mid-event" },
  ],
  [
    "{ stream: { stall: { after: 3s, pingEvery: 1s } } }",
    { kind: "stream.stall", at: { kind: "time", ms: 3000 }, forMs: null, pingEveryMs: 1000 },
  ],
  [
    "{ stream: { pace: { event: 50ms, firstEvent: 2s } } }",
    { kind: "stream.pace", eventMs: 50, jitterMs: 0, firstEventMs: 2000 },
  ],
  ["{ stream: { drop: { events: 3 } } }", { kind: "stream.drop", events: { indices: [3], types: null } }],
  ["{ stream: { duplicate: { every: 2 } } }", { kind: "stream.duplicate", events: { every: 2 } }],
  [
    "{ stream: { reorder: { types: [ping, message_stop] } } }",
    { kind: "stream.reorder", events: { types: ["ping", "message_stop"] } },
  ],
  [
    "{ stream: { split: { probability: 1, where: utf8, gap: 1ms } } }",
    { kind: "stream.split", where: "utf8", gapMs: 1 },
  ],
  [
    "{ stream: { damage: { events: [0, 1], how: invalid-json } } }",
    { kind: "stream.damage", how: "invalid-json" },
  ],
  ["{ model: { stopReason: max_tokens } }", { kind: "model.stop-reason", reason: "max_tokens" }],
  ["{ model: { emptyContent: true } }", { kind: "model.empty-content" }],
  ["{ model: { garbleToolInput: true } }", { kind: "model.garble-tool-input" }],
  [
    "{ model: { fallback: { from: a, to: b, category: cyber } } }",
    { kind: "model.fallback", from: "a", to: "b", category: "cyber" },
  ],
  [
    "{ model: { stopReason: { reason: refusal, category: cyber } } }",
    {
      kind: "model.stop-reason",
      reason: "refusal",
      details: { category: "cyber", explanation: null },
    },
  ],
  [
    "{ websocket: { close: { code: try-again-later, afterMessages: 1, from: client } } }",
    {
      kind: "websocket.close",
      at: { kind: "messages", messages: 1, from: "client" },
      code: 1013,
      reason: "",
    },
  ],
  [
    "{ websocket: { cut: { after: 2s } } }",
    { kind: "websocket.cut", at: { kind: "time", ms: 2000 }, stop: "fin" },
  ],
  [
    "{ websocket: { stall: { afterMessages: 0 } } }",
    {
      kind: "websocket.stall",
      at: { kind: "messages", messages: 0, from: "server" },
      of: "server",
      forMs: null,
    },
  ],
  [
    "{ websocket: { pace: { message: 1s } } }",
    { kind: "websocket.pace", from: "server", firstMessageMs: 1000, messageMs: 1000, jitterMs: 0 },
  ],
  [
    "{ websocket: { drop: { messages: 1 } } }",
    {
      kind: "websocket.drop",
      from: "server",
      messages: { indices: [1], types: null, every: null, probability: null },
    },
  ],
  [
    "{ websocket: { duplicate: { every: 2, from: client } } }",
    {
      kind: "websocket.duplicate",
      from: "client",
      messages: { indices: null, types: null, every: 2, probability: null },
    },
  ],
  [
    "{ websocket: { garbage: { how: bad-mask, afterMessages: 1 } } }",
    {
      kind: "websocket.garbage",
      at: { kind: "messages", messages: 1, from: "server" },
      from: "server",
      how: "bad-mask",
    },
  ],
  [
    "{ grpc: { status: RESOURCE_EXHAUSTED } }",
    {
      kind: "grpc.status",
      code: 8,
      message: "",
      details: [],
      retryDelayMs: null,
      pushback: null,
      afterMessages: null,
    },
  ],
  [
    "{ grpc: { status: { code: 14, message: m, details: [{ type: a/b.C, value: AQI= }], retryInfo: 1.5s, pushback: never, afterMessages: 2 } } }",
    {
      kind: "grpc.status",
      code: 14,
      message: "m",
      details: [{ type: "a/b.C", value: Uint8Array.of(1, 2) }],
      retryDelayMs: 1500,
      pushback: "never",
      afterMessages: 2,
    },
  ],
  [
    "{ grpc: { cut: { afterMessages: 1 } } }",
    { kind: "grpc.cut", afterMessages: 1, midMessage: false, stop: "reset" },
  ],
  [
    "{ grpc: { garbage: { how: long-length } } }",
    { kind: "grpc.garbage", afterMessages: 0, how: "long-length" },
  ],
  ["{ websocket: { noPong: true } }", { kind: "websocket.no-pong", from: "server", afterPongs: 0 }],
  [
    "{ http2: { reset: {} } }",
    { kind: "http2.reset", code: "INTERNAL_ERROR", at: { kind: "moment", moment: "request" } },
  ],
  [
    "{ http2: { reset: { code: CANCEL, at: response-head } } }",
    { kind: "http2.reset", code: "CANCEL", at: { kind: "moment", moment: "response-head" } },
  ],
  [
    "{ http2: { goaway: { code: ENHANCE_YOUR_CALM, last: below, debug: ä, afterBytes: 1kB, closeAfter: 2s } } }",
    {
      kind: "http2.goaway",
      code: "ENHANCE_YOUR_CALM",
      last: "below",
      debug: "ä",
      at: { kind: "bytes", bytes: 1000 },
      closeAfterMs: 2000,
    },
  ],
  [
    "{ http2: { goaway: { afterEvents: 2 } } }",
    {
      kind: "http2.goaway",
      code: "NO_ERROR",
      last: "all",
      debug: "",
      at: { kind: "events", events: 2 },
      closeAfterMs: null,
    },
  ],
  [
    "{ http2: { settings: { maxConcurrentStreams: 0, maxFrameSize: 1 } } }",
    {
      kind: "http2.settings",
      maxConcurrentStreams: 0,
      initialWindowSize: null,
      maxFrameSize: 1,
      maxHeaderListSize: null,
    },
  ],
  ["{ http2: { window: never } }", { kind: "http2.window", drops: null }],
  [
    "{ http2: { window: { bytes: 10, every: 1s } } }",
    { kind: "http2.window", drops: { bytes: 10, everyMs: 1000 } },
  ],
  ["{ http2: { ping: unanswered } }", { kind: "http2.ping", afterPings: 0 }],
  ["{ http2: { ping: { afterPings: 3 } } }", { kind: "http2.ping", afterPings: 3 }],
  ["{ http2: { frame: { how: closed-stream } } }", { kind: "http2.frame", how: "closed-stream", at: null }],
  [
    "{ http2: { frame: { how: oversized, afterBytes: 0 } } }",
    { kind: "http2.frame", how: "oversized", at: { kind: "bytes", bytes: 0 } },
  ],
  ["{ http2: { headers: missing-status } }", { kind: "http2.headers", how: "missing-status" }],
];

describe("faults in a file", () => {
  it.each(forms)("%s", (text, expected) => {
    expect(fault(text)).toMatchObject(expected as object);
  });

  it("have a form for every kind", () => {
    expect(new Set(forms.map(([text]) => fault(text)?.kind))).toEqual(new Set(FAULT_KINDS));
  });

  it("stand in one order, in the table of faults and in the list of their kinds", () => {
    expect(Object.keys(FAULTS)).toEqual(FAULT_KINDS);
  });
});
