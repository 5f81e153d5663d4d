// The Markdown of the repository: which files there are, where their links lead, what their headings are called.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const textOf = (file) => readFileSync(join(root, file), "utf8");

const markdownIn = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((name) => name.endsWith(".md") && !name.endsWith(".api.md"))
        .map((name) => posix.join(folder, name))
    : [];

/** Every page's path in the repository. */
export function repositoryPages() {
  const members = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  return [".", "docs", "docs/adr", ...members.filter((folder) => folder !== "packages/testkit")].flatMap(
    markdownIn,
  );
}

/** Where the site has a page of the repository: `docs/run.md` stays, a README becomes its folder's `index.md`. */
export function sitePath(file) {
  if (file === "README.md") return "start.md";
  return file.replace(/(^|\/)README\.md$/, "$1index.md");
}

/** The URL of a page on the site. */
export const urlOf = (file) =>
  `/${sitePath(file)
    .replace(/(^|\/)index\.md$/, "$1")
    .replace(/\.md$/, ".html")}`;

/**
 * What a link in a file of this repository leads to.
 *
 * @returns `undefined` for what lies outside of the repository; else `path`, `anchor`, and whether it `exists`
 */
export function targetOf(file, link) {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [pathAndQuery, anchor = ""] = link.split("#");
  const path = decodeURIComponent(pathAndQuery.split("?")[0]);
  if (path === "") return { path: file, anchor, exists: true };
  const resolved = posix.normalize(
    path.startsWith("/") ? path.slice(1) || "." : posix.join(dirname(file), path),
  );
  if (resolved.startsWith("..")) return { path: resolved, anchor, exists: false };
  const full = join(root, resolved);
  if (!existsSync(full)) return { path: resolved, anchor, exists: false };
  if (!statSync(full).isDirectory()) return { path: resolved, anchor, exists: true };
  const readme = posix.join(resolved, "README.md");
  return existsSync(join(root, readme))
    ? { path: readme, anchor, exists: true }
    : { path: resolved, anchor, exists: true, isFolder: true };
}

/** Fenced blocks of code. */
const fenced = /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm;

/** Fenced blocks, spans of code, and links: the alternatives are tried in this order, so that code has no links. */
const piece =
  /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2 *$|(`+)(?!`)[\s\S]*?[^`]\3(?!`)|(!?\[(?:[^[\]]|\[[^\]]*\])*\]\()([^()\s]+)((?:\s+"[^"]*")?\))/gm;

/** Gives each link of a Markdown text to `change(link, label, all, at)`; what that returns stands in its place. */
export function withLinks(text, change) {
  return text.replaceAll(piece, (all, _indent, _fence, _ticks, before, link, after, at) => {
    if (link === undefined) return all;
    const label = before.slice(before.indexOf("[") + 1, -2);
    return change(link, label, all, at) ?? `${before}${link}${after}`;
  });
}

/** A heading as the anchor that GitHub, and the site, give it. */
export function slugOf(heading) {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

/** Every anchor of a Markdown text: that of a heading which is there already has a number behind it. */
export function anchorsOf(text) {
  const anchors = new Set();
  for (const [, , heading] of text.replaceAll(fenced, "").matchAll(/^(#{1,6}) +(.+?)(?: +#+)? *$/gm)) {
    const slug = slugOf(heading);
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
