import type { Check } from "../verdicts/check.ts";
import type { VerdictOutcome } from "../verdicts/demands.ts";
import { headline } from "./headline.ts";
import { insteadOf, type ReportInput, totalsOf, writeOutcome, writeTotals, writeUnread } from "./report.ts";

const marks: Readonly<Record<VerdictOutcome, string>> = {
  pass: "ok  ",
  fail: "FAIL",
  unproven: "?   ",
  untested: "-   ",
};

/**
 * The report for a terminal: one sentence, a line for each expectation and for each thing that every client should do, with
 * what was found and what to do where it is no pass, and the totals.
 *
 * @example
 * ```ts
 * console.log(textReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function textReport({ title, judgement }: ReportInput): string {
  const lines = [title, `  ${headline(judgement)}`];
  const { verdicts, checks } = judgement;
  if (verdicts.length > 0) lines.push("  expected by the rules:");
  for (const { outcome, rule, expected, found, proof, requests } of verdicts) {
    lines.push(`  ${marks[outcome]} ${rule}: ${expected}`);
    if (outcome !== "pass") lines.push(...details(found, proof, requests));
  }
  const told = checks.filter(({ outcome }) => outcome !== "pass" && outcome !== "untested");
  if (told.length > 0) lines.push("  what every client should do:");
  for (const check of told) lines.push(...checkLines(check));
  const section = (name: string, its: readonly string[]): void => {
    if (its.length > 0) lines.push(`  ${name}:`, ...its.map((line) => `         ${line}`));
  };
  section("said of the run", judgement.outcomes.map(writeOutcome));
  section("done otherwise than asked for", insteadOf(judgement.operations));
  section("not read", judgement.unread.map(writeUnread));
  section("lines of the log that can't be read", judgement.unreadable);
  if (verdicts.length > 0) lines.push(writeTotals(totalsOf(verdicts)));
  return `${lines.join("\n")}\n`;
}

function checkLines({ outcome, phrase, found, proof, advice, requests }: Check): string[] {
  const mark = outcome === "fail" ? "!   " : marks[outcome];
  const todo = outcome === "fail" ? [`         what to do: ${advice}`] : [];
  return [`  ${mark} ${phrase}`, ...details(found, proof, requests), ...todo];
}

function details(found: string, proof: string | null, requests: readonly string[]): string[] {
  return [
    `         found: ${found}`,
    ...(proof === null ? [] : [`         what would prove it: ${proof}`]),
    ...(requests.length === 0 ? [] : [`         requests: ${requests.join(", ")}`]),
  ];
}
