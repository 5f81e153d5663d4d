// Puts the repository's Markdown where VitePress reads it: a copy, whose links lead to pages of the site.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  repositoryPages,
  root,
  sitePath,
  targetOf,
  textOf,
  urlOf,
  withLinks,
} from "../../scripts/docs/repository.mjs";
import { importableEntries } from "./api.mjs";

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** What a page is called where a link has its file's name, which means nothing on the site. */
const titleOf = (file) => /^# (.+)$/m.exec(textOf(file))?.[1] ?? file;

/** Where a link that `file` has leads on the site. A file that is no page is copied to `into`, as a text to read. */
function siteLink(file, link, label, pages, into) {
  const target = targetOf(file, link);
  if (target === undefined || !target.exists) return undefined;
  const anchor = target.anchor && `#${target.anchor}`;
  if (pages.has(target.path))
    return `[${/^[\w./-]+\.md$/.test(label) ? titleOf(target.path) : label}](${urlOf(target.path)}${anchor})`;
  if (target.isFolder) return label;
  const copy = `files/${target.path}.txt`;
  mkdirSync(dirname(join(into, copy)), { recursive: true });
  cpSync(join(root, target.path), join(into, copy));
  return `[${label}](/${copy}){target="_blank"}`;
}

/** A chart of arrows as a table: who imports whom. It needs neither a script in the page nor a wide window. */
export function arrowTables(text) {
  return text.replaceAll(/^```mermaid\n([\s\S]*?)^```$/gm, (_all, chart) => {
    const rows = [...chart.matchAll(/^ *([\w-]+) --> (.+)$/gm)].map(
      ([, from, to]) =>
        `| \`${from}\` | ${to
          .split(" & ")
          .map((name) => `\`${name}\``)
          .join(", ")} |`,
    );
    return ["| package | imports |", "| --- | --- |", ...rows].join("\n");
  });
}

/** The line under a package's title that leads to its API; and nothing for other pages. */
function withApiLink(file, text, entries) {
  const own = entries.filter(({ folder }) => file === `${folder}/README.md`);
  if (own.length === 0) return text;
  const links = own.map(
    ({ name, page }) => `[${own.length > 1 ? name : "API reference"}](/api/${page}.html)`,
  );
  return text.replace(
    /^# .*$/m,
    (title) => `${title}\n\n<div class="page-links">\n\n${links.join(" · ")}\n\n</div>`,
  );
}

/**
 * Writes all pages but those of the API to `into`.
 *
 * @returns each page's path in the repository
 */
export function writePages(into) {
  rmSync(into, { recursive: true, force: true });
  const files = repositoryPages();
  const pages = new Set(files);
  const entries = importableEntries();
  for (const file of files) {
    const linked = withLinks(textOf(file), (link, label) =>
      siteLink(file, link, label, pages, join(into, "public")),
    );
    write(join(into, sitePath(file)), withApiLink(file, arrowTables(linked), entries));
  }
  const own = join(root, "site/pages");
  for (const name of readdirSync(own)) cpSync(join(own, name), join(into, name), { recursive: true });
  return files;
}
