// Whoever copies a README's example: what its install lines name, installed by pnpm, where a package reaches nothing that it
// does not name; compiled and run.
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { examplesOf, installedPackages } from "../examples.mjs";
import { eachOf, run, tailOf } from "../step.mjs";
import { Place } from "./install.mjs";

const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "dom"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
  rootDir: ".",
};

export const pnpmExamples = {
  name: "pnpm: each README's example",
  isCore: true,
  async use({ scratch, env, packed, versions, thirdParty }) {
    const devDependencies = { "@types/node": thirdParty.get("@types/node") };
    const place = new Place(join(scratch, "pnpm-examples"), env, { name: "examples", devDependencies });
    const programs = [];
    for (const { name, readme } of packed) {
      if (name === "faultwire") continue;
      const at = name.split("/").at(-1);
      const wanted = installedPackages(readme);
      if (!wanted.includes(name)) throw new Error(`${name}: README.md has no line \`npm install ${name}\``);
      const examples = examplesOf(name, readme, root);
      const dependencies = Object.fromEntries(
        [...wanted, "@types/node"].map((one) => [one, versions.get(one) ?? thirdParty.get(one) ?? "latest"]),
      );
      place.write({
        [`${at}/package.json`]: { name: `example-of-${at}`, private: true, type: "module", dependencies },
        ...Object.fromEntries(Object.entries(examples.files).map(([path, text]) => [`${at}/${path}`, text])),
      });
      programs.push(...examples.programs.map((one) => ({ ...one, at, name })));
    }
    place.write({
      // What is checked was published a moment ago.
      "pnpm-workspace.yaml":
        'packages: ["*"]\nminimumReleaseAge: 0\npmOnFail: ignore\nignoreScripts: true\nsavePrefix: ""\n',
      "tsconfig.json": { compilerOptions, include: ["*/*.ts", "*/gen/*.ts"], exclude: ["**/node_modules"] },
    });
    await place.run(join(root, "node_modules/.bin/pnpm"), ["install", "--reporter=append-only"]);
    await place.run(join(root, "node_modules/.bin/tsc"), ["-p", ".", "--pretty", "false"]);
    const problems = [];
    await eachOf(programs, 2, async ({ name, at, file, says }) => {
      const cwd = join(place.folder, at);
      const { status, output } = await run(process.execPath, [`${file}.js`], { cwd, env, limitMs: 60_000 });
      if (status !== 0)
        problems.push(`${name}: README.md's ${file} ended with ${status}:\n${tailOf(output, 15)}`);
      else if (!output.includes(says))
        problems.push(`${name}: README.md's ${file} printed ${JSON.stringify(output)}, expected ${says}`);
    });
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return `${programs.length} examples compiled and run`;
  },
};
