import { InvalidArgumentError } from "commander";

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration such as `500ms`, `90s`, `1.5m` or `2h`, as rule files write them. @returns milliseconds, above 0 */
export function durationFlag(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  const ms = Number(found?.[1]) * (unitsMs[found?.[2] ?? ""] ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError("Expected a duration such as 500ms, 90s, 5m or 2h.");
  return ms;
}

/** Milliseconds in the largest unit that leaves a short number: `200ms`, `90s`, `5m`. */
export function writeMs(ms: number): string {
  const unit = (["h", "m", "s"] as const).find((one) => ms % (unitsMs[one] ?? 1) === 0);
  return unit === undefined ? `${ms}ms` : `${ms / (unitsMs[unit] ?? 1)}${unit}`;
}
