/** Headers of a response that passes, or of an answer of ours: what a rule file may say, how it is said back, what it comes to. */
import { describe, expect, it } from "vitest";
import { explain, type Fault, FaultEngineError, faultResponse, parseRuleFile } from "../../src/index.ts";
import { changedHeaders } from "../../src/internal.ts";

const ruleSet = (fault: string) =>
  parseRuleFile(`version: 1\nrules: [{ name: a, fault: ${fault} }]`, "a.yaml").ruleSet;
const faultsOf = (fault: string): readonly (Fault | null | undefined)[] => {
  const { faults, also } = ruleSet(fault).rules[0]!;
  return [faults[0], ...(also?.[0] ?? [])];
};
function refusals(fault: string): readonly string[] {
  try {
    ruleSet(fault);
    return [];
  } catch (error) {
    if (!(error instanceof FaultEngineError)) throw error;
    return error.problems?.map(({ path, message }) => `${path}: ${message}`) ?? [];
  }
}
const inRule = (headers: string): string => `{ http: { headers: ${headers} } }`;

describe("headers in a rule file", () => {
  it("are replaced, added and removed", () => {
    expect(
      faultsOf(inRule("{ add: { x-a: [1, 2] }, replace: { Retry-After: 5 }, remove: [Request-Id, x-b] }")),
    ).toEqual([
      {
        kind: "http.headers",
        add: [
          ["x-a", "1"],
          ["x-a", "2"],
        ],
        replace: [["Retry-After", "5"]],
        remove: ["request-id", "x-b"],
      },
    ]);
  });

  it("are replaced where they stand by themselves, and one name may be removed by itself", () => {
    expect(faultsOf(inRule("{ x-should-retry: false }"))).toEqual([
      { kind: "http.headers", add: [], replace: [["x-should-retry", "false"]], remove: [] },
    ]);
    expect(faultsOf(inRule("{ remove: request-id }"))).toMatchObject([{ remove: ["request-id"] }]);
  });

  it("may be one whose name is a word of the form, below replace", () => {
    expect(faultsOf(inRule("{ replace: { add: 1 } }"))).toMatchObject([{ replace: [["add", "1"]] }]);
  });

  it.each([
    ["{ http: { status: 503, headers: { add: { x: 1 }, replace: { y: 2 }, remove: date } } }"],
    ["{ http: { error: { status: 503, headers: { add: { x: 1 }, replace: { y: 2 }, remove: date } } } }"],
    ["{ http: { error: { status: 503 }, headers: { add: { x: 1 }, replace: { y: 2 }, remove: date } } }"],
  ])("are those of an answer beside it: %s", (fault) => {
    expect(faultsOf(fault)).toMatchObject([
      {
        kind: "http.error",
        answer: { status: 503, headers: [["y", "2"]], addedHeaders: [["x", "1"]], removedHeaders: ["date"] },
      },
    ]);
  });

  it("take the place of nobody as what the rule is about, wherever something else happens", () => {
    const of = (fault: string) => faultsOf(fault).map((one) => one?.kind);
    const headers = "headers: { retry-after: 5 }";
    expect(of(`{ http: { ${headers}, delay: { beforeHead: 1s } } }`)).toEqual(["http.delay", "http.headers"]);
    expect(of(`{ http: { ${headers}, rateLimit: { requestsPerMinute: 1 } } }`)).toEqual([
      "http.rate-limit",
      "http.headers",
    ]);
    expect(of(`{ http: { ${headers} }, stream: { pace: { event: 1ms } } }`)).toEqual([
      "stream.pace",
      "http.headers",
    ]);
    expect(of(`{ http: { ${headers} }, model: { emptyContent: true } }`)).toEqual([
      "model.empty-content",
      "http.headers",
    ]);
    expect(of(`{ http: { ${headers}, truncate: { afterBytes: 5 } } }`)).toEqual([
      "http.truncate",
      "http.headers",
    ]);
  });
});

const framing = "an answer is framed by its own body";
const steering = "it steers the connection";

