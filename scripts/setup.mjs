// Makes a checkout runnable: installs what the lockfiles name, builds what is older than its source.
// Needs Node and the npm registry, nothing else; a second run with nothing to do takes milliseconds.
// It may import only node: modules and turbo.mjs, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { turboEnvironment, turboProgram } from "./turbo.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules", ".faultwire");
const bin = join(root, "node_modules", ".bin");
/** What makes one file of several after the compiler, each with a file that it writes and folders that it reads beside `src`. */
export const bundlers = [
  {
    script: "packages/node-hook/scripts/bundle.mjs",
    reads: ["packages/node-hook/scripts"],
    writes: "packages/node-hook/dist/hook.cjs",
  },
  // The command's bundle has the hook beside it, and comes after it.
  {
    script: "apps/cli/scripts/bundle.mjs",
    reads: ["apps/cli/scripts", "packages/python-hook/python"],
    writes: "apps/cli/dist/bundle/made-from.json",
    // What turbo takes from its cache is put beside what is there.
    clears: ["apps/cli/dist/bundle", "apps/cli/dist/package"],
  },
];

/** The environment in which the workspace's own tools come first on the PATH. */
export const toolEnvironment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
};

/** Stops with one clear line; exit status 2 means "the set-up, not the project". */
function stop(line) {
  process.stderr.write(`faultwire setup: ${line}\n`);
  process.exit(2);
}

/** Runs a command quietly; what it printed is shown only when it fails. */
function run(what, command, args, { cwd = root, env = toolEnvironment } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    maxBuffer: 64 << 20,
  });
  if (result.error) stop(`${what}: ${command} could not be started (${result.error.message})`);
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout}${result.stderr}`);
    stop(`${what} failed: \`${command} ${args.join(" ")}\` ended with ${result.status ?? result.signal}`);
  }
}

/** Whether a checkout can be built with this version of Node (docs/adr/0004-supported-nodes.md). */
export function isEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

function checkNode() {
  const { node } = process.versions;
  if (isEnough(node)) return;
  stop(`Node ${node} found, 20.19, or 22.12 and newer, needed; install a newer Node and run this again`);
}

export const workspaceFolders = () =>
  ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, "package.json")));

/** What an installed tree depends on: the lockfile, every manifest and Node, whose version decides on optional packages. */
function installDigest(folders) {
  const hash = createHash("sha256");
  for (const name of ["pnpm-lock.yaml", "pnpm-workspace.yaml"])
    hash.update(readFileSync(join(folders[0], name)));
  for (const folder of folders) {
    const manifest = readFileSync(join(folder, "package.json"));
    hash.update(manifest);
    if (manifest.includes('"dependencies"') && !existsSync(join(folder, "node_modules")))
      hash.update(`${folder} is not installed\n`);
  }
  return hash.update(process.versions.modules).digest("hex");
}

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* sourceFiles(join(folder, entry.name));
    else yield join(folder, entry.name);
  }
}

