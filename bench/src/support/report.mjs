// What every benchmark prints and writes: the machine, its load, what was measured, ratios, what was wanted.
//
// `npm run bench` sets two variables: FAULTWIRE_BENCH_QUICK=1 for a run that only shows that everything works, and
// FAULTWIRE_BENCH_RESULTS, the folder that NAME.json is written to. A benchmark started by hand writes nothing.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);

export const isQuick = process.env.FAULTWIRE_BENCH_QUICK === "1";

/** How much of something: all of it, or what a quick run makes do with. */
export const scaled = (full, quick) => (isQuick ? quick : full);

/** The number of the first round: round 0 warms up and does not count, and a quick run has none. */
export const firstRound = scaled(0, 1);

export const percentile = (values, share) => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};
export const median = (values) => percentile(values, 0.5);

/** `name version` of an installed package. */
export function versionOf(name) {
  const entry = require.resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(name) + name.length);
  return `${name} ${JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).version}`;
}

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
  };
}

/** Four figures are more than a benchmark knows. */
const rounded = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);

/** A promise held against what was found. */
function verdict({ of, atMost, atLeast }, value, ratios) {
  const found = of === undefined ? value : ratios[of];
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return {
    text: of === undefined ? bound : `${bound} × ${of}`,
    reached: atMost === undefined ? found >= atLeast : found <= atMost,
  };
}

/**
 * Starts a report. `versions` are those of peers, `method` says in a line how it was measured.
 *
 * `row({ group, what, value, unit, ratios, wanted, note })` prints and keeps one figure. `ratios` maps what it is
 * compared with to value ÷ that; `wanted` lists `{ atMost }` or `{ atLeast }`, of the value or, with `of`, of a ratio.
 */
export function openReport(name, { method, versions = [] }) {
  const facts = machine();
  const loadBefore = loadavg()[0];
  const rows = [];
  let group;
  console.log(
    `node ${facts.node}, ${facts.cpu}, ${facts.cores} cores, ${facts.memoryGiB} GiB, load ${loadBefore.toFixed(1)}${isQuick ? ", QUICK: the figures mean nothing" : ""}`,
  );
  if (versions.length > 0) console.log(versions.join(", "));
  console.log(method);
  return {
    row({ ratios = {}, wanted = [], ...row }) {
      const entry = { ...row, value: rounded(row.value) };
      const parts = Object.entries(ratios).map(([to, ratio]) => `${ratio.toFixed(2)} × ${to}`);
      if (parts.length > 0)
        entry.ratios = Object.fromEntries(Object.entries(ratios).map(([to, ratio]) => [to, rounded(ratio)]));
      if (wanted.length > 0) entry.wanted = wanted.map((bound) => verdict(bound, row.value, ratios));
      for (const { text, reached } of entry.wanted ?? [])
        parts.push(`${text} wanted: ${reached ? "reached" : "NOT REACHED"}`);
      rows.push(entry);
      if (row.group !== group) {
        group = row.group;
        if (group !== undefined) console.log(`\n${group}`);
      }
      const figure = `${entry.value} ${row.unit}`;
      console.log(
        `  ${row.what.padEnd(44)} ${figure.padStart(18)}  ${[...parts, row.note ?? ""].filter(Boolean).join("  ")}`.trimEnd(),
      );
    },
    /** Something that can't be measured here, with the reason. */
    skip(what, reason) {
      rows.push({ what, skipped: reason });
      console.log(`  ${what.padEnd(44)} ${"skipped".padStart(18)}  ${reason}`);
    },
    close() {
      const folder = process.env.FAULTWIRE_BENCH_RESULTS;
      if (folder === undefined || folder === "") return;
      const load = { before: rounded(loadBefore), after: rounded(loadavg()[0]) };
      mkdirSync(folder, { recursive: true });
      const date = new Date().toISOString().slice(0, 10);
      const result = { name, quick: isQuick, date, machine: facts, load, versions, method, rows };
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
    },
  };
}
