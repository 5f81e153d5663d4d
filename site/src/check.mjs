// Holds the built site: every link leads to a file and an anchor of it, and no page asks another machine for anything or
// has in it what its own policy forbids.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";

function* htmlFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* htmlFiles(path);
    else if (entry.name.endsWith(".html")) yield path;
  }
}

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const plain = (text) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_all, name) => entities[name]);
const attributes = (html, name) =>
  [...html.matchAll(new RegExp(`<[a-z][^<>]*?\\s${name}="([^"]*)"`, "g"))].map(([, value]) => plain(value));

/** @returns a line for each breach: the page, and what is wrong with it */
export function siteFlaws(folder) {
  const flaws = [];
  const idsOf = new Map();
  const pages = [...htmlFiles(folder)];
  const ids = (file) => {
    if (!idsOf.has(file)) idsOf.set(file, new Set(attributes(readFileSync(file, "utf8"), "id")));
    return idsOf.get(file);
  };
  /** The file that a server gives for an address of this site. */
  const fileOf = (address) => {
    const file = join(folder, address);
    return existsSync(file) && statSync(file).isDirectory() ? join(file, "index.html") : file;
  };
  for (const page of pages) {
    const html = readFileSync(page, "utf8");
    const name = relative(folder, page).replaceAll(sep, "/");
    const flaw = (text) => flaws.push(`${name}: ${text}`);
    for (const link of new Set(attributes(html, "href"))) {
      if (/^(https?:|mailto:|data:)/.test(link)) continue;
      const [path, anchor = ""] = link.split("#");
      const address = decodeURIComponent(
        path.startsWith("/")
          ? path
          : posix.join("/", posix.dirname(name), path === "" ? posix.basename(name) : path),
      );
      const file = fileOf(address);
      if (!existsSync(file)) flaw(`${link} leads to ${address}, which is not there`);
      else if (anchor !== "" && file.endsWith(".html") && !ids(file).has(decodeURIComponent(anchor)))
        flaw(`${link} leads to no heading there`);
    }
    const fetched = [...attributes(html, "src"), ...stylesheets(html)];
    for (const address of fetched) {
      if (/^(https?:)?\/\//.test(address)) flaw(`asks another machine for ${address}`);
      else if (!existsSync(join(folder, address))) flaw(`asks for ${address}, which is not there`);
    }
    if (!html.includes('http-equiv="Content-Security-Policy"')) flaw("has no Content-Security-Policy");
    if (/<script(?![^>]*\ssrc=)[^>]*>/.test(html)) flaw("has a script in it");
    if (/<style[\s>]/.test(html)) flaw("has a style sheet in it");
    // A browser ends the paragraph there. The page's script then finds other elements than it looks for, and drops some.
    if (blockInParagraph.test(html)) flaw("has a block in a paragraph");
    for (const style of new Set(attributes(html, "style"))) flaw(`has the style "${style}" in it`);
  }
  return { pages: pages.length, flaws };
}

const blockInParagraph =
  /<p(?:\s[^<>]*)?>(?:(?!<\/p>)[\s\S])*?<(?:p|div|ul|ol|table|pre|section|h[1-6])[\s>]/;

const stylesheets = (html) =>
  [...html.matchAll(/<link[^>]*rel="[^"]*(?:stylesheet|preload)[^"]*"[^>]*>/g)].flatMap(([tag]) =>
    attributes(tag, "href"),
  );
