// What the licences of others ask for, for all that is in the bundle.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const licenceFiles = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE"];

/** The comment lines that a file begins with, where they are about rights; "" otherwise. */
function headerOf(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  const header = lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ""));
  return /copyright|licen[cs]e/i.test(header[0] ?? "") ? header.join("\n").trim() : "";
}

/** The text of a package's licence: its file, or what its modules say at their beginning. */
function licenceOf(folder, modules) {
  const file = licenceFiles.find((name) => existsSync(join(folder, name)));
  if (file) return readFileSync(join(folder, file), "utf8").trim();
  const headers = [...new Set(modules.map(headerOf))].filter((header) => header !== "");
  if (headers.length === 0)
    throw new Error(`${folder}: no licence file, and no module that names its rights`);
  return headers.join("\n\n");
}

/**
 * @param packages folder, manifest and bundled modules of each package; `own` for those of this workspace, of which the
 *   NOTICE file alone is taken
 */
export function noticesOf(packages) {
  return packages
    .flatMap(({ folder, manifest: { name, version, license }, modules, own }) => {
      if (!own) return [`${name} ${version}, ${license}\n\n${licenceOf(folder, modules)}\n`];
      const notice = join(folder, "NOTICE");
      return existsSync(notice) ? [`${readFileSync(notice, "utf8").trim()}\n`] : [];
    })
    .sort()
    .join(`\n${"-".repeat(80)}\n\n`);
}
