// `npm run fuzz`: looks for inputs that make what takes strangers' bytes break its contract (fuzz/README.md).
//
// --minutes N       how long, over all targets; 5 unless given
// --target NAME     one target; may be given more than once. All of them unless given
// --seed S          of the first numbers; the clock's unless given
// --input FILE      gives one input to the one target and nothing else: what a crash is repeated with
// --replay          gives the corpus to the targets, and nothing else: what `npm test` does
// --prove           puts a defect into each target, and looks whether it is found
// --results FILE    writes the figures there, as JSON
// --write           writes the corpus: what was found, made small
//
// Ends with 1 where an input breaks a contract, and with 2 where it was asked for what there is not.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { numberOf, readFlags, refuse } from "../scripts/read-flags.mjs";
import { loadTargets, targetNames } from "./src/bundle.mjs";
import { fuzz, replay, runOnce } from "./src/fuzzer.mjs";
import { prove } from "./src/prove.mjs";
import { tell, writeResults } from "./src/tell.mjs";

const { flags } = readFlags("fuzz", {
  minutes: { type: "string", default: "5" },
  target: { type: "string", multiple: true, default: [] },
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  input: { type: "string" },
  replay: { type: "boolean", default: false },
  prove: { type: "boolean", default: false },
  results: { type: "string" },
  write: { type: "boolean", default: false },
});
const stop = (line) => refuse("fuzz", line);

const all = targetNames();
const unknown = flags.target.find((name) => !all.includes(name));
if (unknown !== undefined) stop(`there is no target "${unknown}"; there are ${all.join(", ")}`);
const names = flags.target.length > 0 ? flags.target : all;
const minutes = numberOf("fuzz", flags, "minutes");
const seed = numberOf("fuzz", flags, "seed", { least: 0, isWhole: true });
if (flags.input !== undefined && names.length !== 1)
  stop("--input wants one --target: the one that the input is for");
if (flags.input !== undefined && !existsSync(flags.input)) stop(`there is no file ${flags.input}`);
process.setSourceMapsEnabled(true);

/** An error of the fuzzer itself ends it; those of the code under test are caught where they belong. */
function failed(error) {
  console.error(error);
  process.exit(2);
}

async function main() {
  if (flags.prove) process.exit((await prove(names, seed)) ? 0 : 1);
  const { targets, folder } = await loadTargets(names);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

  if (flags.input !== undefined) {
    const fault = await runOnce(targets[0], readFileSync(flags.input));
    if (fault) console.error(fault.stack ?? fault);
    else console.log(`${names[0]} keeps its contract with ${flags.input}`);
    process.exit(fault ? 1 : 0);
  }
  const rows = [];
  for (const each of targets)
    rows.push(
      flags.replay
        ? await replay(each)
        : await fuzz(each, {
            milliseconds: (minutes * 60_000) / targets.length,
            seed,
            isWritten: flags.write,
          }),
    );
  tell(rows);
  if (flags.results !== undefined) writeResults(flags.results, rows, { minutes, seed });
  // Sockets of a broken connection must not keep a run alive that is over.
  process.exit(rows.some(({ crashes }) => crashes.length > 0) ? 1 : 0);
}

main().catch(failed);
