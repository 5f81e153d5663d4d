// Holds the manifests of all packages against docs/adr/0035, packs what would be published, and holds the tarballs against
// publint, attw and the compiler.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkTypes } from "./check-types.mjs";
import { checkManifests } from "./release/manifests.mjs";
import { packAll } from "./release/pack.mjs";
import { commandProblems, packedProblems } from "./release/packed-problems.mjs";
import { toolEnvironment } from "./setup.mjs";

const run = promisify(execFile);
const options = { env: toolEnvironment, maxBuffer: 64 << 20 };

/** What is wrong with the tarballs, one text each, with the name of the package before it. */
export async function tarballProblems(packed) {
  const versions = new Map(packed.map(({ name, manifest }) => [name, manifest.version]));
  return packed.flatMap((one) => {
    const found = packedProblems(one, versions);
    if (one.name === "faultwire") found.push(...commandProblems(one));
    return found.map((text) => `${one.name}: ${text}`);
  });
}

/** What the tools of others say about a tarball. */
async function toolProblems({ name, tarball, manifest }) {
  const problems = [];
  await run("publint", ["run", tarball, "--strict"], options).catch((error) =>
    problems.push(`${name}: publint\n${error.stdout}${error.stderr}`),
  );
  if (manifest.exports?.["."])
    await run("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--format", "ascii"], options).catch(
      (error) => problems.push(`${name}: attw\n${error.stdout}`),
    );
  return problems;
}

if (import.meta.filename === process.argv[1]) {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-packages-"));
  const problems = checkManifests();
  let count = 0;
  try {
    const packed = await packAll(scratch);
    count = packed.length;
    problems.push(...(await tarballProblems(packed)));
    for (const one of packed) problems.push(...(await toolProblems(one)));
    problems.push(...(await checkTypes(packed, join(scratch, "types"))));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  for (const line of problems) console.error(line);
  console.log(`packages: ${count} packed, ${problems.length} problems`);
  process.exitCode = problems.length ? 1 : 0;
}
