import type { Check } from "../verdicts/check.ts";
import type { Verdict } from "../verdicts/judge.ts";
import { headline } from "./headline.ts";
import { emptyNote, type ReportInput, totalsOf, writeUnread } from "./report.ts";

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

/**
 * The report as JUnit XML. Each expectation of the rule file is a test case, and `unproven` and `untested` are failures, so
 * that no CI takes them for a pass. What every client should do is a test case as well; what is not so is skipped with its
 * reason, because it informs and does not fail. Where nothing was judged, one skipped test case says so.
 *
 * @example
 * ```ts
 * await writeFile("report.xml", junitReport({ title: "faults.yaml", judgement }));
 * ```
 */
export function junitReport({ title, judgement }: ReportInput): string {
  const { verdicts, checks } = judgement;
  const { fail, unproven, untested } = totalsOf(verdicts);
  const seen = checks.filter(({ outcome }) => outcome !== "untested");
  const note = emptyNote(judgement);
  const cases = [
    ...verdicts.map(verdictCase),
    ...seen.map(checkCase),
    ...(note === null ? [] : [skippedCase("faultwire", "judged", note)]),
  ];
  const skipped = seen.filter(({ outcome }) => outcome !== "pass").length + (note === null ? 0 : 1);
  const unread = judgement.unread.map(writeUnread);
  const asides = [
    headline(judgement),
    ...(unread.length === 0 ? [] : ["not read:", ...unread]),
    ...judgement.unreadable,
  ];
  const counts = `tests="${cases.length}" failures="${fail + unproven + untested}" errors="0" skipped="${skipped}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(title)}" ${counts}>`,
    ...cases,
    `    <system-out>${escapeXml(asides.join("\n"))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const opening = (group: string, name: string): string =>
  `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}"`;

function verdictCase({ rule, demand, outcome, expected, found, proof, requests }: Verdict): string {
  const open = opening(rule, `${demand}: ${expected}`);
  if (outcome === "pass") return `${open}/>`;
  const lines = [
    ...(proof === null ? [] : [`what would prove it: ${proof}`]),
    ...(requests.length === 0 ? [] : [`requests: ${requests.join(", ")}`]),
  ];
  return `${open}>\n      <failure type="${outcome}" message="${escapeXml(found)}">${escapeXml(lines.join("\n"))}</failure>\n    </testcase>`;
}

function checkCase({ check, subject, outcome, expected, phrase, found, advice }: Check): string {
  const name = `${check} (${subject}): ${expected}`;
  if (outcome === "pass") return `${opening("every client", name)}/>`;
  return skippedCase(
    "every client",
    name,
    `${outcome}: ${phrase}; found: ${found}${outcome === "fail" ? `; what to do: ${advice}` : ""}`,
  );
}

function skippedCase(group: string, name: string, message: string): string {
  return `${opening(group, name)}>\n      <skipped message="${escapeXml(message)}"/>\n    </testcase>`;
}
