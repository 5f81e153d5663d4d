import { describe, expect, it } from "vitest";
import { explain, FaultEngineError, parseRuleFile, type RuleSet, simulate } from "../../src/index.ts";
import { EMPTY_RULE_SET } from "../../src/rules/rule.ts";

const rules = (text: string): RuleSet =>
  parseRuleFile(`version: 1\nseed: 42\nrules:\n${text}`, "f.yaml").ruleSet;

const example = rules(`
  - name: throttled-twice
    match: { host: api.anthropic.com, method: POST, path: /v1/messages, model: "claude-*" }
    when: { first: 2, per: client }
    fault: { http: { preset: anthropic/rate_limit_error, retryAfter: 2s } }
  - name: mid-stream
    match: { path: /^.v1.messages$/, stream: true, headers: { x-test: false }, body: { /max_tokens: 1024 } }
    when: { probability: 0.1, after: 1s, burst: { every: 1m, for: 30s } }
    sequence: [{ stream: { errorEvent: { type: overloaded_error, afterEvents: 5 } } }, none]
`);

describe("explain", () => {
  it("says what will fail, how often, in which order", () => {
    expect(explain({ ...example, targets: ["*.anthropic.com"] })).toBe(
      `Targets: *.anthropic.com. Seed: 42. The first rule that hits wins; later ones count what is left.
1. throttled-twice: the first 2, counting requests of each client with method POST, host api.anthropic.com, path /v1/messages, model claude-*
   → status 429 (anthropic/rate_limit_error) with retry-after 2 s
2. mid-stream: 10 % by chance, counting requests, from 1 s after the start, in the first 30 s of every 1 min with path /^.v1.messages$/, no header x-test, body /max_tokens 1024, a stream asked for
   → in turn: an error event (overloaded_error) after 5 events; then the body ends as if it were whole
   → then: nothing is done
`,
    );
  });

  it.each([
    ["retries: 2", "asks again 2 times"],
    ["retries: { min: 1 }", "asks again at least once"],
    ["retries: { max: 3 }", "asks again 3 times at the most"],
    ["retries: 0", "does not ask again"],
    ["retries: { min: 1, max: 3 }, endsWith: failure", "asks again 1 to 3 times; ends with failure"],
    ["honoursRetryAfter: true", "waits as long as retry-after says"],
    [
      "waitsAtLeast: 1500ms, backsOff: false",
      "waits 1.5 s or more before it asks again; does not wait longer from retry to retry",
    ],
    ["noticesCut: true, stopsAfter: 5", "notices that a stream was cut; stops after 5 failing requests"],
  ])("says in words what is expected: %s", (demands, words) => {
    const text = `version: 1\nrules: [{ name: a, fault: none }]\nexpect: [{ rule: a, ${demands} }]\n`;
    expect(explain(parseRuleFile(text, "f.yaml").ruleSet)).toContain(
      `\nExpected of a client that a hit: ${words}.\n`,
    );
  });

  it.each([
    "{ type: overloaded_error, message: Overloaded, data: { type: error } }",
    "{ event: error, data: { type: error } }",
    "{ data: { type: error } }",
  ])("says of an error event with data of its own that it has them: %s", (given) => {
    const own = given.replace(/ \}$/, ", afterEvents: 1 }");
    const text = explain(rules(`  - { name: x, fault: { stream: { errorEvent: ${own} } } }`));
    expect(text).toContain("→ an error event (with data of its own) after 1 event;");
  });

  it("says when there is nothing to say", () => {
    expect(explain(EMPTY_RULE_SET)).toContain("everything passes unchanged");
    const words = (more: string): string => explain(parseRuleFile(`version: 1\n${more}\n`, "f.yaml").ruleSet);
    expect(words("asksOnce: true")).toContain(
      "The same request again, one after the other, counts as a retry.\n",
    );
    expect(words("expect: none")).toContain("Nothing is expected of clients: no verdicts.\n");
    expect(words("expect: []")).not.toMatch(/retry|Nothing is expected/);
  });

  it.each([
    [
      "{ connection: { stall: { at: request, for: 90s } } }",
      "nothing more arrives for 1.5 min, at the request",
    ],
    [
      "{ connection: { latency: { time: { uniform: { min: 1s, max: 2s } } } } }",
      "each request is delayed by 1 s to 2 s",
    ],
    ["{ tls: { alert: unknown_ca } }", "the TLS alert unknown_ca (fatal) at the ClientHello"],
    ["{ tls: { version: { force: TLSv1.2 } } }", "version TLSv1.2 is forced"],
    ["{ http: { delay: { beforeHead: 2s, perChunk: 5ms } } }", "the head waits 2 s, each chunk waits 5 ms"],
    ["{ http: { truncate: { afterShare: 0.5 } } }", "the body breaks off after 50 %"],
    [
      "{ http: { rateLimit: { requestsPerMinute: 5, inputTokensPerMinute: 9 } } }",
      "429 once more than 5 requests or 9 input tokens a minute are used, per key, in the form of the API that is asked",
    ],
    ["{ http: { status: 418, retryAfter: none } }", "status 418 without retry-after"],
    [
      "{ stream: { cut: { firstDelta: before, stop: reset } } }",
      "the stream is cut before the first piece of the answer: the connection is reset (in a tunnel of the Fault proxy a FIN instead)",
    ],
    [
      "{ stream: { stall: { afterEvents: 1, pingEvery: 1s } } }",
      "the stream falls silent for ever, after 1 event, but for a ping every 1 s",
    ],
    [
      "{ stream: { drop: { events: [1, 2], types: ping } } }",
      "left out are events: number 1, 2 (from 0), of type ping",
    ],
    ["{ stream: { duplicate: { every: 2 } } }", "sent twice are events: every 2nd"],
    [
      "{ websocket: { close: { code: try-again-later, reason: busy, afterMessages: 1 } } }",
      "the WebSocket is closed with 1013 (busy) after 1 message of the server",
    ],
    [
      "{ websocket: { close: { after: 2s } } }",
      "the WebSocket is closed without a code 2 s after it was opened",
    ],
    [
      "{ websocket: { cut: { afterMessages: 0, stop: mid-frame } } }",
      "the WebSocket breaks off as soon as it is open: the connection is closed in the middle of the server's next frame",
    ],
    [
      "{ websocket: { stall: { afterMessages: 2, from: client, of: both } } }",
      "nothing more of both sides passes for ever, after 2 messages of the client",
    ],
    [
      "{ websocket: { pace: { message: 500ms, jitter: 100ms } } }",
      "the first message of the server after 500 ms, then one every 500 ms and up to 100 ms more",
    ],
    [
      "{ websocket: { drop: { messages: [1, 2], types: text, from: client } } }",
      "left out are messages of the client: number 1, 2 (from 0), of type text",
    ],
    ["{ websocket: { duplicate: { every: 2 } } }", "sent twice are messages of the server: every 2nd"],
    [
      "{ websocket: { garbage: { how: bad-mask, afterMessages: 1 } } }",
      "a frame that is none (bad-mask) comes from the server after 1 message of the server",
    ],
    ["{ websocket: { noPong: { afterPongs: 2 } } }", "pongs of the server are kept back after 2"],
    ["{ grpc: { status: UNAVAILABLE } }", "the call ends with UNAVAILABLE at once, in trailers alone"],
    [
      "{ grpc: { status: { code: 8, message: quota, retryInfo: 2s, pushback: 500ms, afterMessages: 1 } } }",
      "the call ends with RESOURCE_EXHAUSTED (quota) and RetryInfo of 2 s, a pushback of 500 ms after 1 message",
    ],
    [
      "{ grpc: { status: { code: 99, pushback: never, details: [{ type: a/b, value: AQ }], afterMessages: 0 } } }",
      "the call ends with status 99 and 1 detail, a pushback that forbids retries after 0 messages",
    ],
    [
      "{ grpc: { cut: { afterMessages: 2, midMessage: true } } }",
      "the call breaks off after 2 messages, in the middle of the next one: the stream is reset (INTERNAL_ERROR)",
    ],
    [
      "{ grpc: { cut: { afterMessages: 0, stop: no-trailers } } }",
      "the call breaks off after 0 messages: the stream ends without a status",
    ],
    ["{ grpc: { garbage: { how: oversized-length } } }", "the message after 0 messages declares 4 GiB"],
  ])("%s", (fault, words) => {
    expect(explain(rules(`  - { name: a, fault: ${fault} }`))).toContain(`→ ${words}\n`);
  });
});

