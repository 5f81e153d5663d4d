/** The tests that docs/threats.md names are there: a row whose test was renamed would have nothing in the way. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/threats.md"), "utf8");
const tests = execFileSync("git", ["ls-files", "*.test.ts"], { cwd: root, encoding: "utf8" })
  .trim()
  .split("\n");
/** What is written as code there and is neither a test nor a package. */
const others = ["fetch", "rename", "trust/", "util.inspect"];

/** A test, perhaps its package, and words of its cases: `storage`: refused when …; is encrypted. */
const named = [...page.matchAll(/`([a-z][a-z0-9./-]*)`(?: of `([a-z0-9-]+)`)?(?:: ([^`|)]+))?/g)];

function filesOf(name: string, owner: string | undefined): string[] {
  const folders = owner === undefined ? [""] : [`packages/${owner}/`, `apps/${owner}/`];
  return tests.filter(
    (file) => `/${file}`.endsWith(`/${name}.test.ts`) && folders.some((folder) => file.startsWith(folder)),
  );
}

it("names more than fifty tests", () => {
  expect(named.length).toBeGreaterThan(50);
});

/** Rows of tables, but for their heads, which a line of dashes follows. */
const rows = page
  .split("\n")
  .filter(
    (line, at, lines) => line.startsWith("| ") && !/^\| -/.test(line) && !/^\| -/.test(lines[at + 1] ?? ""),
  );

it.each(rows.map((row) => [row.replaceAll(/\s+/g, " ").slice(0, 80), row] as const))(
  "a test stands in: %s",
  (_, row) => {
    const names = [...row.matchAll(/`([a-z][a-z0-9./-]*)`(?: of `([a-z0-9-]+)`)?/g)];
    const isTest = names.some(
      ([, name = "", owner]) => filesOf(name, owner).length > 0 || /^(?:e2e|fuzz|packages|apps)\//.test(name),
    );
    expect(isTest || row.includes("the same;"), "no test is named").toBe(true);
  },
);

it.each(named.map(([said, name = "", owner, words = ""]) => ({ said, name, owner, words })))(
  "$said",
  ({ name, owner, words }) => {
    const isPlace = ["", "packages", "apps", "packages/cert-authority"].some((at) =>
      existsSync(join(root, at, name)),
    );
    const files = filesOf(name, owner);
    expect(files.length > 0 || isPlace || others.includes(name), `no test ${name}.test.ts`).toBe(true);
    if (files.length === 0) return;
    const texts = files.map((file) => readFileSync(join(root, file), "utf8"));
    for (const part of words.split(/[;…]/)) {
      const phrase = part.trim().replace(/[,.]$/, "");
      expect(
        texts.some((text) => text.includes(phrase)),
        `no "${phrase}" in ${files.join(", ")}`,
      ).toBe(true);
    }
  },
);
