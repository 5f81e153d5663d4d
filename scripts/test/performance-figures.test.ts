/** Each figure in a table of docs/performance.md stands in the results that its section names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** The results of each section that has tables of measured figures. */
const sections: Readonly<Record<string, readonly string[]>> = {
  "What a call costs": ["calls"],
  "Tunnels through the Fault proxy": ["fault-host"],
  "Tunnels through the reference host": ["handshakes", "tunnels"],
  "The proxy": ["proxy"],
  "The proxy over HTTP/2": ["proxy-http2"],
  Memory: ["memory"],
  "What stays behind": ["soak", "many-connections"],
  "Start-up": ["startup"],
};
/** Rows whose figures are worked out of several results, by their first cell. */
const workedOut = [
  "a read call (4 KiB), CPU",
  "a write call (8 KiB), CPU",
  "the same for the host, of ours",
  "opaque, in the plugin's table alone (10,000 measured)",
];

const figuresOf = (text: string): string[] => text.match(/\d[\d,]*(?:\.\d+)?(?:e\+\d+)?/g) ?? [];
const numberOf = (figure: string): number => Number(figure.replaceAll(",", ""));

/** All numbers of a file of results: values, ratios, and those in its texts. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [Math.abs(value)];
  if (typeof value === "string") return figuresOf(value).map(numberOf);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(numbersIn);
  return [];
}

/** Whether one of the results is this figure, rounded as it stands there; results may be in a unit a thousand times as large. */
function isAmong(figure: string, results: readonly number[]): boolean {
  const found = numberOf(figure);
  const digits = figure.split(".")[1]?.length ?? 0;
  // Results have four digits. Of a figure above a thousand the last one is rounded twice.
  const slack = Math.max(0.51 * 10 ** -digits, found >= 1000 ? found * 0.002 : 0);
  return results.some((result) => [1, 1000, 0.001].some((unit) => Math.abs(result * unit - found) <= slack));
}

const parts = read("docs/performance.md").split(/^## /m);

describe.each(Object.entries(sections))("%s", (title, names) => {
  const part = parts.find((each) => each.startsWith(`${title}\n`)) ?? "";
  const results = names.flatMap((name) => numbersIn(JSON.parse(read(`bench/results/${name}.json`))));
  const lines = part.split("\n");
  const rows = lines.filter(
    (line, at) => line.startsWith("|") && !/^\| ?:?-/.test(line) && !/^\| ?:?-/.test(lines[at + 1] ?? ""),
  );

  it("has tables", () => {
    expect(rows.length).toBeGreaterThan(2);
  });

  it.each(rows)("%s", (row) => {
    const [, name = "", ...cells] = row.split("|").map((cell) => cell.trim());
    if (workedOut.includes(name)) return;
    const missing = cells.flatMap(figuresOf).filter((figure) => !isAmong(figure, results));
    expect(missing, `not in the results of ${names.join(" and ")}`).toEqual([]);
  });
});
