/** Which seeds a command runs under, one after the other. */
import { InvalidArgumentError } from "commander";

/** Seeds that one command may be given: more is a slip of the hand. */
export const maxSeeds = 10_000;

/** Reads `--seeds`: `1..20`, `1,2,5`, or both: `1..3,7`. Each seed once, in the order given. */
export function seedsFlag(text: string): readonly string[] {
  const seeds = new Set<string>();
  for (const part of text.split(",").map((one) => one.trim())) {
    const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(part);
    const [from, to] = range ? [Number(range[1]), Number(range[2])] : [Number.NaN, Number.NaN];
    if (range ? from > to : !/^[^\s.]+$/.test(part))
      throw new InvalidArgumentError("Expected seeds such as 1..20, 1,2,5 or 1..3,7.");
    if (range && to - from >= maxSeeds)
      throw new InvalidArgumentError(`Expected ${maxSeeds} seeds at the most.`);
    if (range) for (let seed = from; seed <= to; seed++) seeds.add(String(seed));
    else seeds.add(part);
    if (seeds.size > maxSeeds) throw new InvalidArgumentError(`Expected ${maxSeeds} seeds at the most.`);
  }
  return [...seeds];
}

/**
 * The seeds of `--repeat N`: the first one and those after it, so that they are the same the next time.
 *
 * @param first - A whole number counts up from itself; a text gets a number behind it, from its second use on.
 */
export function repeatedSeeds(first: number | string, count: number): readonly string[] {
  const text = String(first);
  const isNumber = /^\d{1,15}$/.test(text);
  return Array.from({ length: count }, (_, at) =>
    isNumber ? String(Number(text) + at) : at === 0 ? text : `${text}-${at + 1}`,
  );
}
