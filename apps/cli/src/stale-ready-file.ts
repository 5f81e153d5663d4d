/** Removes what a run before has left; apart from the rest, because `main` needs it for every command line. */
import { rmSync } from "node:fs";

/**
 * Removes the ready file that a command line names, as far as that can be told before the line is read: one with a wrong
 * flag must not leave a script with what a run before has left. What can't be removed is refused by `ReadyFile`.
 */
export function removeStaleReadyFile(args: readonly string[]): void {
  const at = args.findIndex((arg) => /^--ready-file(?:=|$)/.test(arg));
  const arg = args[at];
  const path = arg?.includes("=") ? arg.slice(arg.indexOf("=") + 1) : args[at + 1];
  if (arg === undefined || !path) return;
  try {
    rmSync(path, { force: true });
  } catch {
    // The command says why, if it gets that far.
  }
}
