import { FaultEngineError, parseRuleFile, singleRuleSet } from "@faultwire/fault-engine";
import { compileRegex } from "@faultwire/fault-engine/regex";
import { describe, expect, it } from "vitest";
import type { Fetch } from "../../src/rule-set.ts";
import { faultyFetch } from "../../src/rule-set.ts";
import { url } from "./support.ts";

const fine: Fetch = async () => new Response("fine");
const post = { method: "POST", body: "{}" };
const file = `
version: 1
rules:
  - name: messages
    match: { path: "/^/v1/(messages|complete)$/" }
    fault: { http: { status: 529 } }
`;

describe("faultyFetch of rule sets", () => {
  it("fails by a set that is made by hand", async () => {
    const failing = faultyFetch(fine, { rules: singleRuleSet({ errorProbability: 1, statusCode: 529 }) });
    expect((await failing(url, post)).status).toBe(529);
  });

  it("takes a set that was written as JSON, with what compiles its expressions", async () => {
    const stored = JSON.parse(JSON.stringify(parseRuleFile(file, "faults.yaml").ruleSet));
    const failing = faultyFetch(fine, { rules: { ...stored, compileRegex } });
    expect((await failing(url, post)).status).toBe(529);
    expect((await failing("https://api.anthropic.com/v1/models")).status).toBe(200);
  });

  it("refuses an expression that nothing compiles, and says where to get it", () => {
    const stored = JSON.parse(JSON.stringify(parseRuleFile(file, "faults.yaml").ruleSet));
    const make = () => faultyFetch(fine, { rules: stored });
    expect(make).toThrow(FaultEngineError);
    expect(make).toThrow("no compiler for the regular expression");
    expect(make).toThrow("@faultwire/fault-engine/regex");
  });

  it("obeys no header, and asks for rules or a policy", async () => {
    const rules = { ...singleRuleSet({ errorProbability: 0 }), header: true };
    const headers = { "x-faultwire": "anthropic/overloaded_error" };
    expect((await faultyFetch(fine, { rules })(url, { ...post, headers })).status).toBe(200);
    expect(() => faultyFetch(fine, {})).toThrow(TypeError);
  });
});
