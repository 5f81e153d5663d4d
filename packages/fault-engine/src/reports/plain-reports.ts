import type { Operation } from "../verdicts/operations.ts";
import { describeUnread, type Unread } from "../verdicts/unread.ts";
import { emptyNote, insteadOf, type ReportInput, totalsOf, writeTotals, writeUnread } from "./report.ts";

const MARKS = { pass: "ok  ", fail: "FAIL", untested: "??  " } as const;

/**
 * The report for a terminal: a line for each verdict, what was found where it is no pass, and the totals.
 *
 * @example
 * ```ts
 * console.log(textReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function textReport({ title, judgement }: ReportInput): string {
  const lines = [title];
  const note = emptyNote(judgement);
  if (note !== null) lines.push(`  ${note}`);
  for (const { outcome, rule, expected, found, requests } of judgement.verdicts) {
    lines.push(`  ${MARKS[outcome]} ${rule}: ${expected}`);
    if (outcome === "pass") continue;
    lines.push(`         found: ${found}`);
    if (requests.length > 0) lines.push(`         requests: ${requests.join(", ")}`);
  }
  const instead = insteadOf(judgement.operations);
  if (instead.length > 0) lines.push("  done otherwise than asked for:");
  for (const line of instead) lines.push(`         ${line}`);
  if (judgement.unread.length > 0) lines.push("  not read:");
  for (const unread of judgement.unread) lines.push(`         ${writeUnread(unread)}`);
  lines.push(writeTotals(totalsOf(judgement.verdicts)));
  return `${lines.join("\n")}\n`;
}

/** The report for programs. `format` is 1 as long as members are only added. */
export function jsonReport({ title, judgement }: ReportInput): string {
  const { verdicts, operations, unread, passed } = judgement;
  const report = {
    format: 1,
    title,
    passed,
    note: emptyNote(judgement),
    totals: totalsOf(verdicts),
    verdicts,
    unread,
    operations: operations.map(({ client, fingerprint, attempts }) => ({
      client,
      fingerprint,
      attempts: attempts.map(({ request, decision, carriedOut, response, end, succeeded }) => ({
        request: request.request,
        atMs: request.atMs,
        method: request.method,
        host: request.host,
        path: request.path,
        rule: decision?.rule ?? null,
        fault: decision?.fault ?? null,
        undone: carriedOut?.type === "undone" ? carriedOut.reason : null,
        instead: carriedOut?.type === "done" ? (carriedOut.instead ?? null) : null,
        status: response?.status ?? null,
        retryAfterMs: response?.retryAfterMs ?? null,
        end: end?.how ?? null,
        endMs: end?.atMs ?? null,
        succeeded,
      })),
    })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** Text for XML 1.0: the characters that it can't hold, not even as references, become U+FFFD. */
function escapeXml(text: string): string {
  let safe = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isAllowed =
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000;
    safe += isAllowed ? character : "\ufffd";
  }
  return safe
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;")
    .replaceAll("\t", "&#9;");
}

/** The report as JUnit XML: a test case for each verdict; `untested` is a failure, so that no CI takes it for a pass. */
export function junitReport({ title, judgement }: ReportInput): string {
  const { verdicts } = judgement;
  const { fail, untested } = totalsOf(verdicts);
  const note = emptyNote(judgement);
  const unread = judgement.unread.map(writeUnread);
  const asides = [...(note === null ? [] : [note]), ...(unread.length === 0 ? [] : ["not read:", ...unread])];
  const cases = verdicts.map(({ rule, demand, outcome, expected, found, requests }) => {
    const open = `    <testcase classname="${escapeXml(rule)}" name="${escapeXml(`${demand}: ${expected}`)}"`;
    if (outcome === "pass") return `${open}/>`;
    const text = requests.length === 0 ? "" : escapeXml(`requests: ${requests.join(", ")}`);
    return `${open}>\n      <failure type="${outcome}" message="${escapeXml(found)}">${text}</failure>\n    </testcase>`;
  });
  const counts = `tests="${verdicts.length}" failures="${fail + untested}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(title)}" ${counts}>`,
    ...cases,
    // What was not read is no test case, so that its number stays that of the verdicts.
    ...(asides.length > 0 ? [`    <system-out>${escapeXml(asides.join("\n"))}</system-out>`] : []),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Text for a cell of a Markdown table: nothing in it is markup, and it stays in its row. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#|~&!]/g, "\\$&").replaceAll(/\s+/g, " ");
}

/** The report as a Markdown table, for a pull request or a job summary. */
export function markdownReport({ title, judgement }: ReportInput): string {
  const note = emptyNote(judgement);
  const rows = judgement.verdicts.map(
    ({ outcome, rule, expected, found }) =>
      `| ${outcome} | ${escapeMarkdown(rule)} | ${escapeMarkdown(expected)} | ${escapeMarkdown(found)} |`,
  );
  return [
    `## ${escapeMarkdown(title)}`,
    "",
    writeTotals(totalsOf(judgement.verdicts)),
    "",
    ...(note === null ? [] : [escapeMarkdown(note), ""]),
    "| outcome | rule | expected | found |",
    "|---|---|---|---|",
    ...rows,
    "",
    ...insteadList(judgement.operations),
    ...unreadTable(judgement.unread),
  ].join("\n");
}

function insteadList(operations: readonly Operation[]): string[] {
  const lines = insteadOf(operations).map((line) => `- ${escapeMarkdown(line)}`);
  return lines.length === 0 ? [] : ["### Done otherwise than asked for", "", ...lines, ""];
}

function unreadTable(unread: readonly Unread[]): string[] {
  if (unread.length === 0) return [];
  const rows = unread.map(
    ({ reason, connections, hosts }) =>
      `| ${escapeMarkdown(describeUnread(reason))} | ${connections} | ${escapeMarkdown(hosts.join(", "))} |`,
  );
  return ["### Not read", "", "| reason | connections | hosts |", "|---|---|---|", ...rows, ""];
}