describe("simulate", () => {
  it("counts what each rule takes, the same every time", () => {
    const result = simulate(example, { requests: 1000 });
    expect(result).toEqual(simulate(example, { requests: 1000 }));
    expect(result.rules[0]).toEqual({ rule: "throttled-twice", hits: 2, firstAt: 1 });
    expect(result.rules[1]?.hits).toBeGreaterThan(0);
    expect(result.rules.reduce((sum, { hits }) => sum + hits, result.passed)).toBe(1000);
  });

  it("comes near to the shares of a mix", () => {
    const { ruleSet } = parseRuleFile("version: 1\nmix: realistic", "f.yaml");
    const { rules: taken } = simulate(ruleSet, { requests: 10_000 });
    const overloaded = taken.find(({ rule }) => rule === "realistic/overloaded")?.hits ?? 0;
    expect(overloaded).toBeGreaterThan(320);
    expect(overloaded).toBeLessThan(480);
  });

  it("knows rules about connections, and other requests", () => {
    const set = rules(
      "  - { name: a, match: { sni: other.test }, when: { every: 2 }, fault: { tls: { certificate: expired } } }",
    );
    expect(simulate(set, { requests: 10 }).passed).toBe(10);
    expect(simulate(set, { requests: 10, request: { sni: "other.test" } }).rules).toEqual([
      { rule: "a", hits: 5, firstAt: 2 },
    ]);
  });

  it.each([0, 1.5, 1_000_001])("refuses %s requests", (requests) => {
    expect(() => simulate(example, { requests })).toThrow(FaultEngineError);
  });
});
