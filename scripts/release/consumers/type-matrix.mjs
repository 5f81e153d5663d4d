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

export const typeMatrix = {
  name: `types: TypeScript ${compilers.join(", ")}`,
  async use({ scratch, env, packed, thirdParty }) {
    const place = new Place(join(scratch, "type-matrix"), env);
    const ours = packed.map(({ name }) => name);
    const compilerPackages = compilers.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const types = `@types/node@${thirdParty.get("@types/node")}`;
    await place.run("npm", ["install", "--no-package-lock", ...ours, types, ...compilerPackages]);
    const entries = packed.flatMap(({ manifest }) => entriesOf(manifest));
    const lines = entries.map((name, at) => `export * as entry${at} from ${JSON.stringify(name)};\n`);
    place.write({ "index.ts": lines.join("") });
    const problems = [];
    for (const [name, resolution] of Object.entries(resolutions)) {
      const compilerOptions = {
        ...resolution,
        target: "es2022",
        // The DOM is for the types of connect; ours are compiled without it.
        lib: ["es2023", "dom", "dom.iterable"],
        types: ["node"],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      };
      place.write({ [`tsconfig.${name}.json`]: { compilerOptions, files: ["index.ts"] } });
      for (const version of compilers) {
        const tsc = join("node_modules", `typescript-${version}`, "bin/tsc");
        const { status, output } = await run(
          process.execPath,
          [tsc, "-p", `tsconfig.${name}.json`, "--pretty", "false"],
          { cwd: place.folder, env },
        );
        // Types of @bufbuild and connect need TypeScript 5.7: what is wrong in those of others is not ours.
        const isOurs = output
          .split("\n")
          .some((line) => /error TS/.test(line) && !/^node_modules\/(?!@faultwire\/)/.test(line));
        if (status !== 0 && isOurs) problems.push(`TypeScript ${version}, ${name}:\n${tailOf(output, 15)}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return `${entries.length} entries, ${compilers.length} compilers, ${Object.keys(resolutions).join(", ")}`;
  },
};
