import { describe, expect, it } from "vitest";

import { FAULT_KINDS, type Fault, FaultEngine, parseRuleFile } from "../../src/index.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";
import { linesOf } from "../support/rule-problems.ts";

const parse = (text: string) => parseRuleFile(text, "faults.yaml").ruleSet;

/** The fault that `{ <layer>: … }` means. */
const fault = (text: string): Fault | null | undefined =>
  parse(`version: 1\nrules:\n  - name: a\n    fault: ${text}\n`).rules[0]?.faults[0];

const example = `version: 1
seed: 42
targets: [api.anthropic.com]
rules:
  - name: throttled-twice
    match: { host: api.anthropic.com, method: post, path: /v1/messages, model: "claude-*" }
    when: { first: 2, per: client }
    fault: { http: { preset: anthropic/rate_limit_error, retryAfter: 2s } }
  - name: overloaded-in-mid-stream
    match: { path: /^.v1.messages$/, stream: true, headers: { x-test: true, x-other: "a*" }, body: { /max_tokens: 5 } }
    when: { probability: 0.1, after: 1m, burst: { every: 10s, for: 500ms } }
    fault: { stream: { errorEvent: { type: overloaded_error, afterEvents: 5 } } }
expect:
  - { rule: throttled-twice, retries: { min: 2, max: 4 }, honoursRetryAfter: true, endsWith: success }
  - { rule: overloaded-in-mid-stream, retries: 0, waitsAtLeast: 1.5s }
`;

describe("a rule file", () => {
  it("brings what compiles its expressions, and nothing where it has none", () => {
    const file = (path: string) =>
      `version: 1\nrules: [{ name: a, match: { path: "${path}" }, fault: { http: { empty: true } } }]`;
    expect(parse(file("/^/v1/(a|b)$/")).compileRegex).toBe(compileRegex);
    expect(parse(file("/v1/*"))).not.toHaveProperty("compileRegex");
  });

  it("means what it says", () => {
    const glob = (text: string) => ({ kind: "glob", text });
    expect(parse(example)).toEqual({
      compileRegex,
      seed: 42,
      targets: ["api.anthropic.com"],
      marker: true,
      header: false,
      rules: [
        {
          name: "throttled-twice",
          match: {
            host: [glob("api.anthropic.com")],
            method: ["POST"],
            path: [glob("/v1/messages")],
            model: [glob("claude-*")],
          },
          when: { per: "client", first: 2 },
          faults: [
            {
              kind: "http.error",
              delay: null,
              answer: {
                preset: "anthropic/rate_limit_error",
                status: null,
                message: null,
                body: null,
                headers: [],
                retryAfterSeconds: 2,
              },
            },
          ],
        },
        {
          name: "overloaded-in-mid-stream",
          match: {
            path: [{ kind: "regex", text: "^.v1.messages$" }],
            stream: true,
            headers: [
              { name: "x-test", value: true },
              { name: "x-other", value: glob("a*") },
            ],
            body: [{ pointer: "/max_tokens", value: 5 }],
          },
          when: { per: "all", probability: 0.1, afterMs: 60_000, burst: { everyMs: 10_000, forMs: 500 } },
          faults: [
            {
              kind: "stream.error-event",
              at: { kind: "events", events: 5 },
              type: "overloaded_error",
              message: null,
              data: null,
              event: null,
              errorCode: null,
              stop: "clean",
            },
          ],
        },
      ],
      expect: [
        {
          rule: "throttled-twice",
          retries: { min: 2, max: 4 },
          honoursRetryAfter: true,
          endsWith: "success",
        },
        { rule: "overloaded-in-mid-stream", retries: { min: 0, max: 0 }, waitsAtLeastMs: 1500 },
      ],
    });
  });

  it("may be JSON, with tabs, and name its schema", () => {
    const text = JSON.stringify({ $schema: "./rules.schema.json", version: 1, rules: [] }, undefined, "\t");
    expect(parse(text).rules).toEqual([]);
  });

  it("takes sequences, and none in them", () => {
    const text = "version: 1\nrules:\n  - name: a\n    sequence: [none, { http: { empty: true } }, none]\n";
    expect(parse(text).rules[0]?.faults).toEqual([null, { kind: "http.empty" }, null]);
  });

  it.each(["gentle", "realistic", "brutal"])(
    "the mix %s needs no content-length, which APIs seldom send",
    (mix) => {
      const { rules } = parse(`version: 1\nmix: ${mix}\n`);
      expect(rules.length).toBeGreaterThan(1);
      expect(JSON.stringify(rules)).not.toContain('"kind":"share"');
    },
  );

  it.each(["gentle", "realistic", "brutal"])("the mix %s adds rules that an engine takes", (mix) => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("file", parse(`version: 1\nmix: ${mix}\nrules:\n  - { name: own, fault: none }\n`));
    expect(engine.rules[0]?.name).toBe("own");
    expect(engine.rules.length).toBeGreaterThan(2);
  });
});

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
    { kind: "http.rate-limit", per: "key", budget: { requestsPerMinute: 10, inputTokensPerMinute: null } },
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
});

