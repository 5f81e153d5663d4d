// Whoever wants the packages: all of them in one folder, imported, required, and of one version each.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Place } from "./install.mjs";

/** What can be imported of a package: `@faultwire/x`, `@faultwire/x/part`. */
export const entriesOf = ({ name, exports = {} }) =>
  Object.keys(exports)
    .filter((key) => !/\.(json|py)$/.test(key))
    .map((key) => name + key.slice(1));

/** Imports and requires every entry, and tells those where the two differ or one fails. */
const program = `import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const require = createRequire(import.meta.url);
const [major, minor] = process.versions.node.split(".").map(Number);
const canRequire = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
for (const name of JSON.parse(readFileSync("entries.json", "utf8"))) {
  const names = (module) => Object.keys(module).filter((key) => !["default", "module.exports", "__esModule"].includes(key)).sort().join();
  const imported = names(await import(name));
  if (canRequire && names(require(name)) !== imported) throw new Error(\`\${name}: require gives something else than import\`);
}
console.log(canRequire ? "imported and required" : "imported; this Node can't require ES modules");
`;

/** Where packages of ours are installed below a folder: their paths. */
function copiesBelow(folder) {
  const found = [];
  const look = (nodeModules) => {
    for (const entry of readdirSync(nodeModules, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === ".bin") continue;
      const path = join(nodeModules, entry.name);
      if (entry.name.startsWith("@")) look(path);
      else {
        if (nodeModules.endsWith("@faultwire")) found.push(entry.name);
        const inner = readdirSync(path, { withFileTypes: true });
        if (inner.some((one) => one.name === "node_modules" && one.isDirectory()))
          look(join(path, "node_modules"));
      }
    }
  };
  look(join(folder, "node_modules"));
  return found;
}

export const npmLibrary = {
  name: "npm: all packages, import and require",
  isCore: true,
  async use({ scratch, env, packed, thirdParty }) {
    const place = new Place(join(scratch, "npm-library"), env);
    const ours = packed.map(({ name }) => name);
    const types = `@types/node@${thirdParty.get("@types/node")}`;
    await place.run("npm", ["install", "--no-package-lock", ...ours, types]);
    const twice = copiesBelow(place.folder).filter((name, at, all) => all.indexOf(name) !== at);
    if (twice.length > 0)
      throw new Error(`installed twice: ${twice.join(", ")}; ranges keep one copy of each`);
    const entries = packed.flatMap(({ manifest }) => entriesOf(manifest));
    place.write({ "entries.json": entries, "use.js": program });
    const said = (await place.run(process.execPath, ["use.js"])).trim();
    return `${entries.length} entries of ${ours.length} packages ${said}`;
  },
};
