// Runs BoringSSL's own tests of TLS ("BoGo") against both sides of the bridge, and holds the results against what is expected
// (expected.json). Ends with 1 where a test has another result, with 2 where Go or BoringSSL is not there.
//
// npm run interop:bogo                   every test that shim-config.json does not leave out
// npm run interop:bogo -- NAME …         those whose name has one of the words in it
// npm run interop:bogo -- --write        writes results into expected.json: reasons stay, new failures are "not looked at"
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";

const { flags, words: positionals } = readFlags(
  "interop:bogo",
  { write: { type: "boolean", default: false }, list: { type: "boolean", default: false } },
  { words: true },
);
const here = import.meta.dirname;
const expectedFile = join(here, "expected.json");
const configFile = join(here, "shim-config.json");
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const isWhole = positionals.length === 0;
/** Most tests wait for each other's processes and not for the CPU. */
const workers = 8;
const notLookedAt = "not looked at";

function stop(line) {
  console.error(`interop:bogo: ${line}`);
  process.exit(2);
}

const isMeant = (name) => isWhole || positionals.some((word) => name.includes(word));
const reasons = new Map();
for (const { reason, tests } of expected.failed) for (const name of tests) reasons.set(name, reason);
const passes = new Set(expected.passed);

if (![...passes, ...reasons.keys()].some(isMeant) && !flags.write)
  stop(`no test of expected.json matches ${positionals.join(", ")}`);
if (flags.list) {
  console.log(`${[...passes, ...reasons.keys()].filter(isMeant).length} tests`);
  process.exit(0);
}
if (flags.write && !isWhole) stop("--write takes all tests, not some");

/** A checkout of BoringSSL, whose tests no registry has. */
function checkoutOf() {
  const folder = resolve(process.env.BORINGSSL ?? join(here, "../.run/boringssl"));
  if (existsSync(join(folder, "ssl/test/runner/runner.go"))) return folder;
  const clone = `git clone --filter=blob:none --no-checkout ${expected.repository} ${folder}`;
  const part = `git -C ${folder} sparse-checkout set --no-cone ${expected.folders.join(" ")}`;
  return stop(
    `no BoringSSL in ${folder}. Get what is needed of it: ${clone} && ${part} && git -C ${folder} checkout ${expected.commit}; or name a checkout by BORINGSSL=/path/to/boringssl`,
  );
}

/** Runs Go's compiler. */
function build(cwd, ...args) {
  const { status, stdout, stderr, error } = spawnSync("go", args, { cwd, encoding: "utf8" });
  if (error) stop(`no go on the PATH (${error.message}); BoGo's runner is a program in Go`);
  if (status !== 0) stop(`go ${args.join(" ")} has failed in ${cwd}:\n${stdout}${stderr}`);
}

/** Runs the tests. @returns by their names `actual`, "PASS", "FAIL" or "SKIP", and `error` */
async function run(checkout) {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bogo-"));
  const { startShim } = await import("./shim.mjs");
  const socket = join(scratch, "shim.sock");
  const shim = await startShim(socket);
  const results = join(scratch, "results.json");
  const child = spawn(
    join(checkout.built, "runner"),
    [
      ...["-test.run", "^TestAll$", "-pipe", "-allow-unimplemented"],
      ...["-shim-path", join(checkout.built, "launch"), "-shim-config", configFile],
      ...["-json-output", results, "-num-workers", String(workers)],
      ...(isWhole ? [] : ["-test", positionals.map((word) => `*${word}*`).join(";")]),
    ],
    { env: { ...process.env, FAULTWIRE_BOGO_SHIM: socket }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  await new Promise((done) => child.on("close", done));
  shim.close();
  if (!existsSync(results)) stop(`BoGo's runner has ended without results:\n${output.slice(-4_000)}`);
  const { tests } = JSON.parse(readFileSync(results, "utf8"));
  rmSync(scratch, { recursive: true, force: true });
  return tests;
}

const folder = checkoutOf();
const built = resolve(here, "../.run/bogo");
mkdirSync(built, { recursive: true });
build(folder, "test", "-c", "-o", join(built, "runner"), "./ssl/test/runner");
build(here, "build", "-o", join(built, "launch"), "launch.go");

const tests = Object.entries(await run({ built })).sort(([a], [b]) => (a < b ? -1 : 1));
const of = (result) => tests.filter(([, { actual }]) => actual === result).map(([name]) => name);
const [passed, failed, skipped] = ["PASS", "FAIL", "SKIP"].map(of);
const changed = [];
for (const name of [...passes, ...reasons.keys()].filter(isMeant))
  if (!tests.some(([found]) => found === name)) changed.push(`${name} is not there any more`);
for (const [name, { actual, error }] of tests) {
  const wanted = passes.has(name) ? "PASS" : reasons.has(name) ? "FAIL" : "SKIP";
  if (actual !== wanted) changed.push(`${name}: ${actual} and not ${wanted}\n${error ?? ""}`);
}
if (isWhole && skipped.length !== expected.unimplemented)
  changed.push(`${skipped.length} tests are unimplemented, and not ${expected.unimplemented}`);

if (process.env.FAULTWIRE_BOGO_RESULTS)
  writeFileSync(process.env.FAULTWIRE_BOGO_RESULTS, JSON.stringify(Object.fromEntries(tests), null, 1));
if (flags.write) {
  const byReason = new Map(expected.failed.map(({ reason }) => [reason, []]));
  for (const name of failed) {
    const reason = reasons.get(name) ?? notLookedAt;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  expected.unimplemented = skipped.length;
  expected.failed = [...byReason].flatMap(([reason, names]) =>
    names.length > 0 ? [{ reason, tests: names }] : [],
  );
  expected.passed = passed;
  writeFileSync(expectedFile, `${JSON.stringify(expected, null, 2)}\n`);
} else for (const line of changed) console.error(line);
console.log(
  `${passed.length} tests pass, ${failed.length} fail, ${skipped.length} are unimplemented; ${flags.write ? "written" : `${changed.length} results are not as expected`}`,
);
process.exit(!flags.write && changed.length > 0 ? 1 : 0);
