// Whether the fuzzer finds anything: a defect is put into the code of each target, and has to be found.
import { rmSync } from "node:fs";
import { loadTargets } from "./bundle.mjs";
import { defects } from "./defects.mjs";
import { fuzz } from "./fuzzer.mjs";

/** Inputs for one defect: most take a few hundred. A number of inputs is the same on a busy machine, and a time is not. */
const maxInputs = 40_000;
/** A defect behind which the inputs themselves get slow ends there, in ms. */
const maxMs = 900_000;

/** @returns whether each defect was found. */
export async function prove(names, seed) {
  let isFound = true;
  for (const name of names)
    for (const { file, find, put, what } of defects[name] ?? []) {
      let isPut = false;
      const { targets, folder } = await loadTargets([name], (code, path) => {
        if (path !== file || !code.includes(find)) return code;
        isPut = true;
        return code.replace(find, put);
      });
      const row = isPut
        ? await fuzz(targets[0], { milliseconds: maxMs, maxInputs, seed, isQuiet: true })
        : undefined;
      rmSync(folder, { recursive: true, force: true });
      const [crash] = row?.crashes ?? [];
      if (!crash) isFound = false;
      const how = crash
        ? `found by input ${row.inputs} after ${row.seconds.toFixed(1)} s: ${crash.message.split("\n")[0]}`
        : isPut
          ? "NOT FOUND"
          : "NOT PUT: the code has changed, see fuzz/src/defects.mjs";
      console.log(`${name}: ${what}: ${how}`);
    }
  return isFound;
}