describe("a file that is refused", () => {
  it("says every reason with its place, in the file's order", () => {
    const text = `version: 1
rules:
  - name: a
    mach: {}
    when: { first: two, probablity: 1, probability: 7 }
    fault: { http: { preset: anthropic/overload } }
  - name: b
    fault: { tls: { alert: { description: bogus } } }
`;
    expect(linesOf(text)).toEqual([
      "4:5 rules[0].mach: unknown key (did you mean match?); expected one of name, match, when, fault, sequence",
      '5:20 rules[0].when.first: found "two", expected a whole number, 1 or more',
      "5:25 rules[0].when.probablity: unknown key (did you mean probability?); expected one of per, probability, first, nth, every, atMost, after, for, burst",
      "5:53 rules[0].when.probability: found 7, expected a number from 0 to 1",
      '6:30 rules[0].fault.http.preset: found "anthropic/overload", expected a preset as <provider>/<error> (docs/presets.md), such as anthropic/overloaded_error (did you mean anthropic/overloaded_error?)',
      '8:43 rules[1].fault.tls.alert.description: found "bogus", expected an alert by its name in RFC 8446, such as handshake_failure',
    ]);
  });

  const inRule = (line: string): string => `version: 1\nrules:\n  - name: a\n    ${line}\n`;
  it.each(["reset: {}", "settings: { maxFrameSize: 1 }", "window: never", "ping: unanswered"])(
    "HTTP/2 in HTTPS that stays closed: %s",
    (fault) => {
      const text = inRule(`match: { way: opaque }\n    fault: { http2: { ${fault} } }`);
      expect(linesOf(text)[0]).toMatch(
        /needs requests, and there are none to be seen where match.way is opaque/,
      );
    },
  );
  it.each([
    ["no YAML", "version: 1\nrules: [", /2:\d+ not YAML or JSON/],
    ["a key twice", "version: 1\nversion: 1", /2:1 not YAML or JSON/],
    ["two documents", "version: 1\n---\nversion: 1", /2:1 expected one document/],
    ["another version", "version: 2", /1:10 version: found 2, expected 1/],
    ["no version", "rules: []", /version: found nothing, expected 1/],
    ["a list", "[]", /found a list, expected an object/],
    ["an empty file", "", /found null, expected an object/],
    ["an unknown key at the top", "version: 1\nruels: []", /2:1 ruels: unknown key \(did you mean rules\?\)/],
    [
      "no fault",
      "version: 1\nrules:\n  - name: a",
      /3:5 rules\[0\]: found an object, expected fault, or sequence/,
    ],
    [
      "a number as a duration",
      inRule("fault: { stream: { cut: { after: 2 } } }"),
      /4:38 .*found 2, expected a duration/,
    ],
    [
      "two points",
      inRule("fault: { stream: { cut: { after: 2s, afterEvents: 1 } } }"),
      /expected one of afterEvents/,
    ],
    [
      "two layers that are no one thing",
      inRule("fault: { http: { empty: true }, tls: { badMac: {} } }"),
      /4:12 .*expected no http\.empty beside tls\.bad-mac: .* write two rules/,
    ],
    [
      "a delay beside something that is no error",
      inRule("fault: { http: { empty: true, delay: { beforeHead: 1s } } }"),
      /expected no http\.delay beside http\.empty: it answers in the place of the upstream/,
    ],
    [
      "two delays",
      inRule(
        "fault: { http: { error: { status: 504, delay: { beforeHead: 1s } }, delay: { beforeHead: 1s } } }",
      ),
      /expected one HTTP fault/,
    ],
    [
      "an error code of HTTP/2 that there is none of",
      inRule("fault: { http2: { reset: { code: REFUSED } } }"),
      /expected an error code by its name in RFC 9113 section 7, such as REFUSED_STREAM/,
    ],
    [
      "two points of a stream",
      inRule("fault: { http2: { reset: { at: request, afterBytes: 1 } } }"),
      /expected one of at, afterBytes, afterEvents at the most/,
    ],
    [
      "a point beside one that is the end",
      inRule("fault: { http2: { frame: { how: closed-stream, afterBytes: 1 } } }"),
      /expected no point beside closed-stream/,
    ],
    [
      "SETTINGS of nothing",
      inRule("fault: { http2: { settings: {} } }"),
      /expected at least one of maxConcurrentStreams/,
    ],
    [
      "a frame that would be kept, and is too large for that",
      inRule("fault: { http2: { settings: { maxFrameSize: 1048577 } } }"),
      /expected a whole number from 0 to 1048576/,
    ],
    [
      "a window that is neither",
      inRule("fault: { http2: { window: ever } }"),
      /expected never, or \{ bytes, every \}/,
    ],
    [
      "debug data that no frame should carry",
      inRule(`fault: { http2: { goaway: { debug: ${"x".repeat(1025)} } } }`),
      /expected a text of 1024 bytes at the most/,
    ],
    [
      "HTTP/2 for WebSockets",
      inRule("match: { websocket: true }\n    fault: { http2: { reset: {} } }"),
      /http2.reset is of HTTP\/2, and a WebSocket is opened by HTTP\/1.1/,
    ],
    ["two HTTP faults", inRule("fault: { http: { empty: true, status: 500 } }"), /expected one HTTP fault/],
    ["no layer", inRule("fault: {}"), /expected one layer/],
    ["an unknown layer", inRule("fault: { htp: {} }"), /4:14 .*unknown key \(did you mean http\?\)/],
    [
      "an expression outside the subset",
      inRule("match: { path: /^(?=a)/ }\n    fault: none"),
      /4:20 .*look-around/,
    ],
    [
      "a rule that can't be",
      inRule("match: { path: / }\n    fault: { tls: { certificate: expired } }"),
      /3:5 .*can't depend on match\.path/,
    ],
    [
      "a header that splits",
      inRule('fault: { http: { status: 500, headers: { x: "a\\r\\nb" } } }'),
      /4:\d+ .*headers\.x: found a string, .*code 13/,
    ],
    [
      "a rule called twice",
      `${inRule("fault: none")}  - { name: a, fault: none }`,
      /5:13 .*expected a name of its own/,
    ],
    ["a name with a line end", 'version: 1\nrules: [{ name: "a\\nb", fault: none }]', /expected a name/],
    [
      "an expectation of nothing",
      "version: 1\nexpect: [{ rule: b, retries: 1 }]",
      /2:18 expect\[0\]\.rule: found "b", expected the name of a rule/,
    ],
    [
      "an expectation without one",
      `${inRule("fault: none")}expect: [{ rule: a }]`,
      /expected something to be expected/,
    ],
    ["nothing at all", "", /1:1 found null, expected an object with \$schema, version, /],
    [
      "a URL for a host",
      'version: 1\ntargets: ["https://api.test/v1", "api.test:443", "::1", "*.test"]',
      /^2:11 targets\[0\]: found "https:.* without scheme, port or path.*\n2:34 targets\[1\]: .*$/,
    ],
    [
      "a URL to match a host with",
      `${inRule("fault: none")}    match: { host: "http://x" }`,
      /match\.host: found "http:\/\/x", expected a host/,
    ],
    [
      "something else than an object",
      inRule("fault: { http: { delay: 2s } }"),
      /delay: found "2s", expected an object with beforeHead, beforeBody, perChunk/,
    ],
    ["an alias to nothing", "version: *a", /not YAML or JSON|aliases/],
  ])("%s", (_what, text, message) => {
    expect(linesOf(text).join("\n")).toMatch(message);
  });

  it("does not resolve a billion laughs", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let at = 1; at < 10; at++)
      lines.push(`a${at}: &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(", ")}]`);
    expect(linesOf(lines.join("\n")).join("")).toMatch(/aliases/);
  });

  it("is not read where it is too large", () => {
    expect(linesOf(`version: 1 #${"x".repeat(2 ** 20)}`)).toEqual([
      "1:1 a rule file has at most 1048576 bytes",
    ]);
  });

  it("gives no secret away", () => {
    const text = inRule('fault: { http: { status: 500, headers: { authorization: "sk-secret\\n" } } }');
    expect(linesOf(text).join("")).not.toContain("sk-secret");
  });
});
