/** `1 request`, `2 requests`, `0 retries`: the one way in which counts are written for people. */
export function writeCount(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${/[^aeiou]y$/.test(what) ? `${what.slice(0, -1)}ies` : `${what}s`}`;
}

/** `once`, `2 times`. */
export const writeTimes = (count: number): string => (count === 1 ? "once" : writeCount(count, "time"));

/** `1 request is`, `2 requests are`. */
export const writeCountIs = (count: number, what: string): string =>
  `${writeCount(count, what)} ${count === 1 ? "is" : "are"}`;
