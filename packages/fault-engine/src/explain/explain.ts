import { type ComposedFault, inStreamOrder } from "../faults/compose.ts";
import { describeFault, type Fault } from "../faults/fault.ts";
import { ordinal, writeMs } from "../faults/fault-words.ts";
import { effortLimits } from "../patterns/effort.ts";
import { type RegexCompiler, refuseRegex } from "../patterns/regex-test.ts";
import type { Provider } from "../providers/request-table.ts";
import { ruleUnit } from "../rules/compile-rule.ts";
import { firstInFormOf, inFormOf } from "../rules/in-form-of.ts";
import { expressionsOf, givenKeys, type Match } from "../rules/match-keys.ts";
import type { Rule, RuleSet, Scope, When } from "../rules/rule.ts";
import { apisOfRule } from "./apis-of-rule.ts";
import { describeExpectation } from "./expectation-words.ts";

function explainMatch(match: Match): string {
  const parts = givenKeys(match).flatMap(({ key, value }) => key.describe(value));
  return parts.length === 0 ? "" : ` with ${parts.join(", ")}`;
}

const SCOPES: Readonly<Record<Scope, string>> = {
  all: "",
  connection: " of each connection",
  client: " of each client",
  key: " of each API key",
};

function explainWhen(when: When, unit: string): string {
  const { per, probability, first, nth, every, atMost, afterMs, forMs, burst } = when;
  const parts: string[] = [];
  if (first !== undefined) parts.push(first === 1 ? "the first" : `the first ${first}`);
  if (nth !== undefined) parts.push(`the ${nth.map(ordinal).join(", ")}`);
  if (every !== undefined) parts.push(every === 1 ? "every one" : `every ${ordinal(every)}`);
  if (probability !== undefined) parts.push(`${Math.round(probability * 1e6) / 1e4} % by chance`);
  if (atMost !== undefined) parts.push(`no more than ${atMost}`);
  const what = parts.length === 0 ? `every ${unit}` : `${parts.join(" and ")}, counting ${unit}s`;
  const time: string[] = [];
  if (afterMs !== undefined) time.push(`from ${writeMs(afterMs)} after the start`);
  if (forMs !== undefined) time.push(`for ${writeMs(forMs)}`);
  if (burst !== undefined)
    time.push(`in the first ${writeMs(burst.forMs)} of every ${writeMs(burst.everyMs)}`);
  return `${what}${SCOPES[per]}${time.length === 0 ? "" : `, ${time.join(", ")}`}`;
}

/** A fault and those beside it, in the order in which they work on a response, and in which their events come. */
function describeComposed({ fault, also }: ComposedFault, [first, ...others]: readonly Provider[]): string {
  const formed = (one: Fault): Fault => {
    if (first === undefined) return one;
    return others.length === 0 ? inFormOf(one, first) : firstInFormOf(one, first);
  };
  return inStreamOrder([fault, ...also])
    .map((one) => describeFault(formed(one)))
    .join(", and ");
}

/** Characters of the longest text that a request's head can hold. */
const longestHead = 65_536;

function explainRule(
  rule: Rule,
  number: number,
  targets: readonly string[],
  compileRegex: RegexCompiler,
): string[] {
  const apis = apisOfRule(rule.match, targets) ?? [];
  const lines = [
    `${number}. ${rule.name}: ${explainWhen(rule.when, ruleUnit(rule))}${explainMatch(rule.match)}`,
  ];
  const words = rule.faults.map((fault, at) =>
    fault === null ? "nothing is done" : describeComposed({ fault, also: rule.also?.[at] ?? [] }, apis),
  );
  for (const { key, states } of expressionsOf(rule.match, compileRegex)) {
    const most = Math.floor(effortLimits.maxSteps / states) - 1;
    if (key === "body" || most < longestHead)
      lines.push(
        `   (its expression of match.${key} has ${states} states: on a text of more than ${most} characters it is not tried, which is told)`,
      );
  }
  if (words.length === 1) lines.push(`   → ${words[0]}`);
  else for (const [at, text] of words.entries()) lines.push(`   → ${at === 0 ? "in turn" : "then"}: ${text}`);
  return lines;
}

/**
 * A rule set in words: what will fail, how often, in which order. One or more lines a rule.
 *
 * @example
 * ```ts
 * console.log(explain(parseRuleFile(text, "faults.yaml").ruleSet));
 * ```
 */
export function explain(rules: RuleSet): string {
  const hosts = rules.targets.length === 0 ? "all hosts" : rules.targets.join(", ");
  const lines = [
    `Targets: ${hosts}. Seed: ${rules.seed}. The first rule that hits wins; later ones count what is left.`,
  ];
  if (rules.rules.length === 0) lines.push("No rules: everything passes unchanged.");
  for (const [at, rule] of rules.rules.entries())
    lines.push(...explainRule(rule, at + 1, rules.targets, rules.compileRegex ?? refuseRegex));
  if (rules.header) lines.push("Requests may choose their own fault with the header x-faultwire.");
  if (!rules.marker) lines.push("Injected responses are not marked.");
  if (rules.asksOnce) lines.push("The same request again, one after the other, counts as a retry.");
  if (rules.expectsNothing) lines.push("Nothing is expected of clients: no verdicts.");
  for (const expectation of rules.expect)
    lines.push(`Expected of a client that ${expectation.rule} hit: ${describeExpectation(expectation)}.`);
  return `${lines.join("\n")}\n`;
}
