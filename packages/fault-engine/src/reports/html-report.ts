import { describeUnread, type Unread } from "../events/unread.ts";
import { FAULTS, type FaultKind } from "../faults/fault.ts";
import { escapeHtml } from "../providers/gateway-page.ts";
import type { Check } from "../verdicts/check.ts";
import type { Judgement, Verdict } from "../verdicts/judge.ts";
import type { Operation } from "../verdicts/operations.ts";
import { leastOf } from "../verdicts/words.ts";
import { writeCount } from "../write-count.ts";
import { headline } from "./headline.ts";
import { operationHtml, requestLinks } from "./html-operation.ts";
import { REPORT_STYLE } from "./html-style.ts";
import {
  emptyNote,
  insteadOf,
  type ReportInput,
  type RunFacts,
  rulesText,
  runFacts,
  totalsOf,
  writeOutcome,
  writeTotals,
} from "./report.ts";

/** Operations drawn; the page says how many more there are. A browser lays out thousands of them slowly. */
const maxOperations = 500;

/** Nothing from outside: no script, no font, no image. A report must open anywhere and call nobody. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * The report as one self-contained HTML page: one sentence, findings with what to do, expectations, then each operation with
 * its requests and waits along the time. No script; nothing is fetched. Every text from the log is escaped.
 *
 * @example
 * ```ts
 * await writeFile("report.html", htmlReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function htmlReport({ title, judgement, run = {} }: ReportInput): string {
  const { verdicts, checks, unread, unreadable, outcomes, operations } = judgement;
  const said = [
    ...listSection("Said of the run", outcomes.map(writeOutcome)),
    ...listSection("Done otherwise than asked for", insteadOf(operations)),
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}: ${cameTo(judgement)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="headline">${escapeHtml(headline(judgement))}</p>
${verdicts.length === 0 ? "" : `<p class="totals"><span class="chip ${totalsChip(judgement)}">${cameTo(judgement)}</span> ${writeTotals(totalsOf(verdicts))}</p>\n`}${factsHtml(run)}
${findingsSection(checks)}${verdictsSection(verdicts)}${said.join("")}${unreadSection(unread)}${listSection("Lines of the log that can't be read", unreadable).join("")}${operationsSection(operations)}${faultsSection(operations)}${rulesSection(run)}</body>
</html>
`;
}

function cameTo(judgement: Judgement): string {
  if (emptyNote(judgement) !== null) return "nothing judged";
  if (!judgement.passed) return "not passed";
  if (judgement.verdicts.length > 0) return "passed";
  return judgement.checks.some(({ outcome }) => outcome === "fail") ? "findings" : "no findings";
}

const totalsChip = ({ passed }: Judgement): string => (passed ? "pass" : "fail");

function factsHtml(run: RunFacts): string {
  const facts = runFacts(run).map(
    ([name, value]) => `<span>${escapeHtml(name)} <strong>${escapeHtml(value)}</strong></span>`,
  );
  return facts.length === 0 ? "" : `<p class="facts">${facts.join(" ")}</p>`;
}

const chip = (outcome: string, text: string = outcome): string =>
  `<span class="chip ${outcome}">${escapeHtml(text)}</span>`;

function findingsSection(checks: readonly Check[]): string {
  if (checks.length === 0) return "";
  const told = checks.filter(({ outcome }) => outcome === "fail" || outcome === "unproven");
  const quiet = checks.filter((check) => check.outcome === "pass");
  const cards = told.map(
    (check) => `<article class="card ${check.outcome}">
<header>${chip(check.outcome, check.outcome === "fail" ? check.severity : "not shown")}<h3>${escapeHtml(capital(check.phrase))}</h3></header>
<dl><dt>found</dt><dd>${escapeHtml(check.found)}</dd>
${check.outcome === "fail" ? `<dt>what to do</dt><dd>${escapeHtml(check.advice)}</dd>` : `<dt>what would prove it</dt><dd>${escapeHtml(check.proof ?? "")}</dd>`}
<dt>faults</dt><dd>${faultLinks(check.faults)}</dd>${check.requests.length === 0 ? "" : `\n<dt>requests</dt><dd>${requestLinks(check.requests)}</dd>`}</dl>
</article>`,
  );
  const good = quiet.map(({ phrase }) => `<li>${chip("pass", "good")} ${escapeHtml(capital(phrase))}</li>`);
  return `<h2>Findings</h2>
${cards.join("\n")}
${good.length === 0 ? "" : `<ol class="attempts">\n${good.join("\n")}\n</ol>\n`}`;
}

const faultAnchor = (kind: FaultKind): string => `fault-${kind.replaceAll(".", "-")}`;
const faultLinks = (kinds: readonly FaultKind[]): string =>
  kinds.map((kind) => `<a href="#${faultAnchor(kind)}">${kind}</a>`).join(", ");

/** A cell; in a narrow window its label stands before it, where there is no room for columns. */
const cell = (label: string, html: string): string => `<td data-label="${label}">${html}</td>`;

