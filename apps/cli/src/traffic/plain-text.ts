/** Words of clients, fit for a terminal; counts and times for people. */

/** A text of a client's on one line, without what a terminal would obey: control characters, and others that are not printed. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** A text that is no longer than `max` characters; its middle goes, because both ends say more. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = Math.max(1, max - 1);
  const front = Math.ceil(kept / 2);
  return `${text.slice(0, front)}…${text.slice(text.length - (kept - front))}`;
}

/** A length of time for people: `3 ms`, `2.05 s`, `4 min 10 s`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
