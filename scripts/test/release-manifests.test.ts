// What is held for each package that is published: its manifest, its README, its tarball (scripts/release).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const root = join(import.meta.dirname, "../..");
const part = (name: string) => import(pathToFileURL(join(root, "scripts/release", name)).href);
const { checkManifests, derivedFields, isPlaceholder, manifestProblems } = await part("manifests.mjs");
const { ghosts, importedPackages, packedProblems } = await part("packed-problems.mjs");
const { packedReadme, relativeLinks } = await part("readme-links.mjs");

const top = {
  license: "Apache-2.0",
  author: "Somebody",
  repository: { type: "git", url: "git+https://git.example/faults.git" },
};
const good = {
  name: "@faultwire/one",
  version: "0.2.0",
  description: "One.",
  keywords: ["a", "b", "c"],
  license: "Apache-2.0",
  ...derivedFields(top, "packages/one"),
  type: "module",
  engines: { node: ">=20.19" },
  files: ["dist", "!dist/**/*.map", "!dist/**/*.tsbuildinfo", "CHANGELOG.md"],
  publishConfig: { access: "public", provenance: true },
  dependencies: { "@faultwire/two": "workspace:^" },
};
const beside = {
  at: "packages/one",
  readme: "[two](../two)",
  changelog: "# one\n\n## 0.2.0\n\n- New.\n",
  changesets: [] as string[],
  exists: (path: string) => path === "../two",
};

/** What is found in the good manifest with these changes; `undefined` takes a field out. */
const found = (changes: object, around: object = {}): string[] =>
  manifestProblems(top, new Map([["@faultwire/two", {}]]), {
    manifest: { ...good, ...changes },
    ...beside,
    ...around,
  });

describe("manifests", () => {
  it("of this checkout have nothing wrong", () => {
    expect(checkManifests()).toEqual([]);
  });

  it("are taken where all is there", () => {
    expect(found({})).toEqual([]);
  });

  it.each([
    ["another repository", { repository: { ...good.repository, directory: "." } }, '"repository" is not'],
    ["no address for bugs", { bugs: undefined }, '"bugs" is not'],
    ["no homepage", { homepage: undefined }, '"homepage" is not'],
    ["another author", { author: "Else" }, '"author" is not'],
    ["few keywords", { keywords: ["a"] }, '"keywords"'],
    ["funding", { funding: "https://pay.example" }, '"funding"'],
    ["no provenance", { publishConfig: { access: "public" } }, '"provenance": true'],
    ["a script at installation", { scripts: { postinstall: "node x.js" } }, '"postinstall" would run'],
    ["a range that follows no patch", { dependencies: { "@faultwire/two": "workspace:*" } }, "workspace:^"],
    ["a number for a package of ours", { dependencies: { "@faultwire/two": "0.1.0" } }, "workspace:^"],
    ["a private package", { dependencies: { "@faultwire/testkit": "workspace:^" } }, "is not published"],
    ["sources", { files: [...good.files, "src"] }, '"src"'],
    ["maps", { files: ["dist", "!dist/**/*.tsbuildinfo", "CHANGELOG.md"] }, "*.map"],
    ["no changelog in files", { files: good.files.slice(0, 3) }, '"files" has no "CHANGELOG.md"'],
    ["a version without a section", { version: "0.3.0" }, "no section 0.3.0"],
  ])("are refused with %s", (_what, changes, words) => {
    expect(found(changes)).toEqual([expect.stringContaining(words)]);
  });

  it("are refused with a link of the README that leads nowhere", () => {
    expect(found({}, { readme: "text\n[three](../three#part)" })).toEqual([
      "README.md:2 links to ../three, which is not there",
    ]);
  });

  it("of a new package have version 0.0.0 and a changeset", () => {
    const isNew = { version: "0.0.0" };
    expect(found(isNew, { changesets: ["@faultwire/one"] })).toEqual([]);
    expect(found(isNew)).toEqual([expect.stringContaining("no section 0.0.0")]);
  });

  it("know a repository that nobody can visit", () => {
    expect(isPlaceholder(top)).toBe(false);
    expect(isPlaceholder({ ...top, repository: { url: "git+https://faults.invalid/x.git" } })).toBe(true);
  });
});

