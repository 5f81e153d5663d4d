// `npm run audit`, for a daily job: asks the registry about advisories for what is installed, and ends with 0 where there is
// none that is not accepted, 1 where there is one, and 2 where the registry does not answer. Not a part of `npm test`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readFlags } from "../read-flags.mjs";
import { toolEnvironment } from "../setup.mjs";
import { judgeAdvisories } from "./judge-advisories.mjs";
import { root } from "./published.mjs";

readFlags("audit", {});

/** How long the registry may take, in ms. */
const patienceMs = 120_000;

const asked = spawnSync("pnpm", ["audit", "--json"], {
  cwd: root,
  env: toolEnvironment,
  encoding: "utf8",
  timeout: patienceMs,
  maxBuffer: 64 << 20,
  shell: process.platform === "win32",
});
let report;
try {
  report = JSON.parse(asked.stdout);
} catch {
  console.error((asked.error?.message ?? `${asked.stdout}${asked.stderr}`).trim());
}
const { advisories } = JSON.parse(
  readFileSync(join(import.meta.dirname, "accepted-advisories.json"), "utf8"),
);
const { status, lines } = judgeAdvisories(report, advisories, new Date().toISOString().slice(0, 10));
for (const line of lines) console.log(`audit: ${line}`);
process.exitCode = status;
