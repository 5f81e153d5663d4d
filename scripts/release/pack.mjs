// Makes the tarballs that are published, of what is built. They differ from what `pnpm pack` gives in what only this
// repository can use: scripts, devDependencies, links out of the package, and the names of maps (docs/adr/0035).
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { toolEnvironment } from "../setup.mjs";
import { publishedPackages, root } from "../supply-chain/published.mjs";
import { webAddress } from "./manifests.mjs";
import { packedReadme } from "./readme-links.mjs";

const run = promisify(execFile);

/** `pnpm pack` of every package of a workspace that is not private; gives what it says of each tarball. */
async function packWorkspace(workspace, into) {
  const filters = ["--filter", "!faultwire-workspace", "--filter", "!@faultwire/testkit"];
  const options = { cwd: workspace, env: toolEnvironment, maxBuffer: 64 << 20 };
  const { stdout } = await run(
    "pnpm",
    ["-r", ...filters, "pack", "--json", "--pack-destination", into],
    options,
  ).catch(({ stdout = "", stderr = "", message }) => {
    throw new Error(`pnpm pack failed: ${stderr || stdout || message}`);
  });
  return JSON.parse(stdout);
}

/** All files below a folder, by their paths from there. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Takes out of an unpacked package what is of no use outside of this repository. */
export function strip(folder, { at, web }) {
  const files = filesBelow(folder);
  const manifestFile = join(folder, "package.json");
  const { devDependencies: _, scripts: __, ...manifest } = JSON.parse(readFileSync(manifestFile, "utf8"));
  writeFileSync(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const readme = join(folder, "README.md");
  const isPacked = (path) => files.includes(path);
  writeFileSync(readme, packedReadme(readFileSync(readme, "utf8"), { at, web, isPacked }));
  for (const path of files.filter((one) => /\.(?:[cm]?js|d\.[cm]?ts)$/.test(one))) {
    const file = join(folder, path);
    const text = readFileSync(file, "utf8");
    const without = text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
    if (without !== text) writeFileSync(file, without);
  }
  return manifest;
}

/**
 * Packs every published package.
 *
 * @param into a folder, for the tarballs; each is unpacked there, too
 * @returns of each its `manifest` as it is published, its `folder` in the repository, its `tarball`, the folder where it is
 *   `unpacked`, and the paths of its `files`
 */
export async function packAll(into) {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-pack-"));
  try {
    const first = await packWorkspace(root, scratch);
    const unpacked = join(into, "unpacked");
    const web = webAddress();
    const packages = publishedPackages();
    const byName = new Map();
    for (const { name, filename } of first) {
      const found = packages.find(({ manifest }) => manifest.name === name);
      if (!found) throw new Error(`${name} was packed, but is not one of the packages that are published`);
      const folder = join(unpacked, name.replace("/", "+"));
      mkdirSync(folder, { recursive: true });
      await run("tar", ["-xzf", filename, "-C", folder, "--strip-components=1"]);
      const at = relative(root, found.folder).split(sep).join("/");
      const manifest = strip(folder, { at, web });
      byName.set(name, { name, at, folder: found.folder, unpacked: folder, manifest });
    }
    const missing = packages.find(({ manifest }) => !byName.has(manifest.name));
    if (missing) throw new Error(`${missing.manifest.name} was not packed`);
    writeFileSync(join(unpacked, "pnpm-workspace.yaml"), 'packages: ["*"]\npmOnFail: ignore\n');
    const second = await packWorkspace(unpacked, into);
    return second.map(({ name, filename, files, integrity }) => ({
      ...byName.get(name),
      tarball: filename,
      integrity,
      files: files.map(({ path }) => path),
    }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
