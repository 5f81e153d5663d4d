// `npm test`: the set-up, then every check that CI makes. Ends with `N passed, N failed`, the sum of the checks
// and of the tests, and with status 1 when anything failed. `npm test -- PATTERN` runs the tests that match alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, setup, toolEnvironment } from "./setup.mjs";

const only = process.argv.slice(2);
if (only.length === 0) setup("checks", "bench", "e2e");
else setup("checks");

const scratch = mkdtempSync(join(tmpdir(), "faultwire-test-"));
const results = join(scratch, "vitest.json");
let passed = 0;
let failed = 0;

/** Runs one command with its output shown when it fails; true when it ended with 0. */
function succeeds(command, args, show = false) {
  const child = spawnSync(command, args, {
    cwd: root,
    env: toolEnvironment,
    encoding: "utf8",
    stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    maxBuffer: 256 << 20,
  });
  if (child.error) console.error(child.error.message);
  if (child.status !== 0 && !show) process.stdout.write(`${child.stdout}${child.stderr}`);
  return child.status === 0;
}

function check(name, command, ...args) {
  const start = performance.now();
  const ok = succeeds(command, args);
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

if (only.length === 0) {
  check("format and lint (biome)", "biome", "ci", "--colors=off", "--error-on-warnings", ".");
  check("types of the packages (tsc -b)", "tsc", "-b");
  check("types of the tests (tsc)", "tsc", "-p", "tsconfig.test.json");
  check(
    "lint with types (oxlint)",
    "oxlint",
    "--type-aware",
    "--deny-warnings",
    "packages",
    "apps",
    "e2e",
    "bench",
  );
  check("package boundaries", "node", "scripts/check-boundaries.mjs");
  check(
    "protocol: lint, breaking changes, generated code",
    "node",
    "packages/fault-protocol/scripts/check.mjs",
  );
  check("packages: publint and attw on the packed tarballs", "node", "scripts/check-packages.mjs");
  check("benchmarks: each of them works, once and quickly", "node", "bench/src/run.mjs", "--quick");
  check("interop: every file can be loaded, without the programs that it needs", "node", "e2e/list.mjs");
  check(
    "interop:verdicts: clients told apart by reports",
    "vitest",
    "run",
    "--root",
    "e2e/verdicts",
    "--config",
    "vitest.config.ts",
  );
}

const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const ran = succeeds("vitest", ["run", "--project", "!@faultwire/e2e-*", ...reporters, ...only], true);
try {
  const summary = JSON.parse(readFileSync(results, "utf8"));
  passed += summary.numPassedTests;
  failed += summary.numFailedTests;
  // A file that could not be loaded has no tests to count, but it has failed.
  for (const file of summary.testResults)
    if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")) failed++;
} catch (error) {
  failed++;
  console.error(`vitest left no result: ${error.message}`);
}
if (!ran && failed === 0) failed++;
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
