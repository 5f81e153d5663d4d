// Makes few files of the many modules that the command is made of: reading a module costs Node more than running it.
// `dist/bundle` is what `bin/faultwire.js` runs as long as nothing that it was made from is newer.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";

const app = dirname(import.meta.dirname);
const out = join(app, "dist/bundle");
const { version } = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));

/** Modules that read their version from a manifest that is not beside the bundle. */
const versions = {
  name: "versions",
  load: (id) =>
    /[\\/](?:cli|plugin-server)[\\/]dist[\\/]version\.js$/.test(id)
      ? `export const version = ${JSON.stringify(version)};`
      : null,
};

/** The folder of the package that a module belongs to. */
function packageOf(module) {
  let folder = dirname(module);
  while (!existsSync(join(folder, "package.json")) || !("name" in manifestOf(folder)))
    folder = dirname(folder);
  return folder;
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** The notices that others' licences ask for, for all that is in the bundle. */
function notices(folders) {
  return folders
    .filter((folder) => folder.includes("node_modules"))
    .map((folder) => {
      const { name, version: of, license } = manifestOf(folder);
      const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE"].find((one) =>
        existsSync(join(folder, one)),
      );
      const text = file
        ? readFileSync(join(folder, file), "utf8").trim()
        : "(The package has no licence file.)";
      return `${name} ${of}, ${license}\n\n${text}\n`;
    })
    .sort()
    .join(`\n${"-".repeat(80)}\n\n`);
}

rmSync(out, { recursive: true, force: true });
const bundle = await rolldown({
  input: { faultwire: join(app, "dist/main.js") },
  platform: "node",
  plugins: [versions],
  logLevel: "warn",
});
const { output } = await bundle.write({
  dir: out,
  format: "esm",
  sourcemap: true,
  chunkFileNames: "[name]-[hash].js",
});
await bundle.close();

const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
const folders = [...new Set(modules.filter((id) => existsSync(id)).map((id) => packageOf(id)))].sort();
writeFileSync(join(out, "NOTICES.txt"), notices(folders));
// What the compiler touches whenever it writes one of the packages anew.
const stamps = folders
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => relative(out, join(folder, "dist/tsconfig.tsbuildinfo")));
writeFileSync(join(out, "made-from.json"), `${JSON.stringify(stamps, undefined, 2)}\n`);
