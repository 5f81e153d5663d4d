// Holds every link of the Markdown in this repository: that there is the file, and in it the heading. Also that
// docs/README.md, which the site's navigation is made of, names every guide and every published package.
// Prints each breach with file and line, and ends with 1 when there is one. Addresses on the web are not asked for.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorsOf, repositoryPages, root, targetOf, textOf, withLinks } from "./repository.mjs";

const index = "docs/README.md";

/** What is wrong with a link, or `undefined`. */
function flawOf(file, link, read) {
  const target = targetOf(file, link);
  if (target === undefined) return undefined;
  if (!target.exists) return `there is no ${target.path}`;
  if (target.anchor === "" || !target.path.endsWith(".md")) return undefined;
  const anchors = anchorsOf(read(target.path));
  if (anchors.has(target.anchor)) return undefined;
  return `${target.path} has no heading #${target.anchor}; it has ${[...anchors].map((name) => `#${name}`).join(", ")}`;
}

/** Every link that leads nowhere: where it stands, and what is wrong. `pages` are paths in the repository, `read` gives texts. */
export function brokenLinks(pages = repositoryPages(), read = textOf) {
  return pages.flatMap((file) => {
    const text = read(file);
    const broken = [];
    withLinks(text, (link, _label, all, at) => {
      const flaw = flawOf(file, link, read);
      if (flaw !== undefined) broken.push(`${file}:${text.slice(0, at).split("\n").length}: ${all}: ${flaw}`);
    });
    return broken;
  });
}

/** Pages that a reader of the index would not find. */
export function missingInIndex(pages = repositoryPages(), read = textOf) {
  const named = new Set();
  withLinks(read(index), (link) => {
    named.add(targetOf(index, link)?.path);
  });
  const isPrivate = (file) => {
    const manifest = join(root, file, "../package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).private === true;
  };
  return pages
    .filter((file) => /^docs\/[^/]+\.md$|^(packages|apps)\/[^/]+\/README\.md$/.test(file))
    .filter((file) => file !== index && !named.has(file) && !isPrivate(file))
    .map((file) => `${index}: ${file} is not named; give it a line where a reader would look for it`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = repositoryPages();
  const flaws = [...brokenLinks(pages), ...missingInIndex(pages)];
  for (const flaw of flaws) console.error(flaw);
  console.log(`links: ${pages.length} pages, ${flaws.length} flaws`);
  process.exitCode = flaws.length === 0 ? 0 : 1;
}
