/** Whose form a budget has: the provider that it names, else the one whose requests alone its rule takes. */
import { describe, expect, it } from "vitest";
import { explain, type Fault, parseRuleFile } from "../../src/index.ts";

const ruleSetOf = (rule: string) =>
  parseRuleFile(`version: 1\nrules:\n  - { name: a, ${rule} }\n`, "f.yaml").ruleSet;
const formOf = (fault: Fault | null | undefined): string | null | undefined =>
  fault?.kind === "http.rate-limit" ? fault.provider : undefined;

const BUDGET = "rateLimit: { requestsPerMinute: 10 }";

describe("the form of a budget", () => {
  it.each([
    ["the match names one provider", `match: { provider: azure }, fault: { http: { ${BUDGET} } }`, "azure"],
    ["a list of one", `match: { provider: [mistral] }, fault: { http: { ${BUDGET} } }`, "mistral"],
    [
      "the budget names another",
      "match: { provider: openai }, fault: { http: { rateLimit: { requestsPerMinute: 10, provider: litellm } } }",
      "litellm",
    ],
    [
      "several providers",
      `match: { provider: [openai, azure] }, fault: { http: { ${BUDGET} } }`,
      "anthropic",
    ],
    ["no provider", `match: { model: "gpt-*" }, fault: { http: { ${BUDGET} } }`, "anthropic"],
    ["no match", `fault: { http: { ${BUDGET} } }`, "anthropic"],
  ])("%s", (_, rule, provider) => {
    const ruleSet = ruleSetOf(rule);
    expect(formOf(ruleSet.rules[0]?.faults[0])).toBe(provider);
    expect(explain(ruleSet)).toContain(
      `→ 429 once more than 10 requests a minute are used, per key, in the form of ${provider}\n`,
    );
  });

  it("holds in a sequence, and beside other faults", () => {
    const [rule] = ruleSetOf(
      `match: { provider: openai }, sequence: [none, { http: { ${BUDGET}, delay: { beforeHead: 1s } } }, { http: { ${BUDGET} }, stream: { cut: { afterEvents: 1 } } }]`,
    ).rules;
    const all = rule!.faults.map((fault, at) => [fault, ...(rule!.also?.[at] ?? [])]);
    const forms = all.map((faults) => faults.map(formOf).filter((form) => form !== undefined));
    expect(forms).toEqual([[], ["openai"], ["openai"]]);
  });
});
