import {
  type Fault,
  FaultEngine,
  type Match,
  type RequestDecision,
  type RequestFacts,
  type Rule,
  type RuleSet,
  type When,
} from "../../src/index.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";
import { EMPTY_RULE_SET } from "../../src/rules/rule.ts";

export const EMPTY: Fault = { kind: "http.empty" };

export interface RuleParts {
  readonly name?: string;
  readonly match?: Match;
  readonly when?: Partial<When>;
  readonly faults?: readonly (Fault | null)[];
}

export function rule({ name = "rule", match = {}, when = {}, faults = [EMPTY] }: RuleParts = {}): Rule {
  return { name, match, when: { per: "all", ...when }, faults };
}

export const ruleSet = (rules: readonly Rule[], more: Partial<RuleSet> = {}): RuleSet => ({
  ...EMPTY_RULE_SET,
  seed: 42,
  rules,
  compileRegex,
  ...more,
});

export function engineOf(rules: readonly Rule[], more: Partial<RuleSet> = {}): FaultEngine {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", ruleSet(rules, more));
  return engine;
}

export const jsonBody = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function request(more: Partial<RequestFacts> = {}): RequestFacts {
  return {
    connection: "1",
    host: "api.anthropic.com",
    port: 443,
    method: "POST",
    target: "/v1/messages?beta=true",
    headers: [["anthropic-version", "2023-06-01"]],
    body: jsonBody({ model: "claude-sonnet-5", stream: true }),
    ...more,
  };
}

/** The name of the rule that a request fell to, or "-". */
export function hitBy(decision: RequestDecision): string {
  switch (decision.kind) {
    case "fault":
      return decision.decision.rule;
    case "none":
      return "-";
    case "needs-body":
      return "needs-body";
  }
}
