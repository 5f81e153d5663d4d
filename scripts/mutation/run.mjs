// `npm run mutation -- --package NAME`: changes the source in small ways, one at a time and in a copy, and tells which
// changes no test of the package notices. docs/testing.md says how to read what it prints.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readFlags } from "../read-flags.mjs";
import { root } from "../setup.mjs";
import { Costs, withLater } from "./costs.mjs";
import { means, readEquivalents, withoutMutant } from "./equivalents.mjs";
import { bodiesOf, isProgram, kinds, mutantsOf, mutated } from "./mutants.mjs";
import { sampleOf } from "./sample.mjs";
import { makeSandbox, watched } from "./sandbox.mjs";
import { VitestHost } from "./vitest-host.mjs";

/** Ends with one line; status 2 means that nothing was measured. */
function stop(line) {
  process.stderr.write(`mutation: ${line}\n`);
  process.exit(2);
}

const folders = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  .filter((folder) => existsSync(join(root, folder, "package.json")));
const nameOf = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).name;

const { flags } = readFlags("mutation", {
  package: { type: "string" },
  sample: { type: "string", default: "30" },
  seed: { type: "string", default: "1" },
  under: { type: "string", multiple: true, default: [""] },
  tests: { type: "string", multiple: true, default: [""] },
  later: { type: "string", multiple: true, default: [] },
  seconds: { type: "string", default: "0" },
  mutant: { type: "string", multiple: true, default: [] },
  list: { type: "boolean", default: false },
  why: { type: "boolean", default: false },
});
const folder = folders.find((each) => each.split("/")[1] === flags.package || nameOf(each) === flags.package);
if (!folder)
  stop(
    `${flags.package ? `no package is called ${flags.package}` : "no package was named"}; --package takes one of ${folders.map((each) => each.split("/")[1]).join(", ")}`,
  );
const numberOf = (name) => {
  const value = Number(flags[name]);
  if (!Number.isInteger(value) || value < 0) stop(`--${name} takes a whole number, not "${flags[name]}"`);
  return value;
};
const seed = numberOf("seed");
const size = numberOf("sample");
/** What the tests of one mutant may take; for ever where it is 0. */
const seconds = numberOf("seconds") || Number.POSITIVE_INFINITY;
const equivalents = readEquivalents();
const rotten = withoutMutant(root, equivalents);
if (rotten.length > 0)
  stop(
    `equivalents.json has entries that mean no mutant, or several, or give no reason: ${rotten.map((entry) => `${entry.file}: ${entry.line}`).join("; ")}`,
  );

const sources = readdirSync(join(root, folder, "src"), { recursive: true })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((file) => `${folder}/src/${file.replaceAll("\\", "/")}`)
  .filter(
    (file) => !/\/gen\//.test(file) && flags.under.some((under) => file.startsWith(`${folder}/${under}`)),
  )
  .sort();
const textOf = new Map(sources.map((file) => [file, readFileSync(join(root, file), "utf8")]));
const all = sources
  .flatMap((file) => mutantsOf(file, textOf.get(file)))
  .filter((mutant) => isProgram(mutant, textOf.get(mutant.file)));
const sample =
  flags.mutant.length > 0
    ? all.filter((mutant) => flags.mutant.includes(mutant.id))
    : sampleOf(all, size, seed);
if (sample.length === 0) stop(`${folder} has no such mutant`);
const excused = new Map(
  sample.flatMap((mutant) => {
    const entry = equivalents.find((each) => means(each, mutant));
    return entry ? [[mutant, entry]] : [];
  }),
);
const tried = sample.filter((mutant) => !excused.has(mutant));
const rerun = (mutant) => `npm run mutation -- --package ${flags.package} --mutant ${mutant.id}`;
const asDiff = (mutant) => `    - ${mutant.lineText}\n    + ${mutant.becomes}`;
if (flags.list) {
  for (const mutant of sample) console.log(`${mutant.id}\n${asDiff(mutant)}`);
  process.exit(0);
}

let sandbox;
let host;
const clean = () => {
  host?.stop();
  sandbox?.remove();
};
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
  process.on(signal, () => {
    clean();
    process.exit(128 + number);
  });
sandbox = makeSandbox(root, folders, folder);
host = new VitestHost(sandbox, nameOf(folder));

/** Longest time of a test where nothing is changed. In ms. */
const calmMs = 60_000;

/**
 * Runs these test files once, with the functions of these mutants watched. `reached` gives for each mutant the test files that reach
 * it, each with the ids of those tests; with null where it is reached outside of a test, and the whole file has to run.
 */
async function reach(testFiles, mutants) {
  const files = [...new Set(mutants.map((mutant) => mutant.file))];
  for (const file of files) {
    const text = textOf.get(file);
    sandbox.write(
      file,
      watched(
        text,
        mutants.filter((mutant) => mutant.file === file),
        bodiesOf(file, text),
      ),
    );
  }
  sandbox.build(folder, files);
  const costs = new Costs();
  for (const file of testFiles) {
    const result = await host.run([file], { changed: files, timeoutMs: calmMs, fileMs: 10 * calmMs });
    if (result.state !== "passed") {
      clean();
      stop(`${relative(sandbox.path, file)} fails without any change: ${result.message}`);
    }
    costs.add(file, result.ms, result.tests);
    if (flags.why)
      console.log(`${String(Math.round(result.ms)).padStart(6)} ms ${relative(sandbox.path, file)}`);
  }
  const reached = new Map(mutants.map((mutant) => [mutant.id, new Map()]));
  for (const file of testFiles) {
    const list = join(host.reachedFolder, createHash("sha256").update(file).digest("hex"));
    for (const line of existsSync(list) ? new Set(readFileSync(list, "utf8").trim().split("\n")) : []) {
      const [id, test] = line.split(" ");
      const tests = reached.get(id);
      const known = tests.has(file) ? tests.get(file) : [];
      tests.set(file, test && known ? [...known, test] : null);
    }
  }
  const changed = sandbox.restore();
  return { costs, reached, changed };
}

