/**
 * The test files of a package share a worker and the modules in it, which saves half a second for each. So that none
 * sees what another did, clocks, variables and globals are put back after each file, and a file that mocks a module gets
 * modules of its own. Set up by vitest for every test file.
 */
import { readFileSync } from "node:fs";
import { afterAll, expect, vi } from "vitest";

const { testPath } = expect.getState();
if (testPath === undefined) throw new Error("vitest did not name the test file that is set up");
const mocks = /\bvi\.(?:mock|doMock)\(/.test(readFileSync(testPath, "utf8"));
if (mocks) vi.resetModules();

const environment = { ...process.env };
const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
const clocks = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

afterAll(() => {
  if (mocks) vi.resetModules();
  // A spy on a clock that was not the real one puts that one back, even after the real one came back.
  vi.restoreAllMocks();
  vi.useRealTimers();
  Object.assign(globalThis, clocks);
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
