/** Removes what a run before has left; apart from the rest, because `main` needs it for every command line. */
import { type BigIntStats, lstatSync, rmSync } from "node:fs";

/**
 * What has this name, or undefined where nothing has. Never `lstatSync` without `bigint` here: where it has seen a pipe,
 * Node's `import` resolves no symbolic link until the next look at a file, and no longer finds what pnpm has linked
 * (Node's `realpathSync` reads the kind of its own path from the array that `lstatSync` fills).
 */
export function entryAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

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
    const found = entryAt(path);
    // What has that name and is no file was not left by a run: /dev/null, which root could remove.
    if (found?.isFile() || found?.isSymbolicLink()) rmSync(path);
  } catch {
    // The command says why, if it gets that far.
  }
}
