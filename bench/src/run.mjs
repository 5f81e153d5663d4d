// `npm run bench`: every benchmark in this folder, one after the other; `npm run bench -- NAME …` runs those whose name
// has one of the words in it. `--quick` only shows that everything works, as `npm test` does. `--results DIR` writes
// DIR/NAME.json; without it a full run writes into bench/results, and a quick one leaves nothing behind. `--without PEER`
// leaves a peer out that is not to be had here, which the results say, and `--against CHECKOUT` compares with another
// checkout, built, where a benchmark can: both of proxy.mjs. Ends with 1
// where a benchmark has failed, or has left a figure out; what a figure is does not matter.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";

const { flags: values, words: positionals } = readFlags(
  "bench",
  {
    quick: { type: "boolean", default: false },
    results: { type: "string" },
    without: { type: "string", default: "" },
    against: { type: "string", default: "" },
  },
  { words: true },
);
const all = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".mjs") && name !== "run.mjs")
  .sort();
const files = all.filter(
  (name) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
if (files.length === 0) {
  console.error(`no benchmark matches ${positionals.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-results-"));
const results = resolve(values.results ?? (values.quick ? scratch : join(import.meta.dirname, "../results")));
const env = {
  ...process.env,
  FAULTWIRE_BENCH_QUICK: values.quick ? "1" : "",
  FAULTWIRE_BENCH_RESULTS: results,
  FAULTWIRE_BENCH_WITHOUT: values.without,
  FAULTWIRE_BENCH_AGAINST: values.against && resolve(values.against),
};

/** What is wrong with the results of a benchmark, or undefined. */
function flawOf(file) {
  const path = join(results, `${basename(file, ".mjs")}.json`);
  if (!existsSync(path)) return "left no results";
  const { rows } = JSON.parse(readFileSync(path, "utf8"));
  if (rows.length === 0) return "printed no figure";
  const row = rows.find(({ value, skipped }) => skipped === undefined && typeof value !== "number");
  return row && `has no number for ${JSON.stringify(row.what)}`;
}

const failed = [];
for (const file of files) {
  console.log(`\n# ${file}`);
  rmSync(join(results, `${basename(file, ".mjs")}.json`), { force: true });
  const { status, signal } = spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, file)], {
    stdio: "inherit",
    env,
  });
  const flaw = status === 0 ? flawOf(file) : `ended with ${status ?? signal}`;
  if (flaw !== undefined) failed.push(`${file} ${flaw}`);
}
rmSync(scratch, { recursive: true, force: true });
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
