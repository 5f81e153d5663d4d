// Takes the same mutants for the same seed, on every machine.
import { kinds } from "./mutants.mjs";

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the mutants, in equal parts of the five kinds as far as there are enough of each; in the order of places. */
export function sampleOf(mutants, count, seed) {
  const random = randomFrom(seed);
  const left = kinds.map((kind) => mutants.filter((mutant) => mutant.kind === kind));
  const taken = new Set();
  while (taken.size < count && left.some((some) => some.length > 0))
    for (const some of left) {
      if (taken.size === count || some.length === 0) continue;
      taken.add(some.splice(Math.floor(random() * some.length), 1)[0]);
    }
  return mutants.filter((mutant) => taken.has(mutant));
}