describe("READMEs", () => {
  const text =
    "[a](NOTICE) [b](../two) [c](src/x.ts#L1) [d](#here) [e](https://x.example/y)\n```\n[f](g)\n```\n";

  it("have their links told, but those of code", () => {
    expect(relativeLinks(text).map(({ to }: { to: string }) => to)).toEqual(["NOTICE", "../two", "src/x.ts"]);
  });

  it("are packed with absolute links to what is not packed", () => {
    const web = "https://git.example/faults";
    const isPacked = (path: string) => path === "NOTICE";
    expect(packedReadme(text, { at: "packages/one", web, isPacked })).toBe(
      text
        .replace("../two", `${web}/tree/main/packages/two`)
        .replace("src/x.ts", `${web}/blob/main/packages/one/src/x.ts`),
    );
  });
});

describe("tarballs", () => {
  it("have their ghosts named: files whose source is gone", () => {
    const files = ["dist/a.js", "dist/a.d.ts", "dist/b/gone.js", "dist/b/gone.d.ts", "README.md"];
    expect(ghosts(files, (path: string) => path === "src/a.ts")).toEqual([
      "dist/b/gone.js",
      "dist/b/gone.d.ts",
    ]);
  });

  it("have their imports read, but those of comments and of Node", () => {
    // Not word for word, so that the check of boundaries does not take them for imports of this file.
    const code = `IMPORT { x } from "@faultwire/two/part";
EXPORT * from "yaml";
// IMPORT "not-this";
/** IMPORT "nor-this"; */
IMPORT fs from "node:fs"; IMPORT "./near.js";
const lazy = () => IMPORT("zod");`.replaceAll(/IMPORT|EXPORT/g, (word) => word.toLowerCase());
    expect(importedPackages(code)).toEqual(["@faultwire/two", "yaml", "zod"]);
  });

  /** An unpacked package with these files, as `packAll` gives it. */
  function packed(files: Record<string, string>, manifest: object = {}) {
    const folder = mkdtempSync(join(tmpdir(), "faultwire-packed-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const all: Record<string, string> = { "README.md": "", LICENSE: "", "CHANGELOG.md": "", ...files };
    for (const [path, text] of Object.entries({ ...all, "src/a.ts": "" })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const paths = [...Object.keys(all), "package.json"];
    return { name: "@faultwire/one", manifest, folder, unpacked: folder, files: paths };
  }
  const versions = new Map([["@faultwire/two", "0.2.1"]]);

  it("are taken where nothing is wrong", () => {
    const dependencies = { "@faultwire/two": "^0.2.1" };
    const one = packed({ "dist/a.js": 'import "@faultwire/two";\n' }, { dependencies });
    expect(packedProblems(one, versions)).toEqual([]);
  });

  it.each<[string, Record<string, string>, object, string]>([
    ["a dependency that is not declared", { "dist/a.js": 'import "yaml";\n' }, {}, "imports yaml"],
    ["a ghost", { "dist/ghost.js": "" }, {}, "dist/ghost.js, which has no source"],
    ["a test", { "test/a.js": "" }, {}, "holds test/a.js"],
    ["the name of a map", { "dist/a.js": "\n//# sourceMappingURL=a.js.map\n" }, {}, "names a map"],
    ["a link out of the tarball", { "README.md": "[b](../b)" }, {}, "links to ../b"],
    [
      "another version of ours",
      {},
      { dependencies: { "@faultwire/two": "^0.1.0" } },
      "this checkout has 0.2.1",
    ],
    ["devDependencies", {}, { devDependencies: {} }, "publishes its devDependencies"],
  ])("are refused with %s", (_what, files, manifest, words) => {
    expect(packedProblems(packed(files, manifest), versions)).toEqual([expect.stringContaining(words)]);
  });

  it("are refused without a changelog", () => {
    const one = packed({});
    const files = one.files.filter((path) => path !== "CHANGELOG.md");
    expect(packedProblems({ ...one, files }, versions)).toEqual(["the tarball has no CHANGELOG.md"]);
  });
});
