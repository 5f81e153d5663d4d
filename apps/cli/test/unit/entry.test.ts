/** A checkout's `bin/faultwire.js` runs the bundle or the modules: never what is older. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let app: string;
beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), "faultwire-entry-"));
  mkdirSync(join(app, "bin"));
  mkdirSync(join(app, "dist/bundle"), { recursive: true });
  writeFileSync(join(app, "package.json"), '{"type":"module"}');
  copyFileSync(join(import.meta.dirname, "../../bin/faultwire.js"), join(app, "bin/faultwire.js"));
  writeFileSync(join(app, "dist/main.js"), 'process.stdout.write("modules");');
  writeFileSync(join(app, "dist/bundle/faultwire.js"), 'process.stdout.write("bundle");');
  writeFileSync(join(app, "dist/bundle/made-from.json"), '["../tsconfig.tsbuildinfo"]');
  writeFileSync(join(app, "dist/tsconfig.tsbuildinfo"), "");
});
afterEach(() => rmSync(app, { recursive: true, force: true }));

const run = (): string =>
  execFileSync(process.execPath, [join(app, "bin/faultwire.js")], { encoding: "utf8" });
const compiledAt = (seconds: number): void =>
  utimesSync(join(app, "dist/tsconfig.tsbuildinfo"), seconds, seconds);
const now = Math.floor(Date.now() / 1000);

it("the bundle, where everything in it was compiled before", () => {
  compiledAt(now - 60);
  expect(run()).toBe("bundle");
});

it("the modules, where one was compiled since", () => {
  compiledAt(now + 60);
  expect(run()).toBe("modules");
});

it("the modules, where what the bundle was made from has gone", () => {
  rmSync(join(app, "dist/tsconfig.tsbuildinfo"));
  expect(run()).toBe("modules");
});

it("the modules, where there is no bundle", () => {
  rmSync(join(app, "dist/bundle"), { recursive: true });
  expect(run()).toBe("modules");
});
