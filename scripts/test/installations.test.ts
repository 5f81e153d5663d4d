// What pnpm is told in each pnpm-workspace.yaml, held by a dependency that wants to run code when it is installed.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const pnpm = join(root, "node_modules/.bin/pnpm");
const installations = [".", "e2e/sdks", ...readdirSync(root)].filter((name) =>
  existsSync(join(root, name, "pnpm-lock.yaml")),
);

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "faultwire-installations-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function run(cwd: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(pnpm, args, { cwd, encoding: "utf8" });
  expect(status, `${stdout}${stderr}`).toBe(0);
}

/** A package with scripts that fail, and would leave a file if they ran. */
function packWithScripts(name: string, trace: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const script = `node -e "require('fs').writeFileSync('${trace}', '')" && exit 1`;
  const scripts = { preinstall: script, install: script, postinstall: script };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", scripts }));
  writeFileSync(join(folder, "pnpm-workspace.yaml"), "pmOnFail: ignore\n");
  run(folder, "pack", "--out", join(scratch, `${name}.tgz`));
  return `file:../${name}.tgz`;
}

describe("the set-up", () => {
  it("wants 20.19, or 22.12 and newer, and refuses what can't build the command", async () => {
    const { isEnough } = await import(pathToFileURL(join(root, "scripts/setup.mjs")).href);
    const versions = [
      "18.20.8",
      "20.18.3",
      "20.19.0",
      "20.20.2",
      "21.7.3",
      "22.0.0",
      "22.11.0",
      "22.12.0",
      "24.0.0",
      "26.12.1",
    ];
    expect(versions.filter(isEnough)).toEqual(["20.19.0", "20.20.2", "22.12.0", "24.0.0", "26.12.1"]);
  });
});

describe("the installations", () => {
  it("have turbo and pnpm, which turbo calls, together", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const each of [dependencies, devDependencies])
      expect("turbo" in each, "turbo without pnpm can't build").toBe("pnpm" in each);
  });

  it("are those of the workspace, of bench, of e2e, of its SDKs and of the site", () => {
    expect(installations.sort()).toEqual([".", "bench", "e2e", "e2e/sdks", "site"]);
  });

  it.each(["bench", "e2e"])("%s: takes the packages of this checkout, each by its name", (name) => {
    const { dependencies } = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8"));
    const links = Object.entries<string>(dependencies).filter(([, from]) => from.startsWith("link:"));
    expect(links).not.toHaveLength(0);
    for (const [dependency, from] of links) {
      const manifest = join(root, name, from.slice("link:".length), "package.json");
      expect(JSON.parse(readFileSync(manifest, "utf8")).name).toBe(dependency);
    }
  });

  it.each(installations)("%s: no dependency runs code, and none that wants to fails the set-up", (name) => {
    const trace = join(scratch, "trace");
    const project = join(scratch, "project");
    mkdirSync(project);
    const settings = readFileSync(join(root, name, "pnpm-workspace.yaml"), "utf8");
    const withoutMembers = settings.replace(/^packages:\n(?: {2}[-#].*\n)+/m, "");
    expect(withoutMembers).not.toBe(settings);
    writeFileSync(join(project, "pnpm-workspace.yaml"), withoutMembers);
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({
        private: true,
        dependencies: { needed: packWithScripts("needed", trace) },
        optionalDependencies: { wished: packWithScripts("wished", trace) },
      }),
    );
    const store = `--store-dir=${join(scratch, "store")}`;
    run(project, "install", "--no-frozen-lockfile", store);
    run(project, "install", "--frozen-lockfile", store);
    for (const dependency of ["needed", "wished"])
      expect(existsSync(join(project, "node_modules", dependency, "package.json"))).toBe(true);
    expect(existsSync(trace)).toBe(false);
  });
});
