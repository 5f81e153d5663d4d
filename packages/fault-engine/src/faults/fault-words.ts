/** Parts of faults in words, for `describe` of a fault's row. */

import { writeCount } from "../write-count.ts";
import type { Duration, Place } from "./fault-parts.ts";

/** Milliseconds as people write them: `500 ms`, `2 s`, `1.5 min`. */
export function writeMs(ms: number): string {
  const round = (value: number): string => String(Math.round(value * 100) / 100);
  if (ms < 1000) return `${round(ms)} ms`;
  return ms < 60_000 ? `${round(ms / 1000)} s` : `${round(ms / 60_000)} min`;
}

/** `1st`, `2nd`, `11th`. */
export function ordinal(count: number): string {
  const tens = count % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${suffix}`;
}

/** How long, in words; `null` is for ever. */
export const forTime = (forMs: number | null): string =>
  forMs === null ? "for ever" : `for ${writeMs(forMs)}`;

/** A random time in words. */
export function writeDuration(duration: Duration): string {
  switch (duration.kind) {
    case "fixed":
      return writeMs(duration.ms);
    case "uniform":
      return `${writeMs(duration.minMs)} to ${writeMs(duration.maxMs)}`;
    case "normal":
      return `${writeMs(duration.meanMs)} ± ${writeMs(duration.sdMs)}`;
    case "lognormal":
      return `${writeMs(duration.medianMs)} in the median, with a long tail`;
    default:
      return duration satisfies never;
  }
}

/** How late an answer of ours comes, behind a sentence about it; nothing for one at once. */
export const writeLate = (late: Duration | undefined): string =>
  late === undefined ? "" : ` after ${writeDuration(late)}`;

/** Where a moment is, in words. */
export const PLACES: Readonly<Record<string, string>> = {
  "client-hello": "at the ClientHello",
  "server-hello": "at the ServerHello",
  established: "when the handshake is done",
  request: "at the request",
  "response-head": "at the head of the response",
};

/** A place in words. */
export const writePlace = (at: Place): string =>
  at.kind === "moment"
    ? (PLACES[at.moment] ?? at.moment)
    : `after ${writeCount(at.bytes, "byte")} from the ${at.from}`;

/** A tunnel of the Fault proxy has no socket of its own. */
export const RESET_IN_TUNNELS = "in a tunnel of the Fault proxy a FIN instead";
