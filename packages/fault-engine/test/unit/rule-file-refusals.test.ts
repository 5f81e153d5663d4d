/** What a rule file must not promise, because no run can carry it out; and how a slip of the pen is named. */
import { encodeResponse, ResponseReader } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { faultResponse, parseRuleFile, singleRuleSet } from "../../src/index.ts";
import { linesOf, problemsOf } from "../support/rule-problems.ts";

const inRule = (fault: string): string => `version: 1\nrules:\n  - name: a\n    fault: ${fault}\n`;

/** The wire bytes of an error answer, read again. */
function answered(fault: string, method = "POST"): { status: number; headers: string[]; body: string } {
  const [found] = parseRuleFile(inRule(fault), "faults.yaml").ruleSet.rules[0]?.faults ?? [];
  if (found?.kind !== "http.error") throw new Error("no error answer");
  const response = faultResponse(found.answer, { requestId: "req_1", nowMs: 0, marker: "a" });
  const reader = new ResponseReader();
  reader.expect(method);
  const items = [...reader.push(encodeResponse(response, { method }))];
  const head = items.find((item) => item.kind === "head");
  if (head === undefined || items.at(-1)?.kind !== "end") throw new Error("no whole response");
  const body = items.flatMap((item) => (item.kind === "body" ? [Buffer.from(item.data).toString()] : []));
  return {
    status: head.status,
    headers: head.headers.map(([name, value]) => `${name}: ${value}`),
    body: body.join(""),
  };
}

describe("a status without content", () => {
  it.each([204, 205, 304])("%i is answered without a body", (status) => {
    const { headers, ...rest } = answered(
      `{ http: { status: ${status}, retryAfter: 2s, headers: { etag: x } } }`,
    );
    expect(rest).toEqual({ status, body: "" });
    expect(headers).toEqual([
      "retry-after: 2",
      "etag: x",
      "x-faultwire: a",
      ...(status === 205 ? ["content-length: 0"] : []),
    ]);
  });

  it.each([
    ["{ http: { status: 204, body: x } }", /^4:41 .*body: .*expected no body beside status 204/],
    ["{ http: { status: 304, message: x } }", /^4:44 .*expected no message beside status 304/],
    ["{ http: { error: { status: 205, body: { a: 1 } } } }", /^4:50 .*expected no body beside status 205/],
    [
      "{ http: { preset: anthropic/api_error, status: 204 } }",
      /^4:30 .*expected no preset beside status 204/,
    ],
  ])("%s is refused", (fault, message) => {
    expect(linesOf(inRule(fault)).join("\n")).toMatch(message);
  });

  it("can be had with flags and with the old JSON, but not with a body", () => {
    const [rule] = singleRuleSet({ statusCode: 204 }).rules;
    expect(rule?.faults).toMatchObject([{ kind: "http.error", answer: { preset: null, status: 204 } }]);
    expect(() => singleRuleSet({ statusCode: 204, errorBody: "x" })).toThrow(/status 204 has no content/);
    expect(linesOf('{"status_code": 304,\n "error_body": "x"}')).toEqual([
      "2:16 error_body: found a string, expected no error_body beside status_code 304, which has no content",
    ]);
  });

  it.each([100, 101, 103, 199, 600, 204.5])("%d is none of a final response", (status) => {
    expect(linesOf(inRule(`{ http: { status: ${status} } }`)).join()).toMatch(/whole number from 200 to 599/);
  });
});

describe("headers of an answer", () => {
  it("a list of values is a field each, and replaces the preset's", () => {
    const { headers } = answered(
      "{ http: { preset: anthropic/api_error, headers: { Set-Cookie: [a=1, b=2], request-id: [x, y], x-n: 1, x-b: true } } }",
    );
    expect(headers.filter((line) => !/^(?:content-|anthropic-)/.test(line))).toEqual([
      "request-id: x",
      "request-id: y",
      "Set-Cookie: a=1",
      "Set-Cookie: b=2",
      "x-n: 1",
      "x-b: true",
      "x-faultwire: a",
    ]);
  });

  it.each([
    "content-length",
    "Transfer-Encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "trailer",
    "te",
    "proxy-connection",
    "x-faultwire",
  ])("%s is refused with its place and its reason", (name) => {
    const [line, ...more] = linesOf(inRule(`{ http: { status: 500, headers: { ${name}: a } } }`));
    expect(more).toEqual([]);
    expect(line).toMatch(
      new RegExp(`^4:${48 + name.length} .*: found a string, expected no ${name.toLowerCase()}: \\w`),
    );
    expect(linesOf(`{"status_code": 500, "headers": {"${name}": "a"}}`).join()).toContain("expected no");
  });

  it.each([
    ["null", "x: null"],
    ["an object", "x: { a: 1 }"],
    ["null in a list", "x: [a, null]"],
    ["an empty list", "x: []"],
    ["a line end", 'x: "a\\nb"'],
    ["a line end in a list", 'x: [a, "a\\rb"]'],
    ["a control character", 'x: "a\\0b"'],
    ["no ISO-8859-1", "x: 漢"],
    ["a name with a space", '"a b": x'],
    ["a name with a line end", '"a\\r\\nb": x'],
    ["an empty name", '"": x'],
    ["a name with a colon", '"a:b": x'],
  ])("%s is refused", (_what, header) => {
    const problems = problemsOf(inRule(`{ http: { status: 500, headers: { ${header} } } }`));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line: 4, path: expect.stringContaining("headers") });
  });
});

