// `npm run interop:run [-- --only node,python,java,others] [--write] [--list]`: which clients `faultwire run` catches.
//
// A cell is one client in one runtime: { runtime, client, version?, command, cwd?, skip?, misses? }. Its program asks a host
// that does not exist for something, and prints the status that it gets. 429 is a rule's: the client was caught. `skip` says
// why a cell can't be run here; `misses` says why a client is not caught, and is held as well.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";
import { tableOf, writeTables } from "./tables.mjs";
import { here } from "./tools.mjs";

const origin = "https://llm.faultwire-run.test";
const names = ["node", "python", "java", "others"];
/** Longer than a program takes on a machine that is very busy. */
const limit = "5m";

const { flags: values } = readFlags("interop:run", {
  only: { type: "string", default: names.join(",") },
  write: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
});
const wanted = values.only.split(",");
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`--only ${unknown}: expected some of ${names.join(",")}`);
  process.exit(2);
}

const home = mkdtempSync(join(tmpdir(), "faultwire-run-"));
const faultwire = join(here, "../../apps/cli/bin/faultwire.js");

/** Runs a cell's program. @returns "caught", or in words what came instead */
function result({ command, cwd }) {
  const flags = ["run", "-q", "--mock", "--timeout", limit, "--config", join(here, "faults.yaml")];
  const child = spawn(process.execPath, [faultwire, ...flags, "--", ...command], {
    cwd: cwd ?? home,
    env: { ...process.env, FAULTWIRE_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
  return new Promise((resolve, reject) =>
    child.on("error", reject).on("close", () => {
      const text = Buffer.concat(said).toString().trim();
      if (/^status=429$/m.test(text)) resolve("caught");
      else resolve(text.slice(-2000) || "said nothing");
    }),
  );
}

/** Runs the cells, a few at a time, and keeps their order. */
async function runAll(cells) {
  const results = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < cells.length; at = next++) {
      const cell = cells[at];
      const got = cell.skip === undefined ? await result(cell) : undefined;
      results[at] = {
        ...cell,
        got,
        isAsExpected: got === undefined || (got === "caught") !== (cell.misses !== undefined),
      };
      const mark = cell.skip ?? (got === "caught" ? "caught" : (cell.misses ?? got));
      console.log(`${results[at].isAsExpected ? "ok  " : "FAIL"} ${cell.runtime}: ${cell.client}: ${mark}`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism() - 1) }, work));
  return results;
}

try {
  const tables = [];
  let count = 0;
  let failed = 0;
  for (const name of names.filter((one) => wanted.includes(one))) {
    const { title, cells } = await import(`./runtimes/${name}.mjs`);
    if (values.list) continue;
    const results = await runAll([...cells(origin)]);
    count += results.length;
    failed += results.filter(({ isAsExpected }) => !isAsExpected).length;
    tables.push({ name, title, text: tableOf(results) });
  }
  for (const { title, text } of tables) console.log(`\n${title}\n\n${text}`);
  if (values.write && failed === 0) writeTables(tables);
  console.log(`${count - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
