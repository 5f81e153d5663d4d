// `npm run release:red`: shows that each thing that must stop a release does, in copies of what is committed. Ends with
// `N passed, N failed`. Takes what is built here, so it comes behind `node scripts/setup.mjs`.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, setup } from "../setup.mjs";
import { run, tailOf } from "./step.mjs";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-red-"));

/** A clone of what is committed, with what is installed and built here. */
async function copy(name) {
  const folder = join(scratch, name);
  const { status, output } = await run("git", ["clone", "--quiet", root, folder], { cwd: scratch });
  if (status !== 0) throw new Error(output);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  // A link is no folder to .gitignore.
  writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
  for (const group of ["packages", "apps"])
    for (const one of readdirSync(join(root, group)))
      for (const made of ["dist", "node_modules"]) {
        const from = join(root, group, one, made);
        const to = join(folder, group, one, made);
        if (!existsSync(from)) continue;
        mkdirSync(dirname(to), { recursive: true });
        // Links between packages are relative: copied as they are, they lead to the copies.
        cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      }
  return folder;
}

const edit = (file, change) => writeFileSync(file, change(readFileSync(file, "utf8")));
/** Steps of a release in a copy, from where its scripts are. */
const steps = (code) => [
  "--input-type=module",
  "-e",
  `const { tree, pack, use } = await import("./scripts/release/steps.mjs");
const { consumers } = await import("./scripts/release/consumers/all.mjs");
try { ${code} } catch (error) { console.log(error.step + ": " + error.message + "\\n" + (error.details ?? "")); process.exit(error.step ? 1 : 2); }`,
];
const packHere = "await pack(process.env.RED_SCRATCH);";

/** What is done to a copy, the steps that see it, and the words that they refuse with; none where nothing is wrong. */
const cases = [
  { name: "nothing is wrong", spoil() {}, code: `await tree(); ${packHere}` },
  {
    name: "a dirty tree",
    spoil: (folder) => edit(join(folder, "README.md"), (text) => `${text}\n`),
    code: "await tree();",
    words: "1 files are not as they were committed (README.md)",
  },
  {
    name: "a baked version",
    spoil: (folder) =>
      edit(join(folder, "apps/cli/dist/package/package.json"), (text) =>
        text.replace(/"version": "[^"]+"/, '"version": "9.9.9"'),
      ),
    code: packHere,
    words: "its manifest 9.9.9: bundle it anew",
  },
  {
    name: "a ghost file",
    spoil: (folder) => writeFileSync(join(folder, "packages/http1/dist/ghost.js"), "export {};\n"),
    code: packHere,
    words: "the tarball holds dist/ghost.js, which has no source any more",
  },
  {
    name: "a dependency that is not declared",
    spoil: (folder) =>
      edit(join(folder, "packages/timers/dist/index.js"), (text) => `import "@faultwire/http1";\n${text}`),
    code: packHere,
    words: "dist/index.js imports @faultwire/http1, which is not among its dependencies",
  },
  {
    name: "a broken example",
    spoil: (folder) =>
      edit(join(folder, "packages/timers/README.md"), (text) =>
        text.replace("import { after,", "import { afterwards as after,"),
      ),
    code: `await use(await pack(process.env.RED_SCRATCH), process.env.RED_SCRATCH, consumers.filter(({ name }) => name.startsWith("pnpm")), () => {});`,
    words: "has no exported member 'afterwards'",
  },
];

setup("checks");
let failed = 0;
try {
  const folder = await copy("tree");
  for (const { name, spoil, code, words } of cases) {
    await run("git", ["checkout", "--quiet", "."], { cwd: folder });
    spoil(folder);
    const own = mkdtempSync(join(scratch, "steps-"));
    const { status, output } = await run(process.execPath, steps(code), {
      cwd: folder,
      env: { ...process.env, RED_SCRATCH: own },
      limitMs: 600_000,
    });
    const isRight = words === undefined ? status === 0 : status === 1 && output.includes(words);
    if (!isRight) failed++;
    console.log(
      `${isRight ? "ok  " : "FAIL"} ${name}: ${words === undefined ? "taken" : output.split("\n", 1)[0]}`,
    );
    if (!isRight) console.log(tailOf(output));
    // What is built was spoilt, too.
    for (const made of ["packages/http1/dist", "packages/timers/dist", "apps/cli/dist/package"]) {
      rmSync(join(folder, made), { recursive: true, force: true });
      cpSync(join(root, made), join(folder, made), { recursive: true, preserveTimestamps: true });
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
