/** The command as it is published: one package that needs nothing but Node. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const app = join(import.meta.dirname, "../..");
/** What a newcomer downloads and unpacks, in bytes. */
const maxBytes = 4_300_000;
let folder: string;

beforeAll(() => {
  // Outside of the workspace: no package of ours, or of others, is within reach.
  folder = mkdtempSync(join(tmpdir(), "faultwire-published-"));
  cpSync(join(app, "dist/package"), folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const manifestIn = (of: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(of, "package.json"), "utf8"));

it("names no dependency, and is small", () => {
  expect(Object.keys(manifestIn(folder)).filter((key) => /dependencies|scripts/i.test(key))).toEqual([]);
  expect(files().reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(maxBytes);
});

it("says its manifest's version", () => {
  const { stdout } = spawnSync(process.execPath, [join(folder, "bin/faultwire.js"), "--version"], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe(manifestIn(app)["version"]);
});

it("has every notice that a licence asks for", () => {
  const notices = readFileSync(join(folder, "dist/NOTICES.txt"), "utf8");
  // One of a package with a licence file, one of a package without, one of a method.
  for (const holder of ["Colin McDonnell", "The Connect Authors", "FoxIO"]) expect(notices).toContain(holder);
});

it("has the licence of every package whose code is in the bundle", () => {
  const bundle = join(app, "dist/bundle");
  // What is in the bundle is what its maps name, not what a manifest asks for.
  const bundled = new Set(
    readdirSync(bundle)
      .filter((file) => file.endsWith(".map"))
      .flatMap(
        (file) => (JSON.parse(readFileSync(join(bundle, file), "utf8")) as { sources: string[] }).sources,
      )
      .filter((source) => source.includes("node_modules/"))
      .map((source) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? source),
  );
  expect(bundled.size).toBeGreaterThan(10);
  const sections = readFileSync(join(folder, "dist/NOTICES.txt"), "utf8").split(`\n${"-".repeat(80)}\n\n`);
  for (const one of bundled) {
    const { name, version } = manifestIn(join(bundle, one));
    const section = sections.find((text) => text.startsWith(`${name} ${version}, `)) ?? "";
    expect(section, `${name} ${version}`).toMatch(/copyright/i);
    expect(section, `${name} ${version}`).toMatch(/permission|redistribut|licensed under|licen[cs]e/i);
  }
});

it("has the licence of code that a package has from somebody else", () => {
  const notices = readFileSync(join(folder, "dist/NOTICES.txt"), "utf8");
  expect(notices).toContain("Copyright base-x contributors (c) 2016\n\nPermission is hereby granted");
});

it("points to no file that is not there", () => {
  const missing = files()
    .filter((file) => file.endsWith(".js"))
    .filter((file) => readFileSync(file, "utf8").includes("sourceMappingURL="));
  expect(missing).toEqual([]);
});

it("runs a Node program against its mock", () => {
  const script = `fetch("https://api.anthropic.com/v1/messages", {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "claude-x", max_tokens: 5, messages: [{ role: "user", content: "hi" }] }),
  }).then(async (response) => console.log(response.status, (await response.json()).type))`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...[join(folder, "bin/faultwire.js"), "run", "--mock", "--mix", "gentle", "--seed", "1"],
      ...["--", process.execPath, "-e", script],
    ],
    { encoding: "utf8", env: { ...process.env, FAULTWIRE_HOME: join(folder, "home") } },
  );
  expect(stderr).toContain("api.anthropic.com");
  expect(stdout).toBe("200 message\n");
});