describe("values beyond what a run can hold", () => {
  it.each([
    ["{ http: { preset: anthropic/rate_limit_error, retryAfter: 9999999999999h } }", /retryAfter/],
    ["{ http: { delay: { beforeHead: 99999999999999h } } }", /beforeHead/],
    ["{ http: { truncate: { afterBytes: 99999999999999999MiB } } }", /afterBytes/],
    ["{ stream: { pace: {} } }", /expected firstEvent, event or jitter/],
    ["{ stream: { errorEvent: } }", /errorEvent: found null, expected an object, or a list of them/],
    ['{ stream: { errorEvent: { afterEvents: 1, data: "", event: "a\\nb" } } }', /event's name, on one line/],
    ["{ stream: { cut: { beforeEnd: 0 } } }", /whole number from 1 to 100/],
    ["{ websocket: { close: { code: 1013 } } }", /expected one of afterMessages, after/],
    ["{ websocket: { close: { code: 1006, after: 1s } } }", /found 1006, expected a code that may stand/],
    ["{ websocket: { close: { code: abnormal, after: 1s } } }", /1006 by websocket: \{ cut: … \}/],
    ["{ websocket: { close: { reason: x, after: 1s } } }", /expected a code beside reason/],
    [
      `{ websocket: { close: { code: 1000, after: 1s, reason: ${"x".repeat(124)} } } }`,
      /123 bytes at the most/,
    ],
    ["{ websocket: { drop: { from: client } } }", /expected at least one of messages, types/],
    ["{ websocket: { pace: {} } }", /expected firstMessage, message or jitter/],
    ["{ websocket: { noPong: false } }", /expected true, or \{ from, afterPongs \}/],
    [
      "{ grpc: { status: UNAVAILABEL } }",
      /found "UNAVAILABEL", expected a status by its name, such as UNAVAILABLE/,
    ],
    ["{ grpc: { status: { code: -1 } } }", /status\.code: found -1, expected a status by its name/],
    [
      "{ grpc: { status: { code: 14, pushback: soon } } }",
      /pushback: found "soon", expected a duration such as/,
    ],
    [
      "{ grpc: { status: { code: 14, retryInfo: 1000h } } }",
      /retryInfo: found "1000h", expected 2147483647ms/,
    ],
    [
      "{ grpc: { status: { code: 14, details: [{ type: a, value: '%' }] } } }",
      /details\[0\]\.value: found "%", expected base64/,
    ],
    [
      `{ grpc: { status: { code: 14, message: ${"x".repeat(1025)} } } }`,
      /message: found .*, expected a message of 1024 bytes at the most/,
    ],
    ["{ grpc: { cut: {} } }", /cut\.afterMessages: found nothing, expected a whole number, 0 or more/],
    ["{ grpc: { garbage: { how: bad } } }", /garbage\.how: found "bad", expected .*compressed-flag/],
    ["{ tls: { version: { force: TLSv9 } } }", /expected a version such as TLSv1.2/],
    ["{ tls: { cipher: { force: 'AES:!NULL' } } }", /expected a cipher suite by its name at IANA/],
    ["{ tls: { alpn: { force: '' } } }", /expected a protocol's name/],
  ])("%s is refused", (fault, message) => {
    const lines = linesOf(inRule(fault));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(message);
  });
});

describe("a slip of the pen is told once, with what was meant", () => {
  it.each<[string, readonly RegExp[]]>([
    ["{ http: { preset: anthropic/rate_limit } }", [/did you mean anthropic\/rate_limit_error\?/]],
    ["{ http: { preset: rate_limit_error } }", [/did you mean anthropic\/rate_limit_error\?/]],
    ["{ http: { preset: anthropic/529 } }", [/did you mean anthropic\/overloaded_error or /]],
    [
      "{ http: { preset: openai/429 } }",
      [/openai\/rate_limit_exceeded or openai\/token_rate_limit_exceeded or openai\/insufficient_quota\?/],
    ],
    ["{ http: { preset: antropic/overloaded_eror } }", [/did you mean anthropic\/overloaded_error\?/]],
    ["{ http: { statsu: 503 } }", [/http\.statsu: unknown key \(did you mean status\?\)/]],
    ["{ http: { error: { statsu: 503 } } }", [/error\.statsu: unknown key \(did you mean status\?\)/]],
    ["{ stream: { cutt: { afterEvents: 1 } } }", [/stream\.cutt: unknown key \(did you mean cut\?\)/]],
    [
      "{ stream: { cut: { afterEvent: 1 } } }",
      [/cut\.afterEvent: unknown key \(did you mean afterEvents\?\)/],
    ],
    [
      "{ cut: { afterEvents: 1 } }",
      [/fault\.cut: unknown key \(did you mean stream: \{ cut: … \} or websocket/],
    ],
    ["{ rateLimit: { requestsPerMinute: 1 } }", [/did you mean http: \{ rateLimit: … \}\?/]],
    ["{ connection: { close: { at: server_hello } } }", [/"server_hello", .*did you mean server-hello\?/]],
    ["{ connection: { close: { at: respnse-head } } }", [/did you mean response-head\?/]],
    ["{ http: { malformed: bad-status } }", [/did you mean bad-status-line\?/]],
    ["{ tls: { alert: handshake_failur } }", [/did you mean handshake_failure\?/]],
    ["{ stream: { cut: { afterEvents: 1, stop: midevent } } }", [/did you mean mid-event\?/]],
  ])("%s", (fault, messages) => {
    const lines = linesOf(inRule(fault));
    expect(lines).toHaveLength(messages.length);
    for (const [at, message] of messages.entries()) expect(lines[at]).toMatch(message);
  });

  it("is told with nothing where nothing is near", () => {
    for (const fault of ["{ http: { preset: foo/bar } }", "{ connection: { close: { at: tuesday } } }"])
      expect(linesOf(inRule(fault)).join()).not.toContain("did you mean");
  });

  it("in a rule's own keys, too", () => {
    const text = "version: 1\nrules:\n  - name: a\n    falt: { http: { empty: true } }\n";
    expect(linesOf(text)).toEqual([
      "4:5 rules[0].falt: unknown key (did you mean fault?); expected one of name, match, when, fault, sequence",
    ]);
  });
});

it("names the keys where there is one too many, or the one that is missing is not among them", () => {
  const withFault = (fault: string): string => `version: 1\nrules:\n  - name: a\n    fault: ${fault}\n`;
  expect(linesOf(withFault("{ http: { status: 500 }, websocket: { noPong: true } }")).join()).toMatch(
    /rules\[0\]\.fault: found an object with http, websocket, expected no websocket\.no-pong beside http\.error: /,
  );
  expect(
    linesOf(
      withFault("{ websocket: { cut: { stop: fin, afterMessages: 3, after: 2s, from: client } } }"),
    ).join(),
  ).toMatch(
    /websocket\.cut: found an object with stop, afterMessages, after …, expected one of afterMessages, after/,
  );
  expect(linesOf(withFault("{ websocket: {} }")).join()).toMatch(
    /found an object, expected one WebSocket fault/,
  );
});

it("refuses a JSON pointer whose escapes are none, with its line", () => {
  const withBody = (pointer: string): string =>
    `version: 1\nrules:\n  - name: a\n    match: { body: { ${JSON.stringify(pointer)}: x } }\n    fault: { http: { status: 500 } }\n`;
  for (const pointer of ["/~", "/a/~2", "/~~0"])
    expect(linesOf(withBody(pointer)).join(), pointer).toMatch(/^4:.*~0 for ~ and ~1 for/);
  for (const pointer of ["/", "/a~0b", "/a~1b/0"]) expect(linesOf(withBody(pointer)), pointer).toEqual([]);
});

describe("what no run could show", () => {
  const withRule = (line: string): string =>
    `version: 1\n${line}\nrules:\n  - name: a\n    fault: { http: { status: 500 } }\n`;

  it("an expectation of more retries than its most is refused", () => {
    expect(linesOf(withRule("expect: [{ rule: a, retries: { min: 3, max: 1 } }]"))).toEqual([
      "2:30 expect[0].retries: found an object, expected min to be no more than max",
    ]);
    expect(linesOf(withRule("expect: [{ rule: a, retries: { min: 1, max: 1 } }]"))).toEqual([]);
  });

  it("a mix that is nearly one is told with the one that may be meant", () => {
    expect(linesOf(withRule("mix: openai/burst")).join()).toContain("(did you mean openai/bursts?)");
    expect(linesOf(withRule("mix: [gentel]")).join()).toContain("(did you mean gentle?)");
  });

  it("a mix that is named twice is refused: its rules would have one name", () => {
    expect(linesOf(withRule("mix: [gentle, brutal, gentle]"))).toEqual([
      '2:23 mix[2]: found "gentle", expected each mix once',
    ]);
  });
});

describe("words are ours, whoever refuses", () => {
  it.each([
    "{ http: { status: 500, headers: { x: [] } } }",
    "{ stream: { drop: { events: [] } } }",
    "{ stream: { drop: { types: [] } } }",
  ])("an empty list: %s", (fault) => {
    expect(linesOf(inRule(fault)).join()).toMatch(/: found a list, expected a list that is not empty$/);
  });

  it.each([
    ["targets: []", "2:10 targets: "],
    ["mix: []", "2:6 mix: "],
    ["rules: [{ name: a, when: { nth: [] }, fault: none }]", "2:33 rules[0].when.nth: "],
    ["rules: [{ name: a, match: { model: [] }, fault: none }]", "2:36 rules[0].match.model: "],
    ["rules: [{ name: a, sequence: [] }]", "2:30 rules[0].sequence: "],
  ])("an empty list: %s", (line, place) => {
    expect(linesOf(`version: 1\n${line}\n`)).toEqual([
      `${place}found a list, expected a list that is not empty`,
    ]);
  });

  it("a file of several documents", () => {
    expect(linesOf("version: 1\n---\nversion: 1\n")).toEqual(["2:1 expected one document, found a second"]);
  });

  it("a key that is no text", () => {
    expect(linesOf("version: 1\n? { a: 1 }\n: 2\n").join()).toMatch(/unknown key/);
  });
});

describe("a count per key where no key is seen", () => {
  it.each([
    ["connect: { refuse: dns }", "connect.refuse strikes before a request is seen"],
    ["connection: { close: { at: client-hello } }", "connection.close strikes before a request is seen"],
    ["connection: { latency: { time: 1s, per: connection } }", "connection.latency strikes before"],
    ["tls: { alert: handshake_failure }", "tls.alert strikes before a request is seen"],
  ])("is refused: %s", (fault, reason) => {
    const [line, ...others] = linesOf(`${inRule(`{ ${fault} }`)}    when: { per: key, first: 1 }\n`);
    expect(line).toContain(reason);
    expect(line).toContain("so it can't be counted per key");
    expect(others).toEqual([]);
  });

  it.each(["none", "{ connection: { close: { at: request } } }"])(
    "is refused for HTTPS that stays closed: %s",
    (fault) => {
      const more = "    match: { way: opaque }\n    when: { per: key }\n";
      expect(linesOf(`${inRule(fault)}${more}`)).toEqual([
        "3:5 rule a: when.per: key needs requests, and there are none to be seen where match.way is opaque",
      ]);
    },
  );

  it("is taken where the same fault strikes at a request", () => {
    expect(
      linesOf(`${inRule("{ connection: { close: { at: request } } }")}    when: { per: key }\n`),
    ).toEqual([]);
  });
});

describe("a pattern that is empty", () => {
  it.each([
    ["{ grpc: { service: '' } }", "match.grpc.service"],
    ["{ grpc: { service: a, method: ['SayHello', ''] } }", "match.grpc.method"],
    ["{ path: '' }", "match.path"],
    ["{ model: ['', m] }", "match.model"],
  ])("is refused once: %s", (match, place) => {
    const lines = linesOf(`${inRule("none")}    match: ${match}\n`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(place);
    expect(lines[0]).toContain("expected a text that is not empty");
  });
});

const unbegun = "expected ^ at the beginning of a regular expression (/^…/";
const flagged = "expected ^ at the beginning of a regular expression, and flags inside of it (/^(?i)…/";
const unended = "expected a slash at the end of a regular expression (/^…/), and flags inside of it";

describe("a pattern that is none, or that nothing can match", () => {
  it.each([
    ["{ model: /claude/ }", "match.model", unbegun],
    ["{ model: /^claude/i }", "match.model", unended],
    ["{ model: /claude-(opus|sonnet)/i }", "match.model", flagged],
    ["{ model: /gpt/i }", "match.model", flagged],
    ["{ model: [gpt-5, /gpt/gi] }", "match.model[1]", flagged],
    ["{ model: /models/llama/i }", "match.model", flagged],
    ["{ host: /openai/i }", "match.host", flagged],
    ["{ sni: /openai/i }", "match.sni", flagged],
    ["{ ja4: /t13/s }", "match.ja4", flagged],
    ["{ headers: { x-a: /abc/im } }", 'match.headers["x-a"]', flagged],
    ["{ body: { /a: /abc/u } }", 'match.body["/a"]', flagged],
    ["{ grpc: { method: /hello/i } }", "match.grpc.method", flagged],
    ["{ method: /post/i }", "match.method", "expected a method by its name"],
    ["{ alpn: /h2/i }", "match.alpn", "expected a protocol by its name"],
    ['{ path: "/v1.(a|b)/i" }', "match.path", flagged],
    ["{ path: /^.v1 }", "match.path", unended],
    ['{ path: "/.*messages$/" }', "match.path", unbegun],
    ['{ path: "/v1.(a|b)/" }', "match.path", unbegun],
    ["{ path: v1/messages }", "match.path", "expected a path that begins with / or with *"],
    ['{ path: "/v1/messages?beta=true" }', "match.path", "expected a path without its query"],
    ["{ host: /anthropic/ }", "match.host", unbegun],
    ['{ host: "a.test,b.test" }', "match.host", "expected a host without scheme, port or path"],
    ["{ sni: /anthropic/ }", "match.sni", unbegun],
    ["{ ja4: /t13/ }", "match.ja4", unbegun],
    ["{ headers: { x-a: /abc/ } }", 'match.headers["x-a"]', unbegun],
    ["{ headers: { x-a: /^abc/g } }", 'match.headers["x-a"]', unended],
    ["{ headers: {} }", "match.headers", "expected a header at least"],
    ['{ headers: { "": a } }', 'match.headers[""]', "expected a header's name"],
    ['{ headers: { "x a": a } }', 'match.headers["x a"]', "expected a header's name"],
    ["{ body: { /a: /abc/ } }", 'match.body["/a"]', unbegun],
    ["{ body: {} }", "match.body", "expected a JSON pointer at least"],
    ["{ grpc: { service: /abc/ } }", "match.grpc.service", unbegun],
    ["{ grpc: { service: /helloworld.Greeter } }", "match.grpc.service", "expected a name without slashes"],
    ["{ method: [GET, ''] }", "match.method[1]", "expected a method by its name"],
    ["{ alpn: [h2, ''] }", "match.alpn[1]", "expected a protocol by its name"],
    ["{ method: '' }", "match.method", "expected a method by its name"],
    ["{ method: /^P/ }", "match.method", "expected a method by its name"],
    ["{ alpn: '' }", "match.alpn", "expected a protocol by its name"],
    ["{ alpn: /^h/ }", "match.alpn", "expected a protocol by its name"],
  ])("is refused once: %s", (match, place, reason) => {
    const lines = linesOf(`${inRule("none")}    match: ${match}\n`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(place);
    expect(lines[0]).toContain(reason);
  });

  it.each([
    ["{ drop: { types: '' } }"],
    ["{ drop: { types: [content_block_delta, /^ping/] } }"],
    ['{ drop: { types: "content_*" } }'],
    ["{ cut: { before: /^message_stop/ } }"],
  ])("is refused as the type of an event: %s", (stream) => {
    const lines = linesOf(inRule(`{ stream: ${stream} }`));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("expected an event's type by its name, which is no pattern");
  });

  it.each(['"a.test, b.test"', "/anthropic/", '"api.(a|b).test"'])("is refused as a target: %s", (target) => {
    const [line] = linesOf(`version: 1\ntargets: ${target}\nrules: []\n`);
    expect(line).toContain("expected a host, with * for any part, or a list of them");
  });

  it.each([
    ["{ path: /v1/ }"],
    ["{ path: /messages/i }"],
    ["{ model: [/models/us, /models/my, m/i] }"],
    ["{ headers: { referer: /static/img } }"],
    ['{ path: "/files(1)/" }'],
    ['{ path: "*/messages" }'],
    ['{ path: "/^/v1/(messages|complete)$/" }'],
    ["{ model: /models/llama }"],
    ["{ model: /^(?i)claude/ }"],
    ["{ headers: { x-a: '', ':authority': a.test, referer: /a/b } }"],
    ["{ body: { /a: '' } }"],
    ["{ method: 'P*', alpn: [h2, http/1.1] }"],
    ["{ host: ['[::1]', '::1', '127.0.0.1', 'xn--bcher-kva.test', 'bücher.test', 'a_b.test', '*'] }"],
  ])("is none of these: %s", (match) => {
    expect(linesOf(`${inRule("none")}    match: ${match}\n`)).toEqual([]);
  });
});
