// `npm run test:nodes`: the README's two commands under every supported Node, each fetched from the npm registry, each
// in a fresh clone of what is committed. `--quick` runs the tests of the packages that stand nearest to Node, `--only 22`
// takes one Node alone. `--here` is what CI runs: `npm test` in this checkout on the Node that is running, then a release of
// what is committed as far as it goes without publishing (docs/adr/0049), then the other Nodes quickly. Ends with `N passed, N failed`, the sum of all, and with status 1 when anything failed; a line `failed: …` before
// it names each that did.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchNode, supported } from "./nodes/registry-nodes.mjs";
import { runScript, start, stopAll, test } from "./nodes/trial.mjs";
import { readFlags } from "./read-flags.mjs";

const { flags: values } = readFlags("test:nodes", {
  quick: { type: "boolean", default: false },
  here: { type: "boolean", default: false },
  only: { type: "string", multiple: true },
});
const unknown = values.only?.find((one) => !supported.some(({ node }) => node === one));
if (unknown) {
  console.error(`--only ${unknown}: expected one of ${supported.map(({ node }) => node).join(", ")}`);
  process.exit(2);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Packages whose code or tests depend on Node's version: TLS, HTTP/2, certificates. */
const nearNode = [
  "packages/tls-bridge",
  "packages/handshake-fsm",
  "packages/connect-unary",
  "packages/cert-authority",
  "apps/plugin-server",
  "apps/proxy",
];

const scratch = mkdtempSync(join(tmpdir(), "faultwire-nodes-"));
const sweep = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
for (const name of ["SIGINT", "SIGTERM"])
  process.once(name, () => {
    stopAll();
    sweep();
    process.exit(130);
  });

let passed = 0;
/** What failed, in words. */
const failed = [];
const rows = [["Node", "first start", "curl", "tests", "start again"]];
const seconds = (ms) => (ms === undefined ? "never" : `${(ms / 1000).toFixed(1)} s`);

function count({ problems }, where) {
  if (problems.length === 0) passed++;
  else failed.push(`${where}: ${problems[0]}`);
  for (const line of problems) console.log(line);
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

async function testsOf(folder, env, patterns, version) {
  const counts = await test(folder, env, patterns);
  passed += counts.passed;
  failed.push(...counts.failed.map((what) => `Node ${version}: ${what}`));
  return `${counts.passed} passed, ${counts.failed.length} failed`;
}

/** Under one Node after the other, in one checkout, where npm had installed something before. */
async function takeTurns(nodes) {
  const clone = join(scratch, "clone");
  git("clone", "--quiet", root, clone);
  mkdirSync(join(clone, "node_modules", "yaml"), { recursive: true });
  writeFileSync(
    join(clone, "node_modules", "yaml", "package.json"),
    '{ "name": "yaml", "version": "1.0.0" }',
  );
  writeFileSync(
    join(clone, "node_modules", ".package-lock.json"),
    '{ "lockfileVersion": 3, "packages": {} }',
  );
  for (const { version, env } of [...nodes, nodes[0]]) {
    console.log(`\n# one checkout, now Node ${version}: npm start, curl`);
    const started = await start(clone, env);
    count(started, `in turn, Node ${version}`);
    const curl = started.problems.length === 0 ? "ok" : "FAIL";
    rows.push([`in turn: ${version}`, seconds(started.readyMs), curl, "", ""]);
  }
}

async function tryNode(wanted, patterns) {
  const clone = join(scratch, `clone-${wanted.node}`);
  const { version, env: found } = fetchNode(wanted, join(scratch, `node-${wanted.node}`));
  const env = { ...found, FAULTWIRE_HOME: join(scratch, `home-${wanted.node}`) };
  git("clone", "--quiet", root, clone);
  console.log(`\n# Node ${version}, npm ${wanted.npm}: npm start, curl, npm test ${patterns.join(" ")}`);
  const first = await start(clone, env);
  count(first, `Node ${version}, first start`);
  const tests = await testsOf(clone, env, patterns, version);
  const again = await start(clone, env);
  count(again, `Node ${version}, second start`);
  const curl = first.problems.length + again.problems.length === 0 ? "ok" : "FAIL";
  rows.push([version, seconds(first.readyMs), curl, tests, seconds(again.readyMs)]);
  rmSync(clone, { recursive: true, force: true, maxRetries: 3 });
  return { version, env };
}

/**
 * A release of what is committed, from a fresh clone: built from nothing, packed, installed and used by everybody whom it has
 * to serve, and not published. Then what must stop a release, each by itself. `npm test` has run already.
 */
async function tryRelease() {
  const clone = join(scratch, "clone-release");
  git("clone", "--quiet", root, clone);
  console.log("\n# a fresh clone: npm run release:check, npm run release:red");
  const check = await runScript(clone, ["scripts/release/run.mjs", "--check", "--skip-tests"]);
  const refusal = check.lines.findLast((line) => line.startsWith("release: refused"));
  if (check.status === 0) passed++;
  else failed.push(`release:check: ${refusal ?? `ended with ${check.status}`}`);
  const red = await runScript(clone, ["scripts/release/red.mjs"]);
  const [, good, bad] = /^(\d+) passed, (\d+) failed$/.exec(red.lines.at(-1) ?? "") ?? [];
  passed += Number(good ?? 0);
  for (const line of red.lines.filter((each) => each.startsWith("FAIL ")))
    failed.push(`release:red: ${line.slice(5)}`);
  if (bad === undefined) failed.push(`release:red: ended with ${red.status}, without counts`);
  rows.push(["release", "", "", check.status === 0 && bad === "0" ? "ok" : "FAIL", ""]);
  rmSync(clone, { recursive: true, force: true, maxRetries: 3 });
}

/** Node 20.20 is not 20.19: only the same minor version, where one is named, makes a Node the one that is running. */
const isRunning = ({ node }) => `${process.versions.node}.`.startsWith(`${node}.`);

if (values.here) {
  console.log(`# Node ${process.versions.node}, this checkout: npm test`);
  const tests = await testsOf(root, process.env, [], process.versions.node);
  rows.push([process.versions.node, "", "", tests, ""]);
  await tryRelease();
}
const uncommitted = git("status", "--porcelain").split("\n").filter(Boolean).length;
if (uncommitted > 0)
  console.log(`${uncommitted} changed files are not committed: the clones are without them`);
const tried = [];
for (const wanted of supported) {
  if (values.only && !values.only.includes(wanted.node)) continue;
  if (values.here && isRunning(wanted)) continue;
  try {
    tried.push(await tryNode(wanted, values.quick || values.here ? nearNode : []));
  } catch (error) {
    failed.push(`Node ${wanted.node}: ${error.message}`);
    console.log(error.message);
    rows.push([wanted.node, "never", "FAIL", "", ""]);
  }
}
if (tried.length > 1) await takeTurns(tried);
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
console.log("");
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  "));
sweep();
for (const what of failed) console.log(`failed: ${what.split("\n", 1)[0]}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
