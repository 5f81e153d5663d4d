/**
 * Gives every property the same values in each run of `npm test`, so that a red run is the work of the commit that it
 * runs on. `FAULTWIRE_PROPERTY_SEED` takes another seed, or `random`; the long form (FAULTWIRE_PROPERTY_FACTOR) is
 * random by itself. A property that fails prints its seed. Set up by vitest for every test file.
 */
import { readFileSync } from "node:fs";
import { expect } from "vitest";

const fixedSeed = "20261129";

const isLong = process.env["FAULTWIRE_PROPERTY_FACTOR"] !== undefined;
const seed = process.env["FAULTWIRE_PROPERTY_SEED"] ?? (isLong ? "random" : fixedSeed);
if (seed !== "random" && !/^-?\d{1,9}$/.test(seed))
  throw new RangeError(`FAULTWIRE_PROPERTY_SEED: found "${seed}", expected a whole number or "random"`);

const { testPath } = expect.getState();
// Most files have no property, and need not load what tries them.
if (seed !== "random" && testPath !== undefined && readFileSync(testPath, "utf8").includes('"fast-check"')) {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
