/** How verdicts and reports write numbers, and find the least and the most of many. */

/** The least of values, of which there may be more than a call can have arguments; `none` without any. */
export function leastOf(values: readonly number[], none: number = Number.POSITIVE_INFINITY): number {
  return values.reduce((least, value) => Math.min(least, value), none);
}

/** The most of values, of which there may be more than a call can have arguments; `none` without any. */
export function mostOf(values: readonly number[], none: number = Number.NEGATIVE_INFINITY): number {
  return values.reduce((most, value) => Math.max(most, value), none);
}

/** `340 ms`, `1.05 s`, `2.5 min`. */
export function writeMs(value: number): string {
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 120_000) return `${(value / 1000).toFixed(2)} s`;
  return `${(value / 60_000).toFixed(1)} min`;
}

/** Values in a row, at most 8 of them. */
export function writeList(values: readonly (string | number)[]): string {
  const shown = values.slice(0, 8).join(", ");
  return values.length > 8 ? `${shown}, …` : shown;
}
