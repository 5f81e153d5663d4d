// What an import of ours adds to a page or a program: bundled, minified, gzipped. `node scripts/api/sizes.mjs`
// prints it and ends with 1 where something is over its budget; `--write` writes the table of docs/performance.md;
// `--modules NAME` says which files of one of them are the largest.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { root } from "../setup.mjs";
import { publishedPackages } from "./entries.mjs";
import { budgets } from "./size-budgets.mjs";

const entries = new Map(
  publishedPackages().flatMap((each) => each.entries.map(({ name, script }) => [name, script])),
);
const asked = process.argv.indexOf("--modules");

/** Bundles what one line of code imports, as a bundler of a user does. */
async function sizeOf({ entry, names, name }) {
  const virtual = "\0measured";
  const what = names ? `{ ${names.join(", ")} }` : "*";
  const bundle = await rolldown({
    input: virtual,
    platform: "neutral",
    external: [/^node:/],
    treeshake: true,
    logLevel: "silent",
    resolve: { mainFields: ["module", "main"] },
    plugins: [
      {
        name: "measured",
        resolveId(source) {
          if (source === virtual) return source;
          return entries.get(source) ?? null;
        },
        load: (id) =>
          id === virtual ? `export ${what} from ${JSON.stringify(entries.get(entry) ?? entry)};` : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const [chunk, ...others] = output;
  const code = output.map((each) => each.code ?? "").join("");
  if (asked > 0 && process.argv[asked + 1] === name)
    for (const [module, { renderedLength }] of [chunk, ...others]
      .flatMap((each) => Object.entries(each.modules ?? {}))
      .sort(([, a], [, b]) => b.renderedLength - a.renderedLength)
      .slice(0, 40))
      console.log(`${String(renderedLength).padStart(8)} ${relative(root, module)}`);
  return {
    minified: chunk.code.length,
    gzipped: gzipSync(chunk.code, { level: 9 }).length,
    all: code.length,
  };
}

const kB = (bytes) => (bytes / 1000).toFixed(1);
const rows = [];
const problems = [];
for (const budget of budgets) {
  if (asked > 0 && process.argv[asked + 1] !== budget.name) continue;
  const { minified, gzipped } = await sizeOf(budget);
  rows.push({ ...budget, minified, gzipped });
  for (const [what, found, most] of [
    ["minified", minified, budget.maxMinifiedBytes],
    ["gzipped", gzipped, budget.maxGzippedBytes],
  ])
    if (most !== undefined && found > most)
      problems.push(
        `${budget.name}: ${found} bytes ${what}, at most ${most} are in scripts/api/size-budgets.mjs; ` +
          `\`node scripts/api/sizes.mjs --modules '${budget.name}'\` says what brings them`,
      );
}
for (const { name, minified, gzipped } of rows)
  console.log(
    `${name.padEnd(52)} ${kB(minified).padStart(7)} kB minified ${kB(gzipped).padStart(7)} kB gzipped`,
  );
/** Of a table only the marks are known: what stands between them is this script's. */
const marks = ["<!-- sizes: written by `node scripts/api/sizes.mjs --write` -->", "<!-- /sizes -->"];
const page = join(root, "docs/performance.md");
function table() {
  const cells = rows.map(({ entry, names, minified, gzipped, maxMinifiedBytes, maxGzippedBytes }) => [
    names ? `\`${names}\` of \`${entry}\`` : `all of \`${entry}\``,
    kB(minified),
    kB(gzipped),
    maxMinifiedBytes ? `${maxMinifiedBytes / 1000} kB minified` : `${maxGzippedBytes / 1000} kB gzipped`,
  ]);
  cells.unshift(["import", "minified, kB", "gzipped, kB", "at most"]);
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const isNumber = (column) => column === 1 || column === 2;
  const lines = cells.map((row, at) => {
    const pad = (cell, column) =>
      isNumber(column) && at > 0 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
    return `| ${row.map(pad).join(" | ")} |`;
  });
  const rule = widths.map((width, column) =>
    isNumber(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [lines[0], `| ${rule.join(" | ")} |`, ...lines.slice(1)].join("\n");
}
if (process.argv.includes("--write")) {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])];
  writeFileSync(page, `${text.slice(0, from)}\n\n${table()}\n\n${text.slice(to)}`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
