// What is looked at in every tarball before anybody gets it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { relativeLinks } from "./readme-links.mjs";

/** Files that belong to this checkout alone. */
const foreign = /(^|\/)test\/|tsbuildinfo|(^|\/)\.env|\.map$|(^|\/)node_modules\//;
/** What a package that has them beside its manifest must hand on. */
const handedOn = ["README.md", "LICENSE", "package.json", "CHANGELOG.md"];
/** What the command takes on a disk, in bytes. */
export const maxCommandBytes = 4_300_000;

const importPattern =
  /(?:^|[;\n])\s*(?:import|export)\s(?:[^"';]*?\sfrom\s*)?["']([^"'\n]+)["']|\b(?:import|require)\(\s*["']([^"'\n]+)["']\s*\)/g;
const withoutComments = (text) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
const packageName = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** Packages that a file names in its imports; Node's own modules, files and the imports of comments are left out. */
export function importedPackages(text) {
  return [...withoutComments(text).matchAll(importPattern)]
    .map((match) => match[1] ?? match[2])
    .filter((specifier) => !/^[.#]|^node:/.test(specifier) && !builtinModules.includes(specifier))
    .map(packageName);
}

/** Compiled files whose source is gone: the compiler never takes one away. */
export function ghosts(files, hasSource) {
  return files.filter((path) => {
    const [, stem, ending] = /^dist\/(.*?)\.((?:d\.)?[cm]?[jt]s)$/.exec(path) ?? [];
    if (stem === undefined) return false;
    const source = ending.replace("d.", "").replace("js", "ts");
    return !hasSource(`src/${stem}.${source}`) && !hasSource(`gen/${stem}.${source}`);
  });
}

/** Whether a package's `dist` is what its own bundler leaves, and not one file for each source. */
const isBundled = ({ folder }) => existsSync(join(folder, "scripts/bundle.mjs"));

/**
 * @param one a package as `packAll` gives it
 * @param versions of the packages of ours, by name
 * @returns what is wrong with it, a text each
 */
export function packedProblems(one, versions) {
  const { manifest, files, unpacked, folder } = one;
  const problems = [];
  const problem = (text) => problems.push(text);
  const textOf = (path) => readFileSync(join(unpacked, path), "utf8");
  const needed = existsSync(join(folder, "NOTICE")) ? [...handedOn, "NOTICE"] : handedOn;
  for (const path of needed) if (!files.includes(path)) problem(`the tarball has no ${path}`);
  for (const path of files) if (foreign.test(path)) problem(`the tarball holds ${path}`);
  if (!isBundled(one))
    for (const path of ghosts(files, (source) => existsSync(join(folder, source))))
      problem(`the tarball holds ${path}, which has no source any more: delete dist and build anew`);
  const dependencies = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const [name, range] of Object.entries(dependencies)) {
    if (!versions.has(name)) continue;
    if (range !== `^${versions.get(name)}`)
      problem(`asks for ${name} ${range}, and this checkout has ${versions.get(name)}`);
  }
  for (const field of ["devDependencies", "scripts"]) if (manifest[field]) problem(`publishes its ${field}`);
  for (const path of files.filter((name) => /\.(?:[cm]?js|d\.[cm]?ts)$/.test(name))) {
    const text = textOf(path);
    if (/^\/\/# sourceMappingURL=(?!data:)/m.test(text)) problem(`${path} names a map that is not published`);
    if (one.name === "faultwire") continue;
    for (const name of importedPackages(text))
      if (name !== one.name && !(name in dependencies))
        problem(`${path} imports ${name}, which is not among its dependencies`);
  }
  for (const { to, line } of relativeLinks(textOf("README.md")))
    if (!files.includes(to)) problem(`README.md:${line} links to ${to}, which is not in the tarball`);
  return [...new Set(problems)];
}

/** What is wrong with the command's tarball beyond that: it says its version, and is as small as it promises. */
export function commandProblems({ manifest, unpacked, files }) {
  const problems = [];
  const said = execFileSync(process.execPath, [join(unpacked, manifest.bin.faultwire), "--version"], {
    encoding: "utf8",
  }).trim();
  if (said !== manifest.version)
    problems.push(`says version ${said}, and its manifest ${manifest.version}: bundle it anew`);
  const bytes = files.reduce((sum, path) => sum + statSync(join(unpacked, path)).size, 0);
  if (bytes > maxCommandBytes) problems.push(`takes ${bytes} bytes, and may take ${maxCommandBytes}`);
  if (manifest.dependencies) problems.push("has dependencies; it is published as one bundle");
  const notices = readFileSync(join(unpacked, "dist/NOTICES.txt"), "utf8");
  if (!notices.includes("FoxIO")) problems.push("dist/NOTICES.txt has no notice of JA4");
  return problems;
}
