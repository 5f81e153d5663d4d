import { describeUnread, type Unread } from "../events/unread.ts";
import type { Check } from "../verdicts/check.ts";
import { headline } from "./headline.ts";
import { insteadOf, type ReportInput, runFacts, totalsOf, writeOutcome, writeTotals } from "./report.ts";

/** Text for Markdown: nothing in it is markup, and it stays in its line. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#|~&!]/g, "\\$&").replaceAll(/\s+/g, " ");
}

const signs = { pass: "✅", fail: "❌", unproven: "❔", untested: "➖" } as const;

/**
 * The report as Markdown, for a pull request's comment or a job summary: one sentence, findings, expectations.
 *
 * @example
 * ```ts
 * await writeFile("report.md", markdownReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function markdownReport({ title, judgement, run = {} }: ReportInput): string {
  const { verdicts, checks } = judgement;
  const told = checks.filter(({ outcome }) => outcome === "fail" || outcome === "unproven");
  const facts = runFacts(run).map(([name, value]) => `${escapeMarkdown(name)} ${escapeMarkdown(value)}`);
  return [
    `## ${escapeMarkdown(title)}`,
    "",
    `**${escapeMarkdown(headline(judgement))}**`,
    "",
    ...(verdicts.length === 0 ? [] : expectations(judgement.verdicts)),
    ...section("What every client should do", told.flatMap(checkLines)),
    ...section(
      "Said of the run",
      judgement.outcomes.map((outcome) => `- ${escapeMarkdown(writeOutcome(outcome))}`),
    ),
    ...section(
      "Done otherwise than asked for",
      insteadOf(judgement.operations).map((line) => `- ${escapeMarkdown(line)}`),
    ),
    ...unreadTable(judgement.unread),
    ...section(
      "Lines of the log that can't be read",
      judgement.unreadable.map((line) => `- ${escapeMarkdown(line)}`),
    ),
    ...(facts.length === 0 ? [] : [`<sub>${facts.join(", ")}</sub>`, ""]),
  ].join("\n");
}

function expectations(verdicts: ReportInput["judgement"]["verdicts"]): string[] {
  const rows = verdicts.map(({ outcome, rule, expected, found, proof }) => {
    const cells = [rule, expected, proof === null ? found : `${found}; what would prove it: ${proof}`];
    return `| ${signs[outcome]} ${outcome} | ${cells.map(escapeMarkdown).join(" | ")} |`;
  });
  return [
    `### Expected by the rules: ${writeTotals(totalsOf(verdicts))}`,
    "",
    "| outcome | rule | expected | found |",
    "|---|---|---|---|",
    ...rows,
    "",
  ];
}

function checkLines({ outcome, severity, phrase, found, proof, advice }: Check): string[] {
  const more = outcome === "fail" ? advice : `What would prove it: ${proof ?? ""}`;
  const name = outcome === "fail" ? `${severity}: ${phrase}` : phrase;
  return [
    `- ${signs[outcome]} **${escapeMarkdown(name)}** (${escapeMarkdown(found)})<br>${escapeMarkdown(more)}`,
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, "", ...lines, ""];
}

function unreadTable(unread: readonly Unread[]): string[] {
  const rows = unread.map(
    ({ reason, connections, hosts }) =>
      `| ${escapeMarkdown(describeUnread(reason))} | ${connections} | ${escapeMarkdown(hosts.join(", "))} |`,
  );
  return section(
    "Not read",
    rows.length === 0 ? [] : ["| reason | connections | hosts |", "|---|---|---|", ...rows],
  );
}
