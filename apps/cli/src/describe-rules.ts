/** The rules in a line of the banner. */
import type { RuleSet } from "@faultwire/fault-engine";
import { writeCount } from "@faultwire/fault-engine/internal";
import { inputName, type RuleSources, standardInput } from "@faultwire/runtime/internal";

/** How many rules there are, and what they are about, in a line for people. */
export function describeRules({ file, flags, targets }: RuleSources, path: string | undefined): string {
  const parts: string[] = [];
  if (file !== null) {
    const explained = path === standardInput ? "" : ` (\`faultwire check ${path}\` explains them)`;
    const name = inputName(path ?? "");
    parts.push(`${writeCount(file.rules.length, "rule")} of ${name}, seed ${file.seed}${explained}`);
  }
  if (flags !== null) parts.push(describeFlags(flags));
  return `${targets.join(", ")}: ${parts.join("; then ")}`;
}

function describeFlags({ rules, seed }: RuleSet): string {
  const [answers, closes] = rules;
  const share = Number(((answers?.when.probability ?? 1) * 100).toFixed(3));
  const [answer] = answers?.faults ?? [];
  const [close] = closes?.faults ?? [];
  const status = answer?.kind === "http.error" ? answer.answer.status : 500;
  const at = close?.kind === "connection.close" && close.at.kind === "moment" ? close.at.moment : "";
  return `${share} % of requests answered with ${status} (where HTTPS stays closed: of connections closed at ${at}); seed ${seed}`;
}
