// Makes few files of the many modules that the command is made of: reading a module costs Node more than running it.
// `dist/bundle` is what `bin/faultwire.js` runs as long as nothing that it was made from is newer; `dist/package` is what
// is published: the bundle, and nothing to install beside it (docs/adr/0010).
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";
import { noticesOf } from "./notices.mjs";
import { writePackage } from "./write-package.mjs";

const app = dirname(import.meta.dirname);
const out = join(app, "dist/bundle");
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { version } = manifestOf(app);

/** Modules that look for files which are elsewhere, or nowhere, when they are in a bundle. */
const replaced = [
  {
    module: /[\\/](?:cli|plugin-server)[\\/]dist[\\/]version\.js$/,
    by: `export const version = ${JSON.stringify(version)};`,
  },
  {
    module: /[\\/]cli[\\/]dist[\\/]run[\\/]hook-files\.js$/,
    by: `import { fileURLToPath } from "node:url";
      const at = (path) => fileURLToPath(new URL(path, import.meta.url));
      export const hookFiles = () => ({ nodeHook: at("hooks/hook.cjs"), pythonHook: at("hooks/python") });`,
  },
];
const replacing = {
  name: "replacing",
  load: (id) => replaced.find(({ module }) => module.test(id))?.by ?? null,
};

const packageFolders = new Map();

/** The folder of the package that a module belongs to. */
function packageOf(module) {
  const known = packageFolders.get(module);
  if (known) return known;
  let folder = dirname(module);
  while (!existsSync(join(folder, "package.json")) || !("name" in manifestOf(folder)))
    folder = dirname(folder);
  packageFolders.set(module, folder);
  return folder;
}

/** Copies the hooks, which other programs load, beside the bundle. Returns what they are copied from. */
function copyHooks() {
  const { resolve } = createRequire(join(app, "package.json"));
  const nodeHook = resolve("@faultwire/node-hook");
  const python = dirname(resolve("@faultwire/python-hook/sitecustomize.py"));
  mkdirSync(join(out, "hooks/python"), { recursive: true });
  copyFileSync(nodeHook, join(out, "hooks/hook.cjs"));
  const files = readdirSync(python).filter((name) => name.endsWith(".py"));
  for (const name of files) copyFileSync(join(python, name), join(out, "hooks/python", name));
  return [nodeHook, ...files.map((name) => join(python, name))];
}

rmSync(out, { recursive: true, force: true });
const bundle = await rolldown({
  input: { faultwire: join(app, "dist/main.js") },
  platform: "node",
  plugins: [replacing],
  logLevel: "warn",
});
const { output } = await bundle.write({
  dir: out,
  format: "esm",
  sourcemap: true,
  chunkFileNames: "[name]-[hash].js",
});
await bundle.close();
const hooks = copyHooks();

const modules = output
  .flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []))
  .filter((id) => existsSync(id));
const packages = [...new Set(modules.map(packageOf))].map((folder) => ({
  folder,
  manifest: manifestOf(folder),
  modules: modules.filter((module) => packageOf(module) === folder),
  own: !folder.includes("node_modules"),
}));
writeFileSync(join(out, "NOTICES.txt"), noticesOf(packages));
// What is written anew whenever a part of the bundle changes: by the compiler, by the hook's own bundler, by hand.
const stamps = packages
  .filter(({ own }) => own)
  .map(({ folder }) => join(folder, "dist/tsconfig.tsbuildinfo"))
  .concat(hooks)
  .map((file) => relative(out, file))
  .sort();
writeFileSync(join(out, "made-from.json"), `${JSON.stringify(stamps, undefined, 2)}\n`);
writePackage(app, out);
