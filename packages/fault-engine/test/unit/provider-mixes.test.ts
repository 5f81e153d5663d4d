/** The mixes of each provider have the shape that they are called after. */
import { describe, expect, it } from "vitest";
import {
  type Decision,
  FaultEngine,
  PROVIDER_MIX_NAMES,
  PROVIDER_NAMES,
  PROVIDERS,
  type Provider,
  parseRuleFile,
  requestOfMix,
  simulate,
} from "../../src/index.ts";

const ruleSetOf = (mix: string, seed = 0) =>
  parseRuleFile(`version: 1\nseed: ${seed}\nmix: ${mix}\n`, "mix.yaml").ruleSet;

/** What happens to a request every 100 ms, for three minutes. */
function decisionsOf(mix: string, model?: string, seed = 0): readonly (Decision | null)[] {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", ruleSetOf(mix, seed));
  const given = requestOfMix(mix)!;
  const other = { target: given.target!.replace(/[^/]*opus[^/:]*|gemini-3-pro|gpt-6/, model ?? "") };
  const body = new TextEncoder().encode(JSON.stringify({ model, stream: true }));
  const facts = {
    connection: "1",
    method: "POST",
    ...{
      headers: given.headers ?? [],
      target: given.target ?? "",
      host: given.host ?? "",
      body: given.body!,
    },
    ...(model !== undefined && { ...other, body }),
  };
  return Array.from({ length: 1800 }, (_, at) => {
    const decided = engine.decideRequest(facts, at * 100);
    return decided.kind === "fault" ? decided.decision : null;
  });
}

const isError = (decision: Decision | null): boolean => decision?.fault.kind === "http.error";
/** The share of errors between two seconds of each round. */
const share = (
  decisions: readonly (Decision | null)[],
  [from, to]: readonly [number, number],
  round: number,
): number => {
  const part = decisions.filter((_, at) => (at / 10) % round >= from && (at / 10) % round < to);
  return part.filter(isError).length / part.length;
};

const SHAPES = ["realistic", "bursts", "brownout", "partial-outage"];

describe.each(PROVIDER_NAMES)("the mixes of %s", (provider: Provider) => {
  it("are four, and their example is a request of this provider, and of the family that fails", () => {
    expect(PROVIDER_MIX_NAMES.filter((name) => name.startsWith(`${provider}/`))).toEqual(
      SHAPES.map((shape) => `${provider}/${shape}`),
    );
    const { rules } = simulate(ruleSetOf(`${provider}/partial-outage`), {
      requests: 50,
      request: requestOfMix(`${provider}/partial-outage`),
    });
    // 95 of a hundred fail by chance.
    expect(rules.map(({ hits }) => hits).reduce((sum, hits) => sum + hits, 0)).toBeGreaterThan(40);
  });

  it("bursts: nearly all fail for 5 s, half are limited for 2 s, then all pass", () => {
    const decisions = decisionsOf(`${provider}/bursts`);
    expect(share(decisions, [0, 5], 20)).toBeGreaterThan(0.8);
    expect(share(decisions, [5, 7], 20)).toBeGreaterThan(0.3);
    expect(share(decisions, [5, 7], 20)).toBeLessThan(0.7);
    expect(share(decisions, [7, 20], 20)).toBe(0);
  });

  it("realistic: bursts that end, and some failures between them", () => {
    const decisions = decisionsOf(`${provider}/realistic`);
    expect(share(decisions, [0, 4], 30)).toBeGreaterThan(0.5);
    expect(share(decisions, [4, 30], 30)).toBeGreaterThan(0.02);
    expect(share(decisions, [4, 30], 30)).toBeLessThan(0.1);
    const names = new Set(decisions.map((decision) => decision?.rule.split("/")[2]));
    expect([...names].filter((name) => name !== undefined).sort()).toEqual([
      ...["dropped", "failed", "failed-in-mid-stream", "gateway", "overloaded", "rate-limited", "slow-start"],
    ]);
  });

  it("brownout: answers get slower, then as before; some fail at the worst", () => {
    const decisions = decisionsOf(`${provider}/brownout`);
    const medians = [0, 6, 12, 18, 24, 30, 36, 54].map((second) => {
      const found = decisions
        .slice(second * 10, second * 10 + 60)
        .find((decision) => decision?.fault.kind === "http.delay");
      const wait = found?.fault.kind === "http.delay" ? found.fault.beforeHead : null;
      return wait !== null && typeof wait === "object" && "medianMs" in wait ? wait.medianMs : 0;
    });
    expect(medians).toEqual([0, 400, 1500, 4000, 1500, 400, 0, 0]);
    expect(share(decisions, [18, 24], 60)).toBeGreaterThan(0.2);
    expect(share(decisions, [18, 24], 60)).toBeLessThan(0.4);
    expect(share(decisions, [24, 60], 60) + share(decisions, [0, 18], 60)).toBe(0);
  });

  it("partial-outage: one family fails for 20 s, and no other model", () => {
    const decisions = decisionsOf(`${provider}/partial-outage`);
    expect(share(decisions, [0, 20], 60)).toBeGreaterThan(0.9);
    expect(share(decisions, [20, 60], 60)).toBe(0);
    expect(decisionsOf(`${provider}/partial-outage`, "another").filter(isError)).toEqual([]);
  });

  it("follow the seed, and nothing but the seed", () => {
    const rulesOf = (seed: number) =>
      decisionsOf(`${provider}/realistic`, undefined, seed).map((decision) => decision?.rule);
    expect(rulesOf(1)).toEqual(rulesOf(1));
    expect(rulesOf(1)).not.toEqual(rulesOf(2));
  });

  it("touch the provider's hosts where nothing names targets", () => {
    expect(ruleSetOf(`${provider}/bursts`).usualTargets ?? []).toEqual(PROVIDERS[provider].hosts);
  });
});

describe("a mix that there is none of", () => {
  it("is refused with what a mix may be", () => {
    const refusal = (mix: string) => () => ruleSetOf(mix);
    expect(refusal("openai/brown-out")).toThrow(/with realistic, bursts, brownout, partial-outage/);
    expect(refusal("nobody/bursts")).toThrow(/gentle, realistic, brutal, or <provider>\/<shape>/);
  });

  it("gentle, realistic and brutal name no targets of their own", () => {
    expect(ruleSetOf("gentle").usualTargets).toBeUndefined();
  });
});
