// How turbo is called (docs/adr/0036): what it may not see by itself is told in the environment, and nothing is sent
// anywhere. Imports node: modules alone, as setup.mjs does, which runs before anything is installed.
// `node scripts/turbo.mjs ARGUMENTS` is `turbo ARGUMENTS` with all of this.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");

/** turbo's program for this platform, or undefined where its makers publish none. */
export function turboProgram() {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@turbo/${system}-${process.arch === "x64" ? "64" : process.arch}`;
  try {
    const installed = createRequire(realpathSync(join(root, "node_modules/turbo/package.json")));
    return installed.resolve(`${name}/bin/turbo${system === "windows" ? ".exe" : ""}`);
  } catch {
    return undefined;
  }
}

/** The first line that a program says of its version, or that it is missing. */
function versionOf(program, ...args) {
  const { stdout, error } = spawnSync(program, args, { encoding: "utf8" });
  return error ? `no ${program}` : stdout.split("\n", 1)[0].trim();
}

/**
 * The environment of turbo and of its tasks. `FAULTWIRE_MACHINE` goes into every hash: Node and the programs that tests
 * call decide on results, and no file of the checkout changes with them.
 */
export function turboEnvironment(environment) {
  const machine = [
    `node ${process.version} ${process.platform} ${process.arch}`,
    versionOf("openssl", "version"),
    versionOf("curl", "--version"),
    versionOf("python3", "--version"),
    versionOf("git", "--version"),
  ];
  return {
    ...environment,
    FAULTWIRE_MACHINE: machine.join("; "),
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    DO_NOT_TRACK: "1",
    // No cache but the one on this disk, whatever the user's own settings say.
    TURBO_CACHE: "local:rw",
    TURBO_CACHE_DIR: join(root, "node_modules/.cache/turbo"),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program = turboProgram();
  if (program === undefined) {
    console.error(
      `turbo: there is none for ${process.platform} ${process.arch}, or it is not installed: node scripts/setup.mjs`,
    );
    process.exit(2);
  }
  const path = [join(root, "node_modules/.bin"), process.env.PATH].join(
    process.platform === "win32" ? ";" : ":",
  );
  const { status } = spawnSync(program, process.argv.slice(2), {
    cwd: root,
    env: turboEnvironment({ ...process.env, PATH: path }),
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
