/** Rules in other forms than the rule file's: the old single rule, the header of a request, the JSON Schema. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseRuleFile, readHeaderFault, ruleFileJsonSchema, singleRuleSet } from "../../src/index.ts";
import { linesOf } from "../support/rule-problems.ts";

describe("the old single-rule form", () => {
  it("means one rule", () => {
    const text = JSON.stringify({
      error_probability: 0.25,
      status_code: 429,
      error_body: { error: "slow down" },
      target_host: "api.test",
      headers: { "retry-after": "1" },
      ca_cert: "ca.pem",
      ca_key: "ca.key",
    });
    const { ruleSet, ca, single } = parseRuleFile(text, "old.json");
    expect(ca).toEqual({ cert: "ca.pem", key: "ca.key" });
    expect(single).toEqual({
      errorProbability: 0.25,
      statusCode: 429,
      errorBody: '{"error":"slow down"}',
      targetHosts: ["api.test"],
      headers: [["retry-after", "1"]],
    });
    expect(ruleSet).toEqual(singleRuleSet(single ?? {}));
  });

  it("takes lists of hosts, the moment of a close and a seed", () => {
    const text = '{"target_host": ["API.test", "*.b.test"], "close_at": "established", "seed": "s"}';
    expect(parseRuleFile(text, "old.json").single).toEqual({
      targetHosts: ["api.test", "*.b.test"],
      closeAt: "established",
      seed: "s",
    });
  });

  it.each([
    ['{"error_probability": 2}', /error_probability: found 2/],
    ['{"status_code": 429, "statuscode": 1}', /statuscode: unknown key \(did you mean status_code\?\)/],
    ['{"status_code": 429, "ca_cert": "a"}', /ca_cert and ca_key together/],
    ['{"status_code": 42}', /status_code: found 42, expected a whole number from 200 to 599/],
    ['{"close_at": "soon"}', /close_at: found "soon", expected client-hello, /],
    ['{"headers": {"x y": "z"}}', /no header name/],
  ])("refuses %s", (text, message) => {
    expect(linesOf(text).join("\n")).toMatch(message);
  });
});

describe("the header of a request", () => {
  it.each([
    ["none", null],
    ["anthropic/overloaded_error", { kind: "http.error", answer: { preset: "anthropic/overloaded_error" } }],
    ['{"http":{"status":503}}', { kind: "http.error", answer: { status: 503 } }],
    ["{stream: {cut: {afterEvents: 2}}}", { kind: "stream.cut" }],
    ["overloaded", { kind: "http.error", answer: { preset: "anthropic/overloaded_error" } }],
    ["overload", { kind: "http.error", answer: { status: 400 } }],
    ["{http: {", { kind: "http.error", answer: { status: 400 } }],
    ["", { kind: "http.error", answer: { status: 400 } }],
    // A client writes it: nothing in it may be an error of ours.
    ["*a", { kind: "http.error", answer: { status: 400 } }],
    ["&a [*a]", { kind: "http.error", answer: { status: 400 } }],
    ["{http: *x}", { kind: "http.error", answer: { status: 400 } }],
    ["{http: {status: 503, body: &a { a: *a }}}", { kind: "http.error", answer: { status: 400 } }],
    ["--- a\n--- b", { kind: "http.error", answer: { status: 400 } }],
  ])("%s", (value, expected) => {
    const read = readHeaderFault(value);
    if (expected === null) expect(read).toBeNull();
    else expect(read).toMatchObject(expected);
  });
});

describe("the JSON Schema", () => {
  const published = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../gen/rules.schema.json"), "utf8"),
  );

  it("that is published is the one that the code has (`pnpm generate` writes it)", () => {
    expect(published).toEqual(ruleFileJsonSchema());
  });

  it("takes what the parser takes, and refuses unknown keys", () => {
    const schema = z.fromJSONSchema(published);
    const file = (fault: unknown): unknown => ({ version: 1, rules: [{ name: "a", fault }] });
    expect(
      schema.safeParse(file({ http: { preset: "anthropic/api_error", retryAfter: "2s" } })).success,
    ).toBe(true);
    expect(schema.safeParse(file({ stream: { cut: { afterEvents: 2 } } })).success).toBe(true);
    expect(schema.safeParse(file({ http: { preset: "anthropic/nothing" } })).success).toBe(false);
    expect(schema.safeParse(file({ htpp: {} })).success).toBe(false);
    expect(schema.safeParse({ version: 1, ruels: [] }).success).toBe(false);
  });
});
