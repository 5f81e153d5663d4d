import type { Duration } from "../faults/fault-parts.ts";

/**
 * A time from a distribution, in milliseconds, never negative.
 *
 * @param random - Gives numbers in [0, 1); asked for index 0 and, by the bell curves, 1.
 */
export function drawDuration(duration: Duration, random: (index: number) => number): number {
  switch (duration.kind) {
    case "fixed":
      return duration.ms;
    case "uniform":
      return duration.minMs + (duration.maxMs - duration.minMs) * random(0);
    case "normal":
      return Math.max(0, duration.meanMs + duration.sdMs * bell(random));
    case "lognormal":
      return duration.medianMs * Math.exp(duration.sigma * bell(random));
    default:
      return duration satisfies never;
  }
}

/** A standard normal number (Box and Muller 1958). */
function bell(random: (index: number) => number): number {
  // 1 − x is in (0, 1], where the logarithm is finite.
  return Math.sqrt(-2 * Math.log(1 - random(0))) * Math.cos(2 * Math.PI * random(1));
}
