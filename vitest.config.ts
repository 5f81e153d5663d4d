// One run for the whole workspace. Workspace imports are taken from source, so that a test never sees a stale
// build; what spawns the `faultwire` command uses dist, which `npm test` has built before.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = import.meta.dirname;
const folders = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  .filter((folder) => existsSync(join(folder, "package.json")));
const manifestOf = (folder: string): { readonly name: string; readonly exports?: Record<string, unknown> } =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const nameOf = (folder: string): string => manifestOf(folder).name;
/** Each entry of a package that has its source of the same name: `NAME` and `NAME/ENTRY`. */
const alias = folders.flatMap((folder) =>
  [...new Set([".", ...Object.keys(manifestOf(folder).exports ?? {})])].flatMap((entry) => {
    const replacement = join(folder, "src", `${entry === "." ? "index" : entry.slice(2)}.ts`);
    if (!existsSync(replacement)) return [];
    return [{ find: new RegExp(`^${nameOf(folder)}${entry.slice(1)}$`), replacement }];
  }),
);

alias.push({ find: /^@faultwire\/testkit\/(.+)$/, replacement: join(root, "packages/testkit/src/$1.ts") });

/** What every test file begins with. */
const setupFiles = ["shared-worker.ts", "no-timer-overflow.ts", "property-seed.ts"].map((name) =>
  join(root, "scripts", name),
);

/** How long is waited for a condition: vitest's own second is less than a busy machine may take. In ms. */
const expectation = { poll: { timeout: 30_000 } };

/** Packages whose test files have a process each: they start commands, or watch every socket of their process. */
const alone = new Set(["faultwire", "@faultwire/proxy"]);

/** Whole-system tests that need programs beyond Node: only the commands that name them run them. */
const interop = ["fault"];

/** How many test files there are in a folder. */
const testFiles = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".test.ts")).length
    : 0;

/**
 * A task of turbo is one package's tests, in that package's folder; two tasks run at a time. A package with many files
 * takes two workers, since it may be the last one that runs. What it counted is left for `npm test`.
 */
const task = process.env["TURBO_HASH"] !== undefined;
const taskWorkers = testFiles(join(process.cwd(), "test")) > 25 ? 2 : 1;
const taskReporters = ["default", ["json", { outputFile: join(process.cwd(), ".turbo/tests.json") }]];

/** The same order everywhere: vitest's own depends on how long files took before, and files share a worker. */
class ByPath extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ project, moduleId }: TestSpecification): string => `${project.name}\0${moduleId}`;
    return files.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: ByPath },
    ...(task ? { reporters: taskReporters as ["default", ["json", object]] } : {}),
    // By itself vitest leaves one core to others, which on two cores is half of the machine.
    maxWorkers: task ? taskWorkers : Math.max(2, availableParallelism() - 1),
    projects: [
      ...folders.map((folder) => ({
        resolve: { alias },
        test: {
          name: nameOf(folder),
          root: folder,
          include: ["test/**/*.test.ts"],
          setupFiles,
          // One worker takes all files that it is given of a package, instead of one after the other being started.
          isolate: alone.has(nameOf(folder)),
          testTimeout: 60_000,
          hookTimeout: 30_000,
          expect: expectation,
        },
      })),
      {
        resolve: { alias },
        test: {
          name: "repository",
          root,
          include: ["scripts/test/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: expectation,
        },
      },
      ...interop.map((name) => ({
        resolve: { alias },
        test: {
          name: `@faultwire/e2e-${name}`,
          root: join(root, "e2e"),
          include: [`${name}/**/*.test.ts`],
          testTimeout: 60_000,
          expect: expectation,
        },
      })),
    ],
  },
});
