// `npm run bench`: every benchmark in this folder, one after the other; `npm run bench -- NAME …` runs those whose name
// has one of the words in it. `--quick` only shows that everything works. `--results DIR` writes DIR/NAME.json; without
// it a full run writes into bench/results, and a quick one nothing.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, results: { type: "string" } },
});
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
const results = values.results ?? (values.quick ? "" : join(import.meta.dirname, "../results"));
const env = {
  ...process.env,
  FAULTWIRE_BENCH_QUICK: values.quick ? "1" : "",
  FAULTWIRE_BENCH_RESULTS: results === "" ? "" : resolve(results),
};
const failed = [];
for (const file of files) {
  console.log(`\n# ${file}`);
  const { status } = spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, file)], {
    stdio: "inherit",
    env,
  });
  if (status !== 0) failed.push(file);
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