describe("headers that no rule may touch", () => {
  it.each([
    ["{ replace: { content-length: 5 } }", 'headers.replace["content-length"]', framing],
    ["{ Content-Length: 5 }", 'headers["Content-Length"]', framing],
    ["{ remove: [Transfer-Encoding] }", "headers.remove[0]", framing],
    ["{ remove: content-length }", "headers.remove", framing],
    ["{ add: { trailer: x } }", "headers.add.trailer", framing],
    ["{ add: { connection: close } }", "headers.add.connection", steering],
    ["{ add: { Keep-Alive: 1 } }", 'headers.add["Keep-Alive"]', steering],
    ["{ upgrade: h2c }", "headers.upgrade", steering],
    ['{ ":status": 500 }', ":status", "expected no :status: it is a part of HTTP/2's framing"],
    ["{ remove: x-faultwire }", "headers.remove", "it is the marker"],
    ['{ "x y": 1 }', 'headers["x y"]', "no header name"],
    ['{ x-a: "1\\r\\nx-b: 2" }', 'headers["x-a"]', "code 13 at 1"],
    ['{ x-a: "a\\nb" }', 'headers["x-a"]', "code 10 at 1"],
    ['{ x-a: "a\\0b" }', 'headers["x-a"]', "code 0 at 1"],
    ['{ x-a: "ü→" }', 'headers["x-a"]', "code 8594 at 1"],
    ['{ x-a: " 1" }', 'headers["x-a"]', "without spaces or tabs at its beginning or end"],
    ['{ add: { x-a: "1\\t" } }', 'headers.add["x-a"]', "without spaces or tabs at its beginning or end"],
    ["{}", "headers", "expected add, replace or remove, or headers by name"],
    ["{ remove: [] }", "headers.remove", "a list that is not empty"],
    ["{ add: { x: {} } }", "headers.add.x", "expected a text, a number"],
    ["5", "headers", "expected"],
    ["{ add: { x-a: 1 }, remove: X-A }", "headers", "expected no x-a below add and below remove"],
    ["{ replace: { X-A: 1 }, remove: [x-a] }", "headers", "expected no x-a below replace and below remove"],
    ["{ add: { x-a: 1 }, replace: { X-A: 1 } }", "headers", "below add and below replace: write a list"],
    ["{ add: { x-a: 1, X-A: 2 } }", 'headers.add["X-A"]', "x-a is the same header"],
    ["{ remove: [x-a, X-A] }", "headers.remove[1]", "x-a is there before"],
    ["{ add: { x-a: 1 }, x-b: 2 }", 'headers["x-b"]', "a header that is set stands below replace"],
  ])("%s is refused once", (headers, path, reason) => {
    const found = refusals(inRule(headers));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(path);
    expect(found[0]).toContain(reason);
    // The form is that of answers, too, but that these may have no header of their own.
    if (headers !== "{}")
      expect(refusals(`{ http: { status: 503, headers: ${headers} } }`)[0]).toContain(reason);
  });

  it.each([
    ["{ remvoe: [request-id] }", "remvoe", "remove"],
    ["{ remvoe: { a: b } }", "remvoe", "remove"],
    ["{ Remove: request-id }", "Remove", "remove"],
    ["{ repl: { a: 1 } }", "repl", "replace"],
    ["{ replac: { a: 1 }, add: { b: 2 } }", "replac", "replace"],
    ["{ aad: { a: 1 } }", "aad", "add"],
    ["{ delete: [request-id] }", "delete", "remove"],
    ["{ set: { a: 1 } }", "set", "replace"],
    ["{ append: { a: 1 } }", "append", "add"],
  ])("%s is a slip of the pen, and refused once with the word that is meant", (headers, key, meant) => {
    const words = `expected add, replace, remove, or a header's name (did you mean ${meant}?); a header of this name stands below replace`;
    for (const fault of [inRule(headers), `{ http: { status: 503, headers: ${headers} } }`]) {
      const found = refusals(fault);
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(`headers.${key}: found `);
      expect(found[0]).toContain(words);
    }
  });

  it("are no slips of the pen below replace, and none are headers that responses have", () => {
    expect(faultsOf(inRule("{ replace: { remvoe: 1, set: 2 } }"))).toMatchObject([
      {
        replace: [
          ["remvoe", "1"],
          ["set", "2"],
        ],
      },
    ]);
    const usual =
      "accept-ranges age allow alt-svc cache-control content-encoding content-language content-type date etag expires last-modified link location nel pragma refresh report-to request-id retry-after server set-cookie strict-transport-security sourcemap tk trace-id vary via warning www-authenticate x-cache x-powered-by x-ratelimit-reset x-remove x-request-id";
    const headers = usual.split(" ").map((name) => `${name}: x`);
    expect(refusals(inRule(`{ ${headers.join(", ")} }`))).toEqual([]);
  });

  it("may have a name that every object of JavaScript has", () => {
    expect(faultsOf(inRule("{ constructor: x }"))).toMatchObject([{ replace: [["constructor", "x"]] }]);
  });

  it.each(["add", "replace", "remove"])("%s is a word of http.headers alone", (word) => {
    const words = "expected headers by name; add, replace and remove are words of http.headers";
    const fault = `{ connect: { refuse: { status: 503, headers: { ${word}: [x-a] } } } }`;
    expect(refusals(fault)).toEqual([expect.stringContaining(words)]);
  });

  it("may be neither too many nor too long", () => {
    const many = Array.from({ length: 65 }, (_, at) => `x-${at}: 1`).join(", ");
    expect(refusals(inRule(`{ ${many} }`))).toEqual([
      expect.stringContaining("64 fields at the most, 65 are there (responseHeaderLimits.maxFields)"),
    ]);
    expect(refusals(inRule(`{ x: ${"a".repeat(24_577)} }`))).toEqual([
      expect.stringContaining("24576 characters at the most (responseHeaderLimits.maxValueLength)"),
    ]);
    expect(refusals(inRule(`{ x: [${"a".repeat(20_000)}, ${"b".repeat(20_000)}] }`))).toEqual([
      expect.stringContaining("32768 characters of names and values at the most, 40002 are there"),
    ]);
    const most = Array.from({ length: 64 }, (_, at) => `x-${at}: 1`).join(", ");
    expect(refusals(inRule(`{ ${most} }`))).toEqual([]);
  });

  it.each([
    [`{ http: { malformed: bad-chunk, headers: { x: 1 } } }`, "in the place of the upstream"],
    [`{ http: { empty: true, headers: { x: 1 } } }`, "in the place of the upstream"],
    [`{ http: { error: { status: 503, headers: { x: 1 } }, headers: { y: 1 } } }`, "expected one HTTP fault"],
    [
      `{ http: { status: 429, retryAfter: 2s, headers: { remove: retry-after } } }`,
      "expected no retryAfter beside headers that remove retry-after",
    ],
  ])("%s contradicts itself", (fault, reason) => {
    const found = refusals(fault);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });
});

