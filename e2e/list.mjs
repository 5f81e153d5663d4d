// Whether the commands `npm run interop…` would start: loads every file of theirs without the programs that they need,
// and counts their tests. Ends with 1 where a file can't be loaded, or a command has nothing to run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const scratch = mkdtempSync(join(tmpdir(), "faultwire-e2e-list-"));
const env = { ...process.env, FAULTWIRE_LIST: "1" };
const problems = [];

/** Runs a program; what it says goes on when it fails. */
function run(what, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: here, env, encoding: "utf8" });
  if (status !== 0) problems.push(`${what}: ${error?.message ?? `${stdout}${stderr}`}`);
}

try {
  const list = join(scratch, "tests.json");
  run("vitest list", "vitest", "list", "--root", here, `--json=${list}`);
  if (problems.length === 0) {
    const tests = JSON.parse(readFileSync(list, "utf8"));
    for (const folder of [
      "certificates",
      "doors",
      "fault",
      "fetch",
      "interop",
      "offline",
      "page",
      "report",
      "verdicts",
    ])
      for (const name of readdirSync(join(here, folder)).filter((file) => file.endsWith(".test.ts"))) {
        const count = tests.filter(({ file }) => file === join(here, folder, name)).length;
        if (count === 0) problems.push(`${folder}/${name}: no tests`);
        console.log(`${folder}/${name}: ${count} tests`);
      }
  }
  run("tshark", process.execPath, "tshark/cross-check.mjs", "--list");
  run("tlsfuzzer", process.execPath, "tlsfuzzer/run.mjs", "--list");
  run("bogo", process.execPath, "bogo/run.mjs", "--list");
  run("run", process.execPath, "run/run.mjs", "--list");
  run("sdks", process.execPath, "sdks/run.mjs", "--list");
  run("h2", process.execPath, "h2/run.mjs", "--list");
  run("websocket", process.execPath, "websocket/run.mjs", "--list");
  run("grpc", process.execPath, "grpc/run.mjs", "--list");
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const line of problems) console.error(line);
process.exitCode = problems.length > 0 ? 1 : 0;
