// `npm test`: the set-up, then every check and every test, as tasks of turbo (docs/adr/0036): what has not changed since
// it passed is taken from the cache, which is said. Ends with `N passed, N failed`, the sum of the checks and of the tests,
// cached or not, and with status 1 when anything failed; a line `failed: …` before it names each that did.
// `npm test -- --force` takes nothing from the cache; `npm test -- PATTERN` runs the tests whose path matches alone, and
// `npm test -- --filter=@faultwire/NAME` the tasks of one package (`--filter=//` the checks of the whole).
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { root, setup, toolEnvironment, workspaceFolders } from "./setup.mjs";
import { turboEnvironment, turboProgram } from "./turbo.mjs";

const force = process.argv.includes("--force");
const filters = process.argv.filter((arg) => arg.startsWith("--filter="));
const only = process.argv.slice(2).filter((arg) => arg !== "--force" && !filters.includes(arg));

let passed = 0;
/** What failed, in words. */
const failed = [];

/** A message's first line, without a terminal's colours. */
function firstLine(message = "") {
  return stripVTControlCharacters(message).split("\n", 1)[0];
}

/** Counts what vitest's JSON says; true when it names a failure. */
function countTests(file) {
  const before = failed.length;
  const summary = JSON.parse(readFileSync(file, "utf8"));
  passed += summary.numPassedTests;
  for (const { name, status, message, assertionResults } of summary.testResults) {
    const path = relative(root, name);
    const tests = assertionResults.filter((test) => test.status === "failed");
    for (const { fullName, failureMessages } of tests)
      failed.push(`${path}: ${fullName}: ${firstLine(failureMessages[0])}`);
    // A file that could not be loaded has no tests to count, but it has failed.
    if (status === "failed" && tests.length === 0) failed.push(`${path}: ${firstLine(message)}`);
  }
  return failed.length > before;
}

/** Runs a command, and gives each line of its output to `onLine`. Resolves to its status. */
function run(command, args, env, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ["ignore", onLine ? "pipe" : "inherit", "inherit"],
      shell: process.platform === "win32" && !command.endsWith(".exe"),
    });
    if (onLine) createInterface({ input: child.stdout }).on("line", onLine);
    child.on("error", reject);
    child.on("close", resolve);
  });
}

async function runPattern() {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-test-"));
  const results = join(scratch, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
  const args = ["run", "--project", "!@faultwire/e2e-*", ...reporters, ...only];
  const status = await run("vitest", args, toolEnvironment);
  if (!existsSync(results)) failed.push("vitest left no result: see above");
  else if (!countTests(results) && status !== 0) failed.push("vitest, outside of any test: see above");
  rmSync(scratch, { recursive: true, force: true });
}

/** Where a task of turbo leaves the counts of its tests. */
const countsOf = (folder) => join(root, folder, ".turbo/tests.json");

/** Counts one task of turbo's own summary: its tests where it left their counts, else itself. */
function countTask({ taskId, directory, execution, hasTests }) {
  const name = taskId.replace(/^\/\/#/, "");
  if (!execution) return failed.push(`${name}: was not run`);
  const ok = execution.exitCode === 0;
  if (!hasTests) {
    if (ok) passed++;
    else failed.push(`${name}: ended with ${execution.exitCode}: see above`);
  } else if (!existsSync(countsOf(directory))) failed.push(`${name}: left no counts of its tests: see above`);
  else if (!countTests(countsOf(directory)) && !ok) failed.push(`${name}, outside of any test: see above`);
}

async function runAll() {
  const program = turboProgram();
  if (program === undefined) {
    console.error(
      `npm test: turbo has no program for ${process.platform} ${process.arch}; \`npm test -- PATTERN\` works, and each check by itself (CONTRIBUTING.md)`,
    );
    process.exit(2);
  }
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const checks = Object.keys(scripts).filter((name) => name.startsWith("check:"));
  // A task that ends without having counted must not be told by what an earlier one left.
  for (const folder of ["", ...workspaceFolders()])
    rmSync(countsOf(relative(root, join(root, folder))), { force: true });
  let summaryFile;
  const args = [
    ...["run", "check", "test", ...checks],
    ...[
      "--continue=always",
      "--summarize",
      "--output-logs=new-only",
      "--log-order=grouped",
      "--log-prefix=none",
    ],
    `--concurrency=${Math.max(2, availableParallelism())}`,
    ...(force ? ["--force"] : []),
    ...filters,
  ];
  const status = await run(program, args, turboEnvironment(toolEnvironment), (line) => {
    summaryFile ??= /^\s*Summary:\s+(\S.*)$/.exec(stripVTControlCharacters(line))?.[1];
    console.log(line);
  });
  if (summaryFile === undefined) {
    failed.push(`turbo ended with ${status}, without a summary: see above`);
    return;
  }
  const { tasks } = JSON.parse(readFileSync(summaryFile, "utf8"));
  const ran = tasks.filter(({ command }) => command !== "<NONEXISTENT>");
  for (const task of ran) countTask({ ...task, hasTests: task.outputs?.includes(".turbo/tests.json") });
  for (const folder of workspaceFolders()) {
    const own = relative(root, folder);
    const hasTests = existsSync(join(folder, "test")) && readdirSync(join(folder, "test")).length > 0;
    if (
      filters.length === 0 &&
      hasTests &&
      !ran.some(({ task, directory }) => task === "test" && directory === own)
    )
      failed.push(`${own}: has tests, and no script "test" that runs them`);
  }
  const nameOf = ({ taskId }) => taskId.replace(/^\/\/#/, "");
  const cached = ran.filter(({ cache }) => cache.status === "HIT");
  console.log(`from the cache, as it passed before: ${cached.length} of ${ran.length} tasks`);
  if (cached.length > 0 && cached.length < ran.length)
    console.log(
      `run: ${ran
        .filter((task) => !cached.includes(task))
        .map(nameOf)
        .join(", ")}`,
    );
}

if (only.length > 0) {
  setup("checks");
  await runPattern();
} else {
  setup("checks", "bench", "e2e");
  await runAll();
}
for (const what of failed) console.log(`failed: ${what.replaceAll(/\s+/g, " ")}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
