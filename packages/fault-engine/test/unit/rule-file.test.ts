import { describe, expect, it } from "vitest";

import { FaultEngine, parseRuleFile } from "../../src/index.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";
import { linesOf } from "../support/rule-problems.ts";

const parse = (text: string) => parseRuleFile(text, "faults.yaml").ruleSet;

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
      '6:30 rules[0].fault.http.preset: found "anthropic/overload", expected a preset as <provider>/<error> (docs/presets.md), such as anthropic/overloaded_error, or of the API that is asked: overloaded, rate-limited, failed, gateway, spend-limit (did you mean anthropic/overloaded_error?)',
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
      "a late body where there is none",
      inRule("fault: { http: { empty: true, delay: { beforeHead: 1s, beforeBody: 1s } } }"),
      /expected beforeHead alone in the delay of http\.empty/,
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
