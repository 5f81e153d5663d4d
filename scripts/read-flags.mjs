// Flags of a command of this checkout. What can't be read is refused with one line and status 2: nothing was done. These commands
// end with 1 where they have found something.
import { parseArgs } from "node:util";

/** Ends a command that was asked for what there is not. */
export function refuse(command, line) {
  process.stderr.write(`${command}: ${line}\n`);
  process.exit(2);
}

/**
 * Reads the flags of this process.
 *
 * @param command its name, for what is said
 * @param options as `parseArgs` takes them
 * @param words whether words that are no flags are taken
 * @returns `flags` and `words`
 */
export function readFlags(command, options, { words: allowPositionals = false } = {}) {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals });
    return { flags: values, words: positionals };
  } catch (error) {
    const [said] = error.message.split(/\. |\n/, 1);
    const names = Object.entries(options).map(
      ([name, { type }]) => `--${name}${type === "string" ? " …" : ""}`,
    );
    return refuse(command, `${said}; it takes ${names.join(", ") || "none"}`);
  }
}

/**
 * The number that a flag gives.
 *
 * @param least the lowest that is taken; without one any above 0
 * @param isWhole whether it has to be a whole number
 */
export function numberOf(command, flags, name, { least, isWhole = false } = {}) {
  const value = flags[name].trim() === "" ? Number.NaN : Number(flags[name]);
  const isTaken = least === undefined ? value > 0 : value >= least;
  if (isTaken && Number.isFinite(value) && (!isWhole || Number.isSafeInteger(value))) return value;
  const kind = isWhole ? "a whole number" : "a number";
  refuse(
    command,
    `--${name} ${flags[name]}: ${kind} ${least === undefined ? "above 0" : `from ${least}`} expected`,
  );
  return value;
}
