// What the licences of others ask for, for all that is in the bundle.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const licenceFiles = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE"];
const claim = /copyright (?:\(c\) ?)?[\d,\s-]*\d{4}|copyright .*\(c\) ?\d{4}|\(c\) ?\d{4}/i;

/** The comments of a file: blocks, and lines of `//` that follow each other. Comments within a line of code are left out. */
function commentsOf(text) {
  return [...text.matchAll(/^[ \t]*\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm)].map(([comment]) =>
    comment
      .split("\n")
      .map((line) => line.replace(/^\s*(?:\/\*+!?|\*+\/|\/\/|\*(?!\/))? ?/, "").replace(/\s*\*\/\s*$/, ""))
      .join("\n")
      .trim(),
  );
}

/** A line that claims rights, without its years: who claims them. */
const holder = (line) =>
  line
    .toLowerCase()
    .replaceAll(/copyright|\(c\)|©|all rights reserved|[^a-z@.\s]/g, " ")
    .replaceAll(/[\s.]+/g, " ")
    .trim();

/**
 * The notices that stand in a package's files: a file may hold code of somebody whom the package's licence does not name,
 * and whose own licence asks for its text to be kept.
 *
 * @param known the package's licence; rights of those whom it names are not told again
 */
function noticesIn(modules, known) {
  const named = known
    .split("\n")
    .filter((line) => claim.test(line))
    .map(holder);
  const notices = modules
    .flatMap((module) => commentsOf(readFileSync(module, "utf8")))
    .flatMap((comment) => {
      const claims = comment.split("\n").filter((line) => claim.test(line));
      if (claims.every((line) => named.includes(holder(line)))) return [];
      // A comment that grants or reserves rights is kept whole; of one that explains code, the claims alone.
      return /hereby granted|redistribut|licen[cs]ed under|without warrant/i.test(comment)
        ? [comment]
        : claims;
    });
  const each = [...new Set(notices)];
  return each.filter((one) => !each.some((other) => other !== one && other.includes(one)));
}

/** The text of a package's licence, and the notices that its bundled files hold beyond it. */
function licenceOf(folder, modules) {
  const file = licenceFiles.find((name) => existsSync(join(folder, name)));
  const licence = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  const notices = noticesIn(modules, licence);
  if (licence === "" && notices.length === 0)
    throw new Error(`${folder}: no licence file, and no module that names its rights`);
  return [licence, ...notices].filter((text) => text !== "").join("\n\n");
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
