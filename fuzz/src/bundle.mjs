// One program of a target, its packages and what they need: from source, with counters in what is ours.
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { RolldownMagicString, rolldown } from "rolldown";
import { instrument } from "./instrument.mjs";

const root = join(import.meta.dirname, "../..");
const targetsFolder = join(import.meta.dirname, "../targets");

/** Folders of the workspace's packages, by name. */
const packages = new Map(
  ["packages", "apps"]
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => [JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name, folder]),
);

/** Every target that there is. */
export const targetNames = () =>
  readdirSync(targetsFolder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -".ts".length))
    .sort();

/** What is fuzzed: our packages, without what only tests use. */
const isOurs = (id) =>
  !id.includes("testkit") && /[\\/](packages|apps)[\\/][^\\/]+[\\/]src[\\/]/.test(id) && id.endsWith(".ts");

/**
 * Loads targets.
 *
 * @param change - Changes the source of a module, for a defect that is put in on purpose.
 * @returns for each name the target, and texts that its code knows; and the folder to be removed in the end.
 */
export async function loadTargets(names, change = (code) => code) {
  let nextId = 0;
  const words = new Map();
  const faultwire = {
    name: "faultwire-fuzz",
    resolveId(source) {
      const match = /^(@faultwire\/[^/]+|faultwire)(?:\/(.+))?$/.exec(source);
      const folder = match && packages.get(match[1]);
      if (folder) return join(folder, "src", `${match[2] ?? "index"}.ts`);
      return null;
    },
    transform(code, id, { magicString }) {
      if (!id.endsWith(".ts")) return null;
      const changed = change(code, relative(root, id));
      if (changed !== code) magicString.overwrite(0, code.length, changed);
      if (isOurs(id)) {
        const target = changed === code ? magicString : new RolldownMagicString(changed);
        const { nextId: next, words: found } = instrument(target, changed, id, nextId);
        nextId = next;
        words.set(id, found);
        return { code: target };
      }
      // Where a module reads files beside itself, it finds them where they are.
      if (!code.includes("import.meta.dirname")) return null;
      magicString.replaceAll("import.meta.dirname", JSON.stringify(dirname(id)));
      return { code: magicString };
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "faultwire-fuzz-"));
  const build = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(targetsFolder, `${name}.ts`)])),
    platform: "node",
    plugins: [faultwire],
    logLevel: "silent",
    experimental: { nativeMagicString: true },
  });
  const { output } = await build.write({
    dir: folder,
    format: "esm",
    sourcemap: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  await build.close();
  const chunks = new Map(
    output.filter(({ type }) => type === "chunk").map((chunk) => [chunk.fileName, chunk]),
  );
  const modulesOf = (fileName, seen = new Set()) => {
    const chunk = chunks.get(fileName);
    if (!chunk || seen.has(fileName)) return [];
    seen.add(fileName);
    return [...Object.keys(chunk.modules), ...chunk.imports.flatMap((each) => modulesOf(each, seen))];
  };
  const targets = [];
  for (const name of names) {
    const { target } = await import(pathToFileURL(join(folder, `${name}.mjs`)).href);
    const known = new Set(modulesOf(`${name}.mjs`).flatMap((id) => words.get(id) ?? []));
    targets.push({ name, target, words: [...(target.words ?? []), ...known] });
  }
  return { targets, folder };
}
