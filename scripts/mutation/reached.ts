/**
 * Set up for every test file: names the file into which watched functions write that a test reached them, and has
 * properties begin at a seed, so that the same mutants meet the same values.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect } from "vitest";

/** Any number, always the same. */
const PROPERTY_SEED = 1;

fc.configureGlobal({ seed: PROPERTY_SEED });
const folder = process.env["FAULTWIRE_MUTATION_FOLDER"];
const path = expect.getState().testPath;
if (folder && path)
  process.env["FAULTWIRE_MUTATION_REACHED"] = join(folder, createHash("sha256").update(path).digest("hex"));

/** The tests that run now: several where they run side by side. */
const running = new Set<string>();

/**
 * Tells watched functions, and processes that the test starts, which test it is. None where that can't be known: while
 * the file is loaded, in what is made for all tests, and where tests run side by side.
 */
function name(): void {
  const [only] = running.size === 1 ? running : [];
  process.env["FAULTWIRE_MUTATION_TEST"] = only ?? "";
}
name();
beforeEach(({ task }) => {
  running.add(task.id);
  name();
});
afterEach(({ task }) => {
  running.delete(task.id);
  name();
});