describe("headers that change", () => {
  it("stand where they stood; what is new comes last; all others stay the same objects", () => {
    const headers = [
      ["Date", "now"],
      ["X-A", "1"],
      ["b", "2"],
      ["x-a", "3"],
      ["C", "4"],
    ] as const;
    const changed = changedHeaders(headers, {
      add: [["b", "9"]],
      replace: [
        ["x-a", "5"],
        ["x-a", "6"],
        ["New", "7"],
      ],
      remove: ["c"],
    });
    expect(changed).toEqual([
      ["Date", "now"],
      ["X-A", "5"],
      ["X-A", "6"],
      ["b", "2"],
      ["New", "7"],
      ["b", "9"],
    ]);
    expect([changed[0], changed[3]]).toEqual([headers[0], headers[2]]);
    expect(changed[0] === headers[0] && changed[3] === headers[2]).toBe(true);
  });

  it("leave an answer of ours without what it has", () => {
    const [fault] = faultsOf(
      "{ http: { preset: anthropic/rate_limit_error, headers: { remove: [retry-after, request-id], add: { x-a: [1, 2] } } } }",
    );
    if (fault?.kind !== "http.error") throw new Error("no error");
    const { headers } = faultResponse(fault.answer, { requestId: "req_1", nowMs: 0, marker: "a" });
    const names = headers.map(([name]) => name);
    expect(names).not.toContain("retry-after");
    expect(names).not.toContain("request-id");
    expect(headers.filter(([name]) => name === "x-a")).toEqual([
      ["x-a", "1"],
      ["x-a", "2"],
    ]);
    expect(names).toContain("x-faultwire");
    expect(names.at(-1)).toBe("content-length");
  });

  it("are said in words", () => {
    const words = (fault: string): string | undefined => /→ (.*)/.exec(explain(ruleSet(fault)))?.[1];
    expect(words(inRule("{ add: { x-a: 1 }, replace: { retry-after: 5 }, remove: [request-id, x-b] }"))).toBe(
      "the head of the response says retry-after: 5 in the place of what it said, and says x-a: 1 as well, and goes without request-id, x-b",
    );
    expect(words("{ http: { status: 503, headers: { remove: date } } }")).toBe(
      "status 503; its head goes without date",
    );
    expect(words("{ http: { headers: { x: 1 }, delay: { beforeHead: 1s } } }")).toBe(
      "the head of the response says x: 1 in the place of what it said, and the head waits 1 s",
    );
  });
});
