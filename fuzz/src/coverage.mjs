// What an input has reached: counters that the instrumented code adds to.

/** Counters at the most; the code of all targets has about a quarter of them. */
const maxCounters = 131_072;

const counts = new Uint32Array(maxCounters);
const touched = new Uint32Array(maxCounters);
let touchedCount = 0;
let steps = 0;
let maxSteps = Number.POSITIVE_INFINITY;

/** An input makes the code take more steps than its target allows: it hangs, or nearly. */
export class TooManySteps extends Error {}

function hit(id) {
  if (counts[id]++ === 0) touched[touchedCount++] = id;
  if (++steps > maxSteps) throw new TooManySteps(`more than ${maxSteps} steps`);
}

/** Where instrumented modules find their counters. */
globalThis.faultwireCoverage = { hit };

/** Begins anew, with a limit on steps. */
export function resetCoverage(limit) {
  for (let at = 0; at < touchedCount; at++) counts[touched[at]] = 0;
  touchedCount = 0;
  steps = 0;
  maxSteps = limit;
}

/** Lets the code do what it will. @returns the steps so far. */
export function stopCounting() {
  maxSteps = Number.POSITIVE_INFINITY;
  return steps;
}

/** Steps since the last reset. Code that catches everything may go on behind the limit. */
export const stepCount = () => steps;

/** How often, as powers of two: 1, 2, 3, 4-7, 8-15 and so on are told apart. */
const bucketOf = (count) => (count < 4 ? count : Math.min(15, 33 - Math.clz32(count)));

/** What was reached, and about how often: numbers that stand for a counter and its bucket. */
export function features() {
  const found = new Uint32Array(touchedCount);
  for (let at = 0; at < touchedCount; at++) found[at] = touched[at] * 16 + bucketOf(counts[touched[at]]);
  return found;
}
