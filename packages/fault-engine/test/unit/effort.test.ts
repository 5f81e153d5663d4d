/** What regular expressions may cost: counted before it is spent, for all rules of a decision together, and told. */
import { RE2JS } from "re2js";
import { describe, expect, it, vi } from "vitest";
import { effortLimits, explain, FaultEngine, parseRuleFile } from "../../src/index.ts";
import { Effort } from "../../src/patterns/effort.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";

/** The costliest that are accepted. */
const costly = ["^(.*)a(.{1,200})$", "(?:a?){200}b", "(?:x*y*z*){60}q", "^(?:.?){240}$"];

/** Texts that a path, a header and a body can hold. */
const texts = [60_000, 1_000_000].flatMap((length) =>
  ["a", "ab", "xyz"].map((part) => part.repeat(length / part.length)),
);

const request = (target: string, body?: string) => ({
  ...{ connection: "1", method: "POST", target, headers: [] },
  ...(body !== undefined && { body: new TextEncoder().encode(body) }),
});

function engineOf(...expressions: readonly string[]): FaultEngine {
  const rules = expressions.map((text, at) => ({
    name: `r${at}`,
    match: { path: `/^${text}/` },
    fault: { http: { status: 500 + at } },
  }));
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", parseRuleFile(JSON.stringify({ version: 1, rules }), "f").ruleSet);
  return engine;
}

it("no expression is run on a text for more steps than the limit", () => {
  const run = vi.spyOn(RE2JS.prototype, "test");
  for (const source of costly) {
    const test = compileRegex(source);
    for (const text of texts) {
      const effort = new Effort();
      run.mockClear();
      test(text, effort);
      const steps = run.mock.calls.length * test.states * (text.length + 1);
      expect(steps).toBeLessThanOrEqual(effortLimits.maxSteps);
      expect([effort.spent, effort.isExceeded]).toEqual([steps, steps === 0]);
    }
  }
  run.mockRestore();
});

describe("all rules of a decision together", () => {
  it("take no more steps than one", () => {
    const run = vi.spyOn(RE2JS.prototype, "test").mockReturnValue(false);
    // Each of these takes a fifth of what there is.
    const { states } = compileRegex("^/.*x1");
    const path = `/${"a".repeat(Math.floor(effortLimits.maxSteps / states / 5))}`;
    const engine = engineOf(...Array.from({ length: 20 }, (_, at) => `/.*${"xyz"[at % 3]}${at % 10}`));
    run.mockClear();
    expect(engine.decideRequest(request(path), 0)).toEqual({ kind: "none", rule: null, unjudged: true });
    expect(run.mock.calls.length).toBeLessThanOrEqual(5);
    expect(run.mock.calls.length).toBeGreaterThan(0);
    run.mockRestore();
  });

  it("begin anew with the next request", () => {
    const engine = engineOf("/(.*)b(.{1,200})$");
    const long = `/${"a".repeat(60_000)}`;
    expect(engine.decideRequest(request(long), 0)).toMatchObject({ unjudged: true });
    expect(engine.decideRequest(request("/b"), 0)).not.toHaveProperty("unjudged");
  });

  it("are no matter of the next request where that chooses its fault itself", () => {
    const fault = { kind: "http.empty" } as const;
    const engine = new FaultEngine({
      startedAtMs: 0,
      readHeader: (value) => (value === "empty" ? fault : null),
    });
    const rules = [{ name: "r", match: { path: "/^/(.*)b(.{1,200})$/" }, fault: { http: { status: 500 } } }];
    const { ruleSet } = parseRuleFile(JSON.stringify({ version: 1, rules }), "f");
    engine.setRules("file", { ...ruleSet, header: true });
    expect(engine.decideRequest(request(`/${"a".repeat(60_000)}`), 0)).toMatchObject({ unjudged: true });
    const chosen = engine.decideRequest({ ...request("/b"), headers: [["x-faultwire", "empty"]] }, 0);
    expect(chosen).toMatchObject({ kind: "fault", decision: { fault } });
    expect(chosen).not.toHaveProperty("unjudged");
  });

  it("count in bodies, too", () => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    const rule = { name: "r", match: { body: { "/a": "/^x(.*)b/" } }, fault: { http: { status: 500 } } };
    engine.setRules("file", parseRuleFile(JSON.stringify({ version: 1, rules: [rule] }), "f").ruleSet);
    const decide = (text: string) => engine.decideRequest(request("/", JSON.stringify({ a: text })), 0);
    expect(decide(`x${"a".repeat(2_000_000)}b`)).toEqual({ kind: "none", rule: null, unjudged: true });
    expect(decide("xab")).toMatchObject({ kind: "fault" });
  });
});

it("check says for which texts an expression is too long, where a request can have them", () => {
  const file = (path: string) =>
    parseRuleFile(
      JSON.stringify({
        version: 1,
        rules: [{ name: "r", match: { path }, fault: { http: { status: 500 } } }],
      }),
      "f",
    ).ruleSet;
  expect(explain(file("/^(.*)a(.{1,200})$/"))).toMatch(
    /match\.path has \d+ states: on a text of more than \d{4} characters/,
  );
  expect(explain(file("/^/v1/"))).not.toContain("states");
});
