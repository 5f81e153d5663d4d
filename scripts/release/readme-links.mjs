// Links of a README. In the repository they are relative, so that they work in a checkout; in a tarball, what leads out of
// the package is absolute.
import { withLinks } from "../docs/repository.mjs";

const isRelative = (target) => !/^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(target);

/** Each link to a file: its path without the anchor, and the number of its line. */
export function relativeLinks(markdown) {
  const found = [];
  withLinks(markdown, (target, _label, _all, at) => {
    const line = markdown.slice(0, at).split("\n").length;
    if (isRelative(target)) found.push({ to: target.replace(/[#?].*$/, ""), line });
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
  const leadOut = (target) => {
    if (!isRelative(target)) return target;
    const { pathname, hash } = new URL(target, `http://localhost/${at}/`);
    const inside = pathname.startsWith(`/${at}/`) ? pathname.slice(at.length + 2) : undefined;
    if (inside !== undefined && isPacked(inside)) return target;
    const kind = /\.\w+$/.test(pathname) ? "blob" : "tree";
    return `${web}/${kind}/main${pathname}${hash}`;
  };
  return withLinks(markdown, (target, _label, all) =>
    all.replace(`](${target}`, () => `](${leadOut(target)}`),
  );
}