/**
 * The tests that failed once more, each file without its other tests, and with nothing changed: what failed above failed
 * by the mutants. Where none failed, the quickest file.
 */
async function control(results, testFiles, costs, changed) {
  const only = {};
  for (const { file, failed } of results.values())
    if (failed?.length > 0) only[file] = [...new Set([...(only[file] ?? []), ...failed])];
  const files = costs.inOrder(new Map(testFiles.map((each) => [each, null])), "");
  const some = files.filter((file) => only[file]);
  const { state, file, message } = await host.run(some.length > 0 ? some : files.slice(0, 1), {
    changed,
    only,
    timeoutMs: calmMs,
    fileMs: 10 * calmMs,
  });
  if (state !== "passed") throw new Error(`${file} fails without any change, behind the mutants: ${message}`);
}

/** Tries each of these mutants with the tests of these files that reach it, and adds what became of it to `results`. */
async function tryAll(testFiles, mutants, results) {
  const { costs, reached, changed } = await reach(testFiles, mutants);
  const found = new Map();
  let stale = changed;
  for (const [index, mutant] of mutants.entries()) {
    const { chosen, others } = costs.within(reached.get(mutant.id), seconds);
    let result = { state: "passed" };
    if (chosen.size > 0) {
      sandbox.write(mutant.file, mutated(textOf.get(mutant.file), mutant));
      sandbox.build(folder, [mutant.file, ...stale.filter((file) => file !== mutant.file)]);
      const stem = mutant.file.split("/").at(-1).replace(/\.ts$/, "");
      result = await host.run(costs.inOrder(chosen, stem), {
        changed: [...stale, mutant.file],
        only: Object.fromEntries([...chosen].filter(([, ids]) => ids)),
        ...costs.limits(chosen),
      });
      stale = sandbox.restore();
    }
    const state = { passed: chosen.size > 0 ? "lived" : "unreached", failed: "killed", hung: "hung" }[
      result.state
    ];
    found.set(mutant, { ...result, state, others: state === "lived" ? others : 0 });
    console.log(`${String(index + 1).padStart(3)}/${mutants.length} ${state.padEnd(9)} ${mutant.id}`);
    if (flags.why && state !== "killed") console.log(asDiff(mutant));
    if (flags.why && result.message)
      console.log(`    ${relative(sandbox.path, result.file)}: ${result.message}`);
  }
  // What was built of the last mutant is built without it.
  sandbox.build(folder, stale);
  await control(found, testFiles, costs, stale);
  for (const [mutant, result] of found) results.set(mutant, withLater(results.get(mutant), result));
}

try {
  console.log(`${folder}: ${all.length} mutants, ${sample.length} tried, seed ${seed}`);
  await host.start();
  const isUnder = (file, paths) =>
    paths.some((path) => relative(join(sandbox.path, folder), file).startsWith(path));
  const asked = host.files.filter((file) => isUnder(file, flags.tests) || isUnder(file, flags.later));
  if (asked.length === 0) throw new Error(`${folder} has no test file under ${flags.tests.join(", ")}`);
  const results = new Map();
  for (const isSecond of [false, true]) {
    const testFiles = asked.filter((file) => isUnder(file, flags.later) === isSecond);
    const mutants = tried.filter((mutant) => !["killed", "hung"].includes(results.get(mutant)?.state));
    if (testFiles.length > 0 && mutants.length > 0) await tryAll(testFiles, mutants, results);
  }
  report(results);
} finally {
  clean();
}

/** Prints the table, and every mutant that somebody has to look at. */
function report(results) {
  const of = (...states) => [...results].filter(([, { state }]) => states.includes(state));
  const count = (some, kind) => some.filter(([mutant]) => kind === "all" || mutant.kind === kind).length;
  const excusedOf = (kind) => [...excused.keys()].filter((one) => kind === "all" || one.kind === kind).length;
  const columns = [
    "kind",
    "tried",
    "killed",
    "of them by hanging",
    "lived",
    "reached by no test",
    "equivalent",
  ];
  const rows = [...kinds, "all"].map((kind) => [
    kind,
    count([...results], kind) + excusedOf(kind),
    count(of("killed", "hung"), kind),
    count(of("hung"), kind),
    count(of("lived"), kind),
    count(of("unreached"), kind),
    excusedOf(kind),
  ]);
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => String(row[at]).length)),
  );
  console.log();
  for (const row of [columns, ...rows])
    console.log(
      row
        .map((cell, at) => String(cell).padEnd(widths[at]))
        .join("  ")
        .trimEnd(),
    );
  for (const [mutant, { state, file, message, others }] of of("lived", "unreached", "hung")) {
    const how =
      state === "hung"
        ? `killed by hanging: ${relative(sandbox.path, file)}: ${message}`
        : state === "lived"
          ? `lived${others > 0 ? `; ${others} tests that reach it were not asked: --seconds ${seconds} were over` : ""}`
          : "reached by no test";
    console.log(
      `\n${mutant.file}:${mutant.line}:${mutant.column} ${how}\n${asDiff(mutant)}\n    ${rerun(mutant)}`,
    );
  }
  for (const [mutant, { reason }] of excused)
    console.log(`\n${mutant.file}:${mutant.line} equivalent: ${reason}`);
  const killed = of("killed", "hung").length;
  const part = tried.length === 0 ? 100 : (100 * killed) / tried.length;
  console.log(`\n${killed} of ${tried.length} meaningful mutants killed (${part.toFixed(1)} %)`);
}
