import { describeFault } from "../faults/fault.ts";
import { writeMs } from "../faults/fault-words.ts";
import { ruleUnit } from "../rules/compile-rule.ts";
import { givenKeys, type Match } from "../rules/match-keys.ts";
import type { Rule, RuleSet, Scope, When } from "../rules/rule.ts";

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

const ordinal = (count: number): string => {
  const tens = count % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${suffix}`;
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

function explainRule(rule: Rule, number: number): string[] {
  const lines = [
    `${number}. ${rule.name}: ${explainWhen(rule.when, ruleUnit(rule))}${explainMatch(rule.match)}`,
  ];
  const words = rule.faults.map((fault) => (fault === null ? "nothing is done" : describeFault(fault)));
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
  for (const [at, rule] of rules.rules.entries()) lines.push(...explainRule(rule, at + 1));
  if (rules.header) lines.push("Requests may choose their own fault with the header x-faultwire.");
  if (!rules.marker) lines.push("Injected responses are not marked.");
  for (const { rule, ...demands } of rules.expect)
    lines.push(`Expected of ${rule}: ${JSON.stringify(demands)}`);
  return `${lines.join("\n")}\n`;
}
