// Writes a software bill of materials (CycloneDX 1.6, JSON) of each published package: what it is made of, in all depths.
// `faultwire` is published as one bundle; its bill says what is in the bundle. `npm run sbom -- FOLDER` writes them there.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { toolEnvironment } from "../setup.mjs";
import { publishedPackages, root } from "./published.mjs";

const usage = "usage: npm run sbom -- [FOLDER]: where the bills are written; sbom/ where none is named";

/** The folder that was asked for. Ends the process where it was asked for help, or for what there is not. */
function readFolder() {
  try {
    const options = { help: { type: "boolean", short: "h", default: false } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`${positionals.length} folders were named`);
    if (!values.help) return resolve(positionals[0] ?? join(root, "sbom"));
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`sbom: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const out = readFolder();
const scratch = mkdtempSync(join(tmpdir(), "faultwire-sbom-"));
try {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--sbom-spec-version", "1.6", "--split", "--prod"];
  const made = spawnSync("pnpm", [...args, "--out", join(scratch, "%s.json")], {
    cwd: root,
    env: toolEnvironment,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (made.status !== 0)
    throw new Error(`pnpm sbom failed:\n${made.error?.message ?? made.stdout + made.stderr}`);
  mkdirSync(out, { recursive: true });
  for (const { manifest } of publishedPackages()) {
    const name = manifest.name.replace("@", "").replace("/", "-");
    const bill = JSON.parse(readFileSync(join(scratch, `${name}.json`), "utf8"));
    writeFileSync(join(out, `${name}.cdx.json`), `${JSON.stringify(bill, undefined, 2)}\n`);
    console.log(`${manifest.name}: ${bill.components.length} components`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
