// One run for the whole workspace. Workspace imports are taken from source, so that a test never sees a stale
// build; what spawns the `faultwire` command uses dist, which `npm test` has built before.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

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

/** What fails a test file that makes a timer which Node can't hold. */
const timerCheck = join(root, "scripts/no-timer-overflow.ts");

/** How long is waited for a condition: vitest's own second is less than a busy machine may take. In ms. */
const expectation = { poll: { timeout: 30_000 } };

/** Whole-system tests that need programs beyond Node: only the commands that name them run them. */
const interop = ["fault"];

export default defineConfig({
  test: {
    // By itself vitest leaves one core to others, which on two cores is half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      ...folders.map((folder) => ({
        resolve: { alias },
        test: {
          name: nameOf(folder),
          root: folder,
          include: ["test/**/*.test.ts"],
          setupFiles: [timerCheck],
          testTimeout: 60_000,
          hookTimeout: 30_000,
          expect: expectation,
        },
      })),
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
