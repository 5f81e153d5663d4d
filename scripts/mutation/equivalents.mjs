// The mutants that no test can kill, each with its reason: scripts/mutation/equivalents.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mutantsOf } from "./mutants.mjs";

/** Reads the list: `file`, `line` (the line's text), `becomes` (its text after the change), `reason`. */
export const readEquivalents = () =>
  JSON.parse(readFileSync(join(import.meta.dirname, "equivalents.json"), "utf8"));

/** Whether an entry means this mutant. */
export const means = (entry, mutant) =>
  entry.file === mutant.file && entry.line === mutant.lineText && entry.becomes === mutant.becomes;

/**
 * The entries that do not mean exactly one mutant of the source as it is now: somebody changed the line, and has to look
 * again; or there are several such lines, and the entry would excuse all of them.
 */
export function withoutMutant(root, entries) {
  const ofFile = new Map();
  const mutants = (file) => {
    if (!existsSync(join(root, file))) return [];
    if (!ofFile.has(file)) ofFile.set(file, mutantsOf(file, readFileSync(join(root, file), "utf8")));
    return ofFile.get(file);
  };
  return entries.filter(
    (entry) => !entry.reason || mutants(entry.file).filter((one) => means(entry, one)).length !== 1,
  );
}
