// Type-checks what packed packages publish as the strictest user does: `strict`, `skipLibCheck: false`, with each
// of the module resolutions that know `exports`. A package sees what its manifest names and nothing else.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root, toolEnvironment } from "./setup.mjs";

const run = promisify(execFile);

const resolutions = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

function link(target, path) {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

/** What an importer can name: `@faultwire/x`, `@faultwire/x/part`. */
const entriesOf = ({ name, exports = {} }) =>
  Object.keys(exports)
    .filter((key) => !/\.(json|py)$/.test(key))
    .map((key) => name + key.slice(1));

/**
 * @param packages manifest, folder in the workspace and tarball of each
 * @param scratch an empty folder
 * @returns what the compiler says, a text for each resolution that fails
 */
export async function checkTypes(packages, scratch) {
  const unpacked = (name) => join(scratch, name.replace("/", "+"), "package");
  for (const { manifest, folder, tarball } of packages) {
    const into = dirname(unpacked(manifest.name));
    mkdirSync(into, { recursive: true });
    await run("tar", ["-xzf", tarball, "-C", into]);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const ours = packages.some((other) => other.manifest.name === name);
      const from = ours ? unpacked(name) : join(folder, "node_modules", name);
      link(from, join(unpacked(manifest.name), "node_modules", name));
    }
    link(unpacked(manifest.name), join(scratch, "user/node_modules", manifest.name));
  }
  link(join(root, "node_modules/@types/node"), join(scratch, "user/node_modules/@types/node"));
  const imports = packages.flatMap(({ manifest }) => entriesOf(manifest));
  const lines = imports.map((name, at) => `export * as entry${at} from ${JSON.stringify(name)};\n`);
  writeFileSync(join(scratch, "user/index.ts"), lines.join(""));
  writeFileSync(join(scratch, "user/package.json"), '{ "type": "module" }\n');
  const results = await Promise.all(
    Object.entries(resolutions).map(async ([name, resolution]) => {
      const config = join(scratch, "user", `tsconfig.${name}.json`);
      const compilerOptions = {
        ...resolution,
        target: "es2023",
        // The DOM is for the types of connect; ours are compiled without it.
        lib: ["es2023", "dom"],
        types: ["node"],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      };
      writeFileSync(config, JSON.stringify({ compilerOptions, files: ["index.ts"] }));
      const options = { cwd: scratch, env: toolEnvironment, maxBuffer: 64 << 20 };
      return run("tsc", ["-p", config, "--pretty", "false"], options).then(
        () => [],
        ({ stdout, stderr }) => [`types with module resolution ${name}\n${stdout}${stderr}`],
      );
    }),
  );
  return results.flat();
}
