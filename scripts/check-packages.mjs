// Packs every publishable package as `pnpm publish` would and holds the tarballs against publint, attw and the compiler.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkTypes } from "./check-types.mjs";
import { root, toolEnvironment } from "./setup.mjs";

const run = promisify(execFile);
const options = { env: toolEnvironment, maxBuffer: 64 << 20 };
const scratch = mkdtempSync(join(tmpdir(), "faultwire-pack-"));
const problems = [];
const packed = [];

async function checkPackage(folder, manifest) {
  const problem = (text) => problems.push(`${manifest.name}: ${text}`);
  for (const field of ["description", "license", "files", "engines"])
    if (!manifest[field]) problem(`package.json has no "${field}"`);
  const pack = await run("pnpm", ["pack", "--json", "--pack-destination", scratch], {
    ...options,
    cwd: folder,
  });
  const { filename, files } = JSON.parse(pack.stdout);
  packed.push({ manifest, folder, tarball: filename });
  for (const needed of ["README.md", "LICENSE", "package.json"])
    if (!files.some(({ path }) => path === needed)) problem(`the tarball has no ${needed}`);
  for (const { path } of files)
    if (/(^|\/)test\/|tsbuildinfo|\.env/.test(path)) problem(`the tarball holds ${path}`);
  await run("publint", ["run", filename, "--strict"], options).catch((error) =>
    problem(`publint\n${error.stdout}${error.stderr}`),
  );
  if (manifest.exports?.["."])
    await run("attw", [filename, "--profile", "esm-only", "--no-emoji", "--format", "ascii"], options).catch(
      (error) => problem(`attw\n${error.stdout}`),
    );
}

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);
let count = 0;
try {
  for (const folder of folders) {
    if (!existsSync(join(folder, "package.json"))) continue;
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (manifest.private) continue;
    count++;
    await checkPackage(folder, manifest).catch((error) =>
      problems.push(`${manifest.name}: ${error.message}`),
    );
  }
  problems.push(...(await checkTypes(packed, join(scratch, "types"))));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const line of problems) console.error(line);
console.log(`packages: ${count} packed, ${problems.length} problems`);
process.exitCode = problems.length ? 1 : 0;
