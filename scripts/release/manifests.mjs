// What the manifest and the README of every published package have to say. `node scripts/release/manifests.mjs` tells what
// is wrong, with `--write` it writes what follows from the manifest at the top (docs/adr/0035). A part of check-packages.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedPackages, root } from "../supply-chain/published.mjs";
import { relativeLinks } from "./readme-links.mjs";

/** Scripts that npm would run on the machine of whoever installs a package. */
const runsAtInstallation = ["preinstall", "install", "postinstall", "prepare"];

/** With it every package begins that was there before the first release. */
const firstVersion = "0.1.0";

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** The address of the repository for a browser, from the manifest at the top, the one place where it stands. */
export const webAddress = (top = readJson(join(root, "package.json"))) =>
  top.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** Whether that address is the one that stands there as long as there is no public repository: RFC 2606 keeps `.invalid` free. */
export const isPlaceholder = (top = readJson(join(root, "package.json"))) =>
  new URL(webAddress(top)).hostname.endsWith(".invalid");

/** The fields that are the same everywhere but for the folder, as `at` names it: `packages/http1`. */
export function derivedFields(top, at) {
  const web = webAddress(top);
  return {
    author: top.author,
    homepage: `${web}/tree/main/${at}#readme`,
    repository: { ...top.repository, directory: at },
    bugs: { url: `${web}/issues` },
  };
}

/**
 * @param top the manifest at the top
 * @param all manifest of each package of the workspace that is published, by its name
 * @param one its `manifest`, its `at`, and what is beside it: `readme`, `changelog` (undefined without), `changesets`, the
 *   names of the packages that a changeset speaks of, and `exists(path)`
 * @returns what is wrong with it, a text each that says what to do
 */
export function manifestProblems(top, all, { manifest, at, readme, changelog, changesets, exists }) {
  const problems = [];
  const problem = (text) => problems.push(text);
  for (const [field, wanted] of Object.entries(derivedFields(top, at)))
    if (JSON.stringify(manifest[field]) !== JSON.stringify(wanted))
      problem(`"${field}" is not what package.json at the top asks for; \`npm run manifests\` writes it`);
  for (const field of ["description", "license", "engines", "files", "type"])
    if (!manifest[field]) problem(`"${field}" is missing`);
  if (!(manifest.keywords?.length >= 3)) problem('"keywords" has fewer than three words');
  if (manifest.license !== top.license) problem(`"license" is ${manifest.license}, not ${top.license}`);
  if (manifest.funding) problem('"funding" is there; we ask for none');
  const { access, provenance } = manifest.publishConfig ?? {};
  if (access !== "public" || provenance !== true)
    problem('"publishConfig" must have "access": "public" and "provenance": true');
  for (const script of runsAtInstallation)
    if (manifest.scripts?.[script]) problem(`script "${script}" would run where the package is installed`);
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies"])
    for (const [name, range] of Object.entries(manifest[field] ?? {})) {
      if (!range.startsWith("workspace:") && !all.has(name)) continue;
      if (range !== "workspace:^")
        problem(`"${field}" asks for ${name} as ${range}; "workspace:^" lets one package go out alone`);
      if (field !== "devDependencies" && !all.has(name))
        problem(`"${field}" names ${name}, which is not published`);
    }
  if (manifest.publishConfig?.directory === undefined) {
    if (!manifest.files?.includes("CHANGELOG.md")) problem('"files" has no "CHANGELOG.md"');
    if (manifest.files?.includes("src"))
      problem('"files" has "src": neither sources nor maps are published (docs/adr/0035)');
    if (manifest.files?.includes("dist"))
      for (const needed of ["!dist/**/*.map", "!dist/**/*.tsbuildinfo"])
        if (!manifest.files.includes(needed)) problem(`"files" has no "${needed}"`);
  }
  if (readme === undefined) problem("there is no README.md");
  for (const { to, line } of relativeLinks(readme ?? ""))
    if (!exists(to)) problem(`README.md:${line} links to ${to}, which is not there`);
  const isNew = manifest.version === "0.0.0" && changesets.includes(manifest.name);
  if (!isNew && !changelog?.includes(`\n## ${manifest.version}\n`))
    problem(
      `CHANGELOG.md has no section ${manifest.version}; a new package has version 0.0.0 and a changeset (CONTRIBUTING.md)`,
    );
  return problems;
}

/** Names of the packages that the changesets which wait for a version speak of. */
export function packagesInChangesets(folder = join(root, ".changeset")) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .flatMap((file) => {
      const [, head = ""] = readFileSync(join(folder, file), "utf8").split(/^---$/m);
      return [...head.matchAll(/^["']?(@?[\w./-]+)["']?\s*:/gm)].map(([, name]) => name);
    });
}

const textOf = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

/** What is wrong with the manifests of this checkout, one line each; with `write`, after what can be derived is written. */
export function checkManifests({ write = false } = {}) {
  const top = readJson(join(root, "package.json"));
  const packages = publishedPackages();
  const all = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
  const changesets = packagesInChangesets();
  return packages.flatMap(({ folder, manifest }) => {
    const at = relative(root, folder).split(sep).join("/");
    if (write) manifest = writeDerived(folder, manifest, derivedFields(top, at));
    const found = manifestProblems(top, all, {
      manifest,
      at,
      readme: textOf(join(folder, "README.md")),
      changelog: textOf(join(folder, "CHANGELOG.md")),
      changesets,
      exists: (path) => existsSync(join(folder, path)),
    });
    return found.map((text) => `${manifest.name}: ${text}`);
  });
}

/** What is compiled without its maps, what else is named, and the changelog. */
function packedFiles(files) {
  const compiled = files.includes("dist") ? ["dist", "!dist/**/*.map", "!dist/**/*.tsbuildinfo"] : [];
  const others = files.filter((one) => ![...compiled, "src", "CHANGELOG.md"].includes(one));
  return [...compiled, ...others, "CHANGELOG.md"];
}

/** Writes what follows from the manifest at the top behind the licence, and the changelog of a package that has none. */
function writeDerived(folder, manifest, fields) {
  const entries = Object.entries(manifest).filter(([key]) => !(key in fields));
  const behind = entries.findIndex(([key]) => key === "license") + 1;
  entries.splice(behind, 0, ...Object.entries(fields));
  const written = Object.fromEntries(entries);
  if (manifest.publishConfig?.directory === undefined)
    written.files = packedFiles(manifest.files ?? ["dist"]);
  const text = JSON.stringify(written, undefined, 2).replaceAll('"workspace:*"', '"workspace:^"');
  writeFileSync(join(folder, "package.json"), `${text}\n`);
  const changelog = join(folder, "CHANGELOG.md");
  const { name, version, description } = manifest;
  if (!existsSync(changelog) && version === firstVersion)
    writeFileSync(
      changelog,
      `# ${name}\n\n## ${version}\n\n### Minor Changes\n\n- First release. ${description}\n`,
    );
  return JSON.parse(text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkManifests({ write: process.argv.includes("--write") });
  for (const line of problems) console.error(line);
  console.log(`manifests: ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
