/** The exit statuses of `faultwire run` (docs/run.md has them as a table). */
import { constants } from "node:os";

/** Statuses that `run` gives of its own; every other one is the command's. */
export const runStatus = {
  /** The command ended with 0, and an expectation was not met. */
  notMet: 1,
  /** A flag, a rule file, a CA or a folder that can't be used. */
  usage: 2,
  /** The command ended with 0, and no request to a target came to the proxy, or none of them failed. */
  nothingSeen: 3,
  /** The command ran longer than `--timeout`; as timeout(1) has it. */
  timedOut: 124,
  /** The command was found and can't be executed; as shells have it. */
  notExecutable: 126,
  /** There is no such command; as shells have it. */
  notFound: 127,
} as const;

/** How a command ended. */
export type ChildEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "not-started"; readonly status: number; readonly why: string };

/** The status that stands for an end: the command's own, 128 + n for signal n, as shells have it. */
export function statusOfEnd(end: ChildEnd): number {
  return end.kind === "killed" ? 128 + constants.signals[end.signal] : end.status;
}
