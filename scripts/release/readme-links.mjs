// Links of a README. In the repository they are relative, so that they work in a checkout; in a tarball, what leads out of
// the package is absolute.

/** `](target)` and `](target "title")` of Markdown, outside of code. */
const link = /\]\(([^()\s]+)((?:\s+"[^"]*")?)\)/g;
const isRelative = (target) => !/^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(target);

/** Calls `change(target, line)` for each link that is not in code, and puts what it gives in the target's place. */
function changeLinks(markdown, change) {
  let isCode = false;
  const lines = markdown.split("\n").map((line, at) => {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    if (isCode) return line;
    return line.replaceAll(link, (_whole, target, title) => `](${change(target, at + 1)}${title})`);
  });
  return lines.join("\n");
}

/** Each link to a file: its path without the anchor, and the number of its line. */
export function relativeLinks(markdown) {
  const found = [];
  changeLinks(markdown, (target, line) => {
    if (isRelative(target)) found.push({ to: target.replace(/[#?].*$/, ""), line });
    return target;
  });
  return found;
}

/**
 * A README as it is packed.
 *
 * @param at the package's folder in the repository, `packages/http1`
 * @param web the repository for a browser
 * @param isPacked whether the tarball has the file of this path
 */
export function packedReadme(markdown, { at, web, isPacked }) {
  return changeLinks(markdown, (target) => {
    if (!isRelative(target)) return target;
    const { pathname, hash } = new URL(target, `http://localhost/${at}/`);
    const inside = pathname.startsWith(`/${at}/`) ? pathname.slice(at.length + 2) : undefined;
    if (inside !== undefined && isPacked(inside)) return target;
    const kind = /\.\w+$/.test(pathname) ? "blob" : "tree";
    return `${web}/${kind}/main${pathname}${hash}`;
  });
}
