// `npm run bench`: every benchmark in this folder, one after the other; `npm run bench -- NAME` runs those that match.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const [pattern = ""] = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".mjs") && name !== "run.mjs" && name.includes(pattern))
  .sort();
if (files.length === 0) {
  console.error(
    `no benchmark matches "${pattern}"; there are ${readdirSync(import.meta.dirname).join(", ")}`,
  );
  process.exit(2);
}
let failed = 0;
for (const file of files) {
  console.log(`\n# ${file}`);
  if (
    spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, file)], { stdio: "inherit" })
      .status !== 0
  )
    failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
