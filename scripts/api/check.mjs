// Holds the API of the published packages: a report of each (`NAME.api.md`), and words on whatever it exports.
// `--write` (`npm run api`) writes the reports anew.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../setup.mjs";
import { extractorConfig, programOf } from "./compiler.mjs";
import { publishedPackages } from "./entries.mjs";
import { exampleProblems } from "./examples.mjs";
import { strangeLimits } from "./limit-names.mjs";
import { undocumentedOf } from "./members.mjs";
import { reportOf } from "./reports.mjs";

const write = process.argv.includes("--write");
const verbose = process.argv.includes("--list");
/** Lines of a change that are shown; the rest is in the diff of the report. */
const maxShownLines = 12;

const packages = publishedPackages();
const files = packages.flatMap(({ entries }) => entries.map(({ types }) => types));
const scratch = mkdtempSync(join(tmpdir(), "faultwire-api-"));
const problems = [];

const textOf = (file) => {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
};

/** The lines that one text has and the other lacks, with their signs. */
function changes(before, after) {
  const [had, has] = [before, after].map((text) => new Set(text.split("\n")));
  return [
    ...[...had].filter((line) => !has.has(line)).map((line) => `  - ${line.trim()}`),
    ...[...has].filter((line) => !had.has(line)).map((line) => `  + ${line.trim()}`),
  ];
}

function hold({ name, report }, text) {
  const before = textOf(report);
  if (before === text) return;
  if (write) {
    writeFileSync(report, text);
    console.log(`written: ${relative(root, report)}`);
    return;
  }
  const lines = changes(before, text);
  const shown = lines.length > 0 ? lines.slice(0, maxShownLines) : ["  (the order of its lines)"];
  if (lines.length > maxShownLines) shown.push(`  … and ${lines.length - maxShownLines} lines more`);
  problems.push(
    `${name}: the API is not what ${relative(root, report)} says.\n${shown.join("\n")}\n` +
      "  If it is meant to change: run `npm run api`, look at the report's diff, commit it. If not: mend the code.",
  );
}

try {
  const first = packages[0];
  const config = extractorConfig({
    folder: first.folder,
    entry: first.entries[0],
    files,
    scratch,
    reportFileName: "first.api.md",
  });
  const { state, program } = programOf(config, files);
  for (const each of packages) {
    hold(each, reportOf(each, { files, scratch, state, program }));
    const { count, undocumented } = undocumentedOf(each, program);
    if (verbose) console.log(`${each.name}: ${undocumented.length} of ${count} without documentation`);
    if (verbose) for (const name of undocumented) console.log(`  ${name}`);
    if (undocumented.length > 0)
      problems.push(
        `${each.name}: ${undocumented.length} of ${count} exported things have no documentation.\n` +
          undocumented
            .slice(0, maxShownLines)
            .map((name) => `  ${name}\n`)
            .join("") +
          "  Write a /** … */ above each; `node scripts/api/check.mjs --list` lists all of them.",
      );
    for (const name of strangeLimits(each, program))
      problems.push(
        `${each.name}: ${name} is exported as a limit. Make it a member of an object named \`xLimits\`, with the unit in its name (docs/adr/0037).`,
      );
  }
  const examples = exampleProblems(packages, program);
  console.log(`api: ${examples.count} examples in the documentation compiled`);
  for (const text of examples.problems)
    problems.push(
      `example of ${text}\n  Mend the example; what it leaves to its reader is listed in scripts/api/examples.mjs.`,
    );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(`api: ${packages.length} packages, ${files.length} entries, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
