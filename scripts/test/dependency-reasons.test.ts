import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const record = "docs/adr/0001-dependencies.md";

interface Manifest {
  readonly name: string;
  readonly [field: string]: unknown;
}

const folders = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(group, name)),
);
const manifests = ["", "bench", "e2e", "site", ...folders]
  .map((folder) => join(root, folder, "package.json"))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, "utf8")) as Manifest);

/** Every dependency from outside the workspace, with the versions that are asked for. */
const dependencies = new Map<string, string[]>();
for (const manifest of manifests)
  for (const field of ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"])
    for (const [name, version] of Object.entries(
      (manifest[field] as Record<string, string> | undefined) ?? {},
    ))
      if (!/^(workspace|link):/.test(version))
        dependencies.set(name, [...(dependencies.get(name) ?? []), version]);

const rows = [
  ...readFileSync(join(root, record), "utf8").matchAll(/^\| `([^`]+)`\s*\|([^|]*)\|([^|]*)\|$/gm),
];

/** In how many versions a dependency is asked for where it is not one. typedoc takes no TypeScript 7 yet (0038). */
const asked: Readonly<Record<string, number>> = { typescript: 2 };

describe("dependencies", () => {
  it(`each have one row with a reason in ${record}, and each row a dependency`, () => {
    expect(new Set(rows.map(([, name]) => name))).toEqual(new Set(dependencies.keys()));
    expect(rows).toHaveLength(dependencies.size);
    for (const [row, , where, why] of rows) {
      expect(where?.trim(), row).not.toBe("");
      expect(why?.trim().length, row).toBeGreaterThan(20);
    }
  });

  it("are exact and the same wherever they are asked for", () => {
    for (const [name, versions] of dependencies) {
      expect(new Set(versions).size, name).toBe(asked[name] ?? 1);
      expect(versions[0], name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });
});
