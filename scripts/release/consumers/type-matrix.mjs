// Whoever compiles against the packages: the compilers that are in use, as strict as they get, with each module resolution
// that knows `exports`.
import { join } from "node:path";
import { run, tailOf } from "../step.mjs";
import { Place } from "./install.mjs";
import { entriesOf } from "./npm-library.mjs";

const compilers = ["5.6.3", "5.9.3", "6.0.3", "7.0.2"];
const resolutions = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

/**
 * Packages whose types need TypeScript 5.7 where `skipLibCheck` is off. Their declarations name those of @bufbuild/protobuf
 * 2 and @connectrpc/connect 2, which write `Uint8Array<ArrayBuffer>`: arrays of bytes are generic since the library of
 * TypeScript 5.7. Under 5.6 those files, and no others, fail with TS2315.
 */
const needs57 = ["connect-unary", "connection-protocol", "fault-protocol", "plugin-server", "tunnel"].map(
  (name) => `@faultwire/${name}`,
);
const isForeign = (line) => /^node_modules\/@(?:bufbuild|connectrpc)\/.*error TS2315:/.test(line);

/** What each compiler has to take: file → entries. */
function sources(packed) {
  const lines = (packages) =>
    packages
      .flatMap(({ manifest }) => entriesOf(manifest))
      .map((name, at) => `export * as entry${at} from ${JSON.stringify(name)};\n`)
      .join("");
  return {
    "all.ts": lines(packed),
    "for-5.6.ts": lines(packed.filter(({ name }) => !needs57.includes(name))),
    ...Object.fromEntries(
      needs57.map((name) => [
        `needs-5.7/${name.split("/").at(-1)}.ts`,
        lines(packed.filter((one) => one.name === name)),
      ]),
    ),
  };
}

const optionsOf = (resolution) => ({
  ...resolution,
  target: "es2022",
  // The DOM is for the types of connect; ours are compiled without it.
  lib: ["es2023", "dom", "dom.iterable"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
});

/** Runs a compiler on one file. @returns its lines with errors, none where it is content */
async function compile(place, version, resolution, file) {
  const name = `tsconfig.${resolution}.json`;
  place.write({ [name]: { compilerOptions: optionsOf(resolutions[resolution]), files: [file] } });
  const tsc = join("node_modules", `typescript-${version}`, "bin/tsc");
  const { status, output } = await run(process.execPath, [tsc, "-p", name, "--pretty", "false"], {
    cwd: place.folder,
    env: place.env,
    limitMs: 600_000,
  });
  const errors = output.split("\n").filter((line) => /error TS/.test(line));
  return status !== 0 && errors.length === 0 ? [tailOf(output, 15)] : errors;
}

export const typeMatrix = {
  name: `types: TypeScript ${compilers.join(", ")}`,
  async use({ scratch, env, packed, thirdParty }) {
    const place = new Place(join(scratch, "type-matrix"), env);
    const compilerPackages = compilers.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const types = `@types/node@${thirdParty.get("@types/node")}`;
    const ours = packed.map(({ name }) => name);
    await place.run("npm", ["install", "--no-package-lock", ...ours, types, ...compilerPackages]);
    const files = sources(packed);
    place.write(files);
    const problems = [];
    for (const resolution of Object.keys(resolutions))
      for (const version of compilers) {
        const file = version.startsWith("5.6") ? "for-5.6.ts" : "all.ts";
        const errors = await compile(place, version, resolution, file);
        if (errors.length > 0)
          problems.push(`TypeScript ${version}, ${resolution}:\n${errors.slice(0, 15).join("\n")}`);
      }
    // A package that no longer needs 5.7 leaves the list, and one whose own types break 5.6 is found.
    for (const name of needs57) {
      const errors = await compile(place, "5.6.3", "nodenext", `needs-5.7/${name.split("/").at(-1)}.ts`);
      if (errors.length === 0) problems.push(`${name} works with TypeScript 5.6: take it out of the list`);
      const own = errors.filter((line) => !isForeign(line));
      if (own.length > 0) problems.push(`TypeScript 5.6.3, ${name}:\n${own.slice(0, 15).join("\n")}`);
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    const count = packed.flatMap(({ manifest }) => entriesOf(manifest)).length;
    return `${count} entries, ${compilers.length} compilers, ${Object.keys(resolutions).join(", ")}; ${needs57.length} packages need 5.7`;
  },
};