function verdictsSection(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "";
  const rows = verdicts.map(({ outcome, rule, expected, found, proof, requests }) => {
    const shown = `${escapeHtml(found)}${proof === null ? "" : `<br><span class="soft">what would prove it: ${escapeHtml(proof)}</span>`}`;
    return `<tr class="verdict">${cell("outcome", chip(outcome))}${cell("rule", escapeHtml(rule))}${cell("expected", escapeHtml(expected))}${cell("found", shown)}${cell("requests", requestLinks(requests))}</tr>`;
  });
  return `<h2>Expected by the rules</h2>
<table>
<thead><tr><th>outcome</th><th>rule</th><th>expected</th><th>found</th><th>requests</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
`;
}

/** What was not read; nothing where all was. */
function unreadSection(unread: readonly Unread[]): string {
  if (unread.length === 0) return "";
  const rows = unread.map(
    ({ reason, connections, hosts }) =>
      `<tr class="unread">${cell("reason", escapeHtml(describeUnread(reason)))}${cell("connections", String(connections))}${cell("hosts", escapeHtml(hosts.join(", ")))}</tr>`,
  );
  return `<h2>Not read</h2>
<table>
<thead><tr><th>reason</th><th>connections</th><th>hosts</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
`;
}

function listSection(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    `<h2>${title}</h2>\n<ul>\n${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("\n")}\n</ul>\n`,
  ];
}

const legend = `<p class="legend"><span><span class="track"><span class="bar"></span></span>succeeded</span>
<span><span class="track"><span class="bar failed"></span></span>failed</span>
<span><span class="track"><span class="bar open"></span></span>still open</span>
<span><span class="track"><span class="bar failed injected"></span></span>a rule has struck</span>
<span><span class="track"><span class="wait"></span></span>wait before the next request</span>
<span><span class="track"><span class="asked"></span></span>what retry-after asked for</span></p>`;

function operationsSection(operations: readonly Operation[]): string {
  if (operations.length === 0) return "";
  // Where there is no room for all, those to which something happened.
  const isHit = ({ attempts }: Operation): boolean => attempts.some(({ decision }) => decision !== null);
  const sorted =
    operations.length <= maxOperations
      ? operations
      : [...operations.filter(isHit), ...operations.filter((operation) => !isHit(operation))];
  const drawn = sorted.slice(0, maxOperations);
  const more = operations.length - drawn.length;
  const fromMs = leastOf(operations.map(({ attempts }) => attempts[0]?.beganAtMs ?? 0));
  return `<h2>Operations</h2>
${legend}
${more > 0 ? `<p>Not drawn: ${writeCount(more, "more operation")}.</p>\n` : ""}${drawn.map((operation) => operationHtml(operation, fromMs)).join("\n")}
`;
}

/** Each kind of fault that came up, as the documentation has it. */
function faultsSection(operations: readonly Operation[]): string {
  const kinds = new Set(
    operations.flatMap(({ attempts }) =>
      attempts.flatMap(({ decision }) => (decision ? [decision.fault] : [])),
    ),
  );
  if (kinds.size === 0) return "";
  const rows = [...kinds].map((kind) => {
    const { example, doc } = FAULTS[kind];
    return `<tr id="${faultAnchor(kind)}">${cell("fault", kind)}${cell("what the client sees", inlineCode(doc))}${cell("as a rule", `<code>${escapeHtml(example)}</code>`)}</tr>`;
  });
  return `<h2>Faults</h2>
<p class="soft">More of each: docs/faults.md.</p>
<table>
<thead><tr><th>fault</th><th>what the client sees</th><th>as a rule</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
`;
}

function rulesSection(run: RunFacts): string {
  const text = rulesText(run);
  return text === null ? "" : `<h2>Rules</h2>\n<pre>${escapeHtml(text)}</pre>\n`;
}

/** Markdown's code spans; the documentation of faults uses nothing else. */
const inlineCode = (markdown: string): string =>
  escapeHtml(markdown).replaceAll(/`([^`]*)`/g, "<code>$1</code>");

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
