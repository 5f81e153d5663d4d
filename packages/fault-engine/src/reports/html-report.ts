import { escapeHtml } from "../providers/gateway-page.ts";
import type { Attempt, Operation } from "../verdicts/operations.ts";
import { describeUnread, type Unread } from "../verdicts/unread.ts";
import { attemptOutcome, emptyNote, type ReportInput, totalsOf, writeTotals } from "./report.ts";

/** Operations drawn; the page says how many more there are. A browser lays out thousands of rows slowly. */
const MAX_OPERATIONS = 500;

/** Nothing from outside: no script, no font, no image. A report must open anywhere and call nobody. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --ok: #2a7d3f; --bad: #b3261e; --odd: #8a6d00; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
h1, p, td { overflow-wrap: anywhere; }
.pass { color: var(--ok); } .fail { color: var(--bad); } .untested { color: var(--odd); }
.outcome { font-weight: 600; } td.outcome { overflow-wrap: normal; }
.track { position: relative; height: 1.4rem; background: #8881; min-width: 24rem; overflow: hidden; }
.bar { position: absolute; top: .2rem; height: 1rem; min-width: 3px; border-radius: 2px; background: var(--ok); }
.bar.failed { background: repeating-linear-gradient(45deg, #0000 0 4px, #fffa 4px 6px), var(--bad); }
.wait { position: absolute; top: .6rem; height: .2rem; background: #8886; }
.axis { display: flex; justify-content: space-between; font-size: 12px; opacity: .7; }
@media (max-width: 56rem) {
  body { margin: 1rem auto; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label) ": "; font-weight: 400; opacity: .7; color: CanvasText; }
  .track { min-width: 0; }
}
@media (prefers-color-scheme: dark) { :root { --ok: #7fd494; --bad: #ff8a80; --odd: #e6c34a; } }
`;

const endOf = (attempt: Attempt): number =>
  attempt.end?.atMs ?? attempt.response?.atMs ?? attempt.request.atMs;

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(3)}%`;

function describe(attempt: Attempt, fromMs: number): string {
  const { request, decision, carriedOut, response } = attempt;
  const rule = decision === null ? "" : `, hit by ${decision.rule} (${decision.fault})`;
  const undone = carriedOut?.type === "undone" ? `, not carried out: ${carriedOut.reason}` : "";
  const instead =
    carriedOut?.type === "done" && carriedOut.instead !== undefined ? `, instead: ${carriedOut.instead}` : "";
  const retry = (response?.retryAfterMs ?? null) === null ? "" : `, retry after ${response?.retryAfterMs} ms`;
  return `${request.request} at ${Math.round(request.atMs - fromMs)} ms: ${attemptOutcome(attempt)}${rule}${undone}${instead}${retry}`;
}

function track({ attempts }: Operation, fromMs: number, spanMs: number): string {
  let html = "";
  for (const [at, attempt] of attempts.entries()) {
    const start = attempt.request.atMs - fromMs;
    const before = attempts[at - 1];
    if (before !== undefined) {
      const left = endOf(before) - fromMs;
      html += `<span class="wait" style="left:${percent(left, spanMs)};width:${percent(Math.max(0, start - left), spanMs)}"></span>`;
    }
    const width = percent(Math.max(0, endOf(attempt) - attempt.request.atMs), spanMs);
    const text = escapeHtml(describe(attempt, fromMs));
    const kind = attempt.succeeded ? "bar" : "bar failed";
    html += `<span class="${kind}" role="img" style="left:${percent(start, spanMs)};width:${width}" title="${text}" aria-label="${text}"></span>`;
  }
  return html;
}

/** A cell; in a narrow window its label stands before it, where there is no room for columns. */
const cell = (label: string, html: string, kind = ""): string =>
  `<td data-label="${label}"${kind && ` class="${kind}"`}>${html}</td>`;

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

/**
 * The report as one self-contained HTML page: verdicts, then a timeline with a row for each operation, a bar for each
 * request and a line for each wait. No script; nothing is fetched. Every text from the log is escaped.
 *
 * @example
 * ```ts
 * await writeFile("report.html", htmlReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function htmlReport({ title, judgement }: ReportInput): string {
  const { verdicts, operations, unread, passed } = judgement;
  const drawn = operations.slice(0, MAX_OPERATIONS);
  const attempts = drawn.flatMap((operation) => operation.attempts);
  const fromMs = attempts.reduce(
    (least, { request }) => Math.min(least, request.atMs),
    Number.POSITIVE_INFINITY,
  );
  const toMs = attempts.reduce((most, attempt) => Math.max(most, endOf(attempt)), Number.NEGATIVE_INFINITY);
  const spanMs = Math.max(1, toMs - fromMs);
  const verdictRows = verdicts.map(
    ({ outcome, rule, expected, found, requests }) =>
      `<tr class="verdict">${cell("outcome", outcome, `outcome ${outcome}`)}${cell("rule", escapeHtml(rule))}${cell("expected", escapeHtml(expected))}${cell("found", escapeHtml(found))}${cell("requests", escapeHtml(requests.join(", ")))}</tr>`,
  );
  const operationRows = drawn.map((operation) => {
    const first = operation.attempts[0]!;
    const name = `${first.request.method} ${first.request.host}${first.request.path}`;
    const outcome = attemptOutcome(operation.attempts.at(-1)!);
    const timeline = `<div class="track">${track(operation, fromMs, spanMs)}</div>`;
    return `<tr class="operation">${cell("client", escapeHtml(operation.client))}${cell("request", escapeHtml(name))}${cell("attempts", String(operation.attempts.length))}${cell(`0 to ${Math.round(spanMs)} ms`, timeline)}${cell("ended", escapeHtml(outcome))}</tr>`;
  });
  const more = operations.length - drawn.length;
  const note = emptyNote(judgement);
  const came = passed ? (note === null ? "Passed" : "Nothing seen") : "Not passed";
  const kind = passed ? (note === null ? "pass" : "untested") : "fail";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}: ${came.toLowerCase()}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="outcome ${kind}">${came}: ${writeTotals(totalsOf(verdicts))}</p>
${note === null ? "" : `<p>${escapeHtml(note)}</p>\n`}<h2>Verdicts</h2>
<table>
<thead><tr><th>outcome</th><th>rule</th><th>expected</th><th>found</th><th>requests</th></tr></thead>
<tbody>
${verdictRows.join("\n")}
</tbody>
</table>
${unreadSection(unread)}<h2>Timeline</h2>
${more > 0 ? `<p>${more} more operations are not drawn.</p>` : ""}
<table>
<thead><tr><th>client</th><th>request</th><th>attempts</th><th><div class="axis"><span>0</span><span>${Math.round(spanMs)} ms</span></div></th><th>ended</th></tr></thead>
<tbody>
${operationRows.join("\n")}
</tbody>
</table>
</body>
</html>
`;
}
