/** The terminal that lines go to: standard error, beside the log. */
import { writeSync } from "node:fs";
import pc from "picocolors";
import type { LineTarget } from "./line-writer.ts";

/** The time of day, as lines and the pretty log have it. */
export function timeOfDay(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

/** Standard error: coloured and as wide as it is where it is a terminal. */
export function standardError(): LineTarget {
  const isTerminal = process.stderr.isTTY === true;
  return {
    // Synchronous, as the log is: lines of both stay in their order.
    write: (text) => void writeSync(2, text),
    colors: isTerminal && process.env["NO_COLOR"] === undefined && pc.isColorSupported,
    width: () => (isTerminal ? process.stderr.columns : undefined),
    clock: () => timeOfDay(new Date()),
  };
}