/** What the build depends on. Times and sizes are enough here: `tsc -b` itself compares the contents. */
function buildDigest() {
  const hash = createHash("sha256");
  const add = (file) => {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}\0${mtimeMs}\0${size}\n`);
  };
  add(join(root, "tsconfig.base.json"));
  for (const folder of workspaceFolders()) {
    // A manifest has the version that is in the bundle.
    add(join(folder, "package.json"));
    if (!existsSync(join(folder, "tsconfig.json"))) continue;
    add(join(folder, "tsconfig.json"));
    for (const file of sourceFiles(join(folder, "src"))) add(file);
    if (!existsSync(join(folder, "dist", "tsconfig.tsbuildinfo"))) hash.update(`${folder} is not built\n`);
  }
  for (const { reads, writes } of bundlers) {
    for (const folder of reads) for (const file of sourceFiles(join(root, folder))) add(file);
    if (!existsSync(join(root, writes))) hash.update(`${writes} is not there\n`);
  }
  return hash.digest("hex");
}

const textOf = (file) => (existsSync(file) ? readFileSync(file, "utf8") : "");

/** Runs `work` when the stamp does not hold what `digest()` gives; writes the stamp afterwards. */
function unlessStamped(stamp, digest, work) {
  if (textOf(stamp) === digest()) return;
  rmSync(stamp, { force: true });
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest());
}

const say = (line) => process.stderr.write(`faultwire setup: ${line}\n`);

/** Runs `pnpm install`: the workspace's own pnpm when it is the right one, else the one that npm fetches. */
function install(what, folder, ...options) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  say(`installing ${what} (${packageManager}, from the npm registry) …`);
  const args = ["install", "--frozen-lockfile", "--reporter=append-only", ...options];
  const own = textOf(join(root, "node_modules/pnpm/package.json"));
  if (own !== "" && packageManager === `pnpm@${JSON.parse(own).version}`)
    run("installing", join(bin, "pnpm"), args, { cwd: folder });
  else
    run("installing", "npm", ["exec", "--yes", `--package=${packageManager}`, "--", "pnpm", ...args], {
      cwd: folder,
    });
}

/**
 * Installs the workspace. What `npm start` needs are the `dependencies` of its manifests; the checks need
 * `devDependencies` too. The stamp begins with the one or the other: what has been installed once stays.
 */
function installWorkspace(wanted) {
  const stamp = join(stamps, "installed");
  const extent = textOf(stamp).startsWith("checks ") ? "checks" : wanted;
  const folders = [root, ...workspaceFolders()];
  unlessStamped(
    stamp,
    () => `${extent} ${installDigest(folders)}`,
    () => {
      if (extent === "checks") install("what the checks need", root);
      else install("what `npm start` needs", root, "--prod");
    },
  );
}

/**
 * `turbo run build bundle` where turbo is installed, which is with the checks: it calls pnpm, and pnpm is installed with
 * them, too. Elsewhere the same commands by themselves.
 */
function build() {
  for (const { clears = [] } of bundlers)
    for (const folder of clears) rmSync(join(root, folder), { recursive: true, force: true });
  const turbo = turboProgram();
  if (turbo !== undefined) {
    const args = ["run", "build", "bundle", "--output-logs=errors-only"];
    run("building", turbo, args, { env: turboEnvironment(toolEnvironment) });
    return;
  }
  if (existsSync(join(root, "node_modules/turbo")))
    say(`turbo has no program for ${process.platform} ${process.arch}: building without it`);
  run("building", "tsc", ["-b"]);
  for (const { script } of bundlers) run("bundling", process.execPath, [join(root, script)]);
}

/** Folders with an installation of their own, for what neither `npm start` nor the packages' tests need. */
const apart = ["bench", "e2e", "site"];
/** The same for one command alone: installed where it is named, and never else. */
const onDemand = ["e2e/sdks"];

function installApart(name) {
  const folder = join(root, name);
  unlessStamped(
    join(folder, "node_modules/.faultwire/installed"),
    () => installDigest([folder]),
    () => install(`what ${name} needs`, folder),
  );
}

/**
 * Makes the checkout runnable for `npm start`, and for what is named: "checks" for the tools and tests of the
 * workspace, "bench" for the benchmarks, "e2e" for the commands `npm run interop…`, "e2e/sdks" for
 * `npm run interop:sdks`.
 */
export function setup(...parts) {
  const unknown = parts.find((part) => part !== "checks" && ![...apart, ...onDemand].includes(part));
  if (unknown) stop(`there is no part "${unknown}"; there are checks, ${[...apart, ...onDemand].join(", ")}`);
  checkNode();
  installWorkspace(parts.includes("checks") || parts.includes("e2e") ? "checks" : "start");
  for (const name of [...apart, ...onDemand]) if (parts.includes(name)) installApart(name);
  unlessStamped(join(stamps, "built"), buildDigest, () => {
    say("building …");
    build();
  });
}

/** `node scripts/setup.mjs` sets everything up; with names behind it, those parts. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  setup(...(named.length > 0 ? named : ["checks", ...apart]));
}
