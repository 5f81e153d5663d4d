/** What came of a command under several seeds, as a table: a row for each seed, a column for each verdict. */
import type { Judgement, VerdictOutcome } from "@faultwire/fault-engine";
import { writeCount } from "@faultwire/fault-engine/internal";
import { commandName } from "../ways-in.ts";
import { runStatus } from "./exit-status.ts";
import { shellLine } from "./shell-line.ts";

/** One run of a series. */
export interface SeedRow {
  readonly seed: string;
  readonly status: number;
  /** undefined where there is none. */
  readonly judgement: Judgement | undefined;
}

/** Columns of a table; verdicts beyond them are in the reports alone. */
const maxColumns = 12;
/** Rows of a table; of more seeds, those that failed are shown, and the rest is counted. */
const maxRows = 60;

const marks = { pass: "ok", fail: "FAIL", unproven: "?", untested: "-" } as const;

/** The worst first. */
const worst: readonly VerdictOutcome[] = ["fail", "unproven", "untested", "pass"];

type Mark = (typeof marks)[keyof typeof marks];

/**
 * The run whose status is that of the series: the first that failed. One in which nothing was judged comes after those, because
 * it says nothing of the program; it must not hide a failure.
 */
export function tellingRow(rows: readonly SeedRow[]): SeedRow | undefined {
  return (
    rows.find(({ status }) => status !== 0 && status !== runStatus.nothingSeen) ??
    rows.find(({ status }) => status !== 0)
  );
}

/** The lines of the table, of its legend, and of its totals. */
export function seedTable(rows: readonly SeedRow[]): string[] {
  const verdicts = new Map<string, number>();
  const cells = rows.map(({ judgement }) => marksOf(judgement));
  for (const row of cells)
    for (const name of row.keys()) if (!verdicts.has(name)) verdicts.set(name, verdicts.size + 1);
  const columns = [...verdicts].slice(0, maxColumns);
  const shown = rows.length <= maxRows ? rows : rows.filter(({ status }) => status !== 0).slice(0, maxRows);
  const lines = [
    ["seed", "status", ...columns.map(([, number]) => String(number))],
    ...shown.map((row) => [
      row.seed,
      String(row.status),
      ...columns.map(([name]) => cells[rows.indexOf(row)]?.get(name) ?? "-"),
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  if (shown.length < rows.length)
    table.push(`(not shown: ${writeCount(rows.length - shown.length, "seed")})`);
  const legend = columns.map(([name, number]) => `${String(number).padStart(2)}  ${name}`);
  if (verdicts.size > columns.length)
    legend.push(
      `(not shown: ${writeCount(verdicts.size - columns.length, "verdict")}; the reports have all)`,
    );
  const keys =
    columns.length === 0
      ? []
      : ["", ...legend, "    ok, FAIL, ? not proven by what was seen, - did not come up"];
  const failed = rows.filter(({ status }) => status !== 0).length;
  return [
    ...table,
    ...keys,
    "",
    `${writeCount(rows.length, "seed")}, ${failed} of them with a status other than 0`,
  ];
}

/** A mark for each thing that was judged; the same thing twice has the worse one. */
function marksOf(judgement: Judgement | undefined): ReadonlyMap<string, Mark> {
  const { verdicts = [], checks = [] } = judgement ?? {};
  const found = new Map<string, VerdictOutcome>();
  const add = (name: string, outcome: VerdictOutcome): void => {
    const before = found.get(name);
    if (before === undefined || worst.indexOf(outcome) < worst.indexOf(before)) found.set(name, outcome);
  };
  for (const { rule, expected, outcome } of verdicts) add(`${rule}: ${expected}`, outcome);
  for (const { subject, expected, outcome } of checks)
    add(expected.includes(subject) ? expected : `${subject}: ${expected}`, outcome);
  return new Map(Array.from(found, ([name, outcome]) => [name, marks[outcome]]));
}

/**
 * The command line that runs one seed of a series again, to be pasted.
 *
 * @param flags - What stands between `run` and the command, as it was given.
 */
export function lineOfSeed(flags: readonly string[], command: readonly string[], seed: string): string {
  return shellLine([
    ...commandName().split(" "),
    "run",
    ...withoutSeries(flags),
    "--seed",
    seed,
    "--",
    ...command,
  ]);
}

/** Flags without those that make a series of a run, and without the seed. */
function withoutSeries(flags: readonly string[]): string[] {
  const left: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at] ?? "";
    if (/^--(?:repeat|seeds|seed)=/.test(flag)) continue;
    if (/^--(?:repeat|seeds|seed)$/.test(flag)) at++;
    else left.push(flag);
  }
  return left;
}
