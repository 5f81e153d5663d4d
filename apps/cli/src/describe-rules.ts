/** The rules in a line of the banner. */
import type { RuleSet } from "@faultwire/fault-engine";
import type { RuleSources } from "@faultwire/runtime";

/** How many rules there are, and what they are about, in a line for people. */
export function describeRules({ file, flags, targets }: RuleSources, path: string | undefined): string {
  const parts: string[] = [];
  if (file !== null)
    parts.push(`${count(file)} of ${path}, seed ${file.seed} (\`faultwire check ${path}\` explains them)`);
  if (flags !== null) parts.push(describeFlags(flags));
  return `${targets.join(", ")}: ${parts.join("; then ")}`;
}

const count = ({ rules }: RuleSet): string => `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;

function describeFlags({ rules, seed }: RuleSet): string {
  const [answers, closes] = rules;
  const share = Number(((answers?.when.probability ?? 1) * 100).toFixed(3));
  const [answer] = answers?.faults ?? [];
  const [close] = closes?.faults ?? [];
  const status = answer?.kind === "http.error" ? answer.answer.status : 500;
  const at = close?.kind === "connection.close" && close.at.kind === "moment" ? close.at.moment : "";
  return `${share} % of requests answered with ${status}, of HTTPS that stays closed ended at ${at}; seed ${seed}`;
}
