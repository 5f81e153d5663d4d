// Makes a checkout runnable: installs what the lockfile names, builds what is older than its source.
// Needs Node and the npm registry, nothing else; a second run with nothing to do takes milliseconds.
// It may import only node: modules, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules", ".faultwire");
const bin = join(root, "node_modules", ".bin");
const bundler = join("apps", "cli", "scripts", "bundle.mjs");

/** The environment in which the workspace's own tools come first on the PATH. */
export const toolEnvironment = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

/** Stops with one clear line; exit status 2 means "the set-up, not the project". */
function stop(line) {
  process.stderr.write(`faultwire setup: ${line}\n`);
  process.exit(2);
}

/** Runs a command quietly; what it printed is shown only when it fails. */
function run(what, command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: toolEnvironment,
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

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Node ${process.versions.node} found, 20.19 or newer needed; install a newer Node and run this again`);
}

const workspaceFolders = () =>
  ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .concat(["bench", "e2e"].map((name) => join(root, name)))
    .filter((folder) => existsSync(join(folder, "package.json")));

/** What the installed tree depends on: the lockfile and every manifest. */
function installDigest() {
  const hash = createHash("sha256");
  const files = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"].map((name) => join(root, name));
  for (const folder of workspaceFolders()) files.push(join(folder, "package.json"));
  for (const file of files) hash.update(readFileSync(file));
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
    if (!existsSync(join(folder, "tsconfig.json"))) continue;
    add(join(folder, "tsconfig.json"));
    for (const file of sourceFiles(join(folder, "src"))) add(file);
    if (!existsSync(join(folder, "dist", "tsconfig.tsbuildinfo"))) hash.update(`${folder} is not built\n`);
  }
  add(join(root, bundler));
  if (!existsSync(join(root, "apps/cli/dist/bundle/made-from.json")))
    hash.update("the command is not bundled\n");
  return hash.digest("hex");
}

/** Runs `work` when the stamp of that name does not hold `digest`; writes the stamp afterwards. */
function unlessStamped(name, digest, work) {
  const stamp = join(stamps, name);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest()) return;
  rmSync(stamp, { force: true });
  work();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest());
}

const say = (line) => process.stderr.write(`faultwire setup: ${line}\n`);

export function setup() {
  checkNode();
  unlessStamped("installed", installDigest, () => {
    const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    say(`installing (${packageManager}, from the npm registry) …`);
    const install = ["install", "--frozen-lockfile", "--reporter=append-only"];
    if (existsSync(join(bin, "pnpm"))) run("installing", "pnpm", install);
    else run("installing", "npm", ["exec", "--yes", `--package=${packageManager}`, "--", "pnpm", ...install]);
  });
  unlessStamped("built", buildDigest, () => {
    say("building …");
    run("building", "tsc", ["-b"]);
    run("bundling", process.execPath, [bundler]);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
