// The entries of the packages that are published: what `exports` lets a user import, with its declarations.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

/** An entry whose name promises nothing: its report lists names alone. */
export const isInternal = (entry) => entry.name.endsWith("/internal");

/** Every published package with types, in the order of its name: `name`, `folder`, `report`, `entries`. */
export function publishedPackages() {
  return ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }) => ({
      name: manifest.name,
      folder,
      report: join(folder, `${manifest.name.replace(/^.*\//, "")}.api.md`),
      entries: Object.entries(manifest.exports ?? {})
        .filter(([, target]) => /\.d\.c?ts$/.test(target.types ?? ""))
        .map(([key, target]) => ({
          name: manifest.name + key.slice(1),
          types: join(folder, target.types),
          script: join(folder, target.default),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    }))
    .filter(({ entries }) => entries.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
