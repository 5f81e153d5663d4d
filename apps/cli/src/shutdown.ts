/** Waits for SIGTERM or SIGINT. */

/**
 * Resolves at the first signal with its name. A second one ends the process at once, with the status that the
 * signal stands for.
 */
export function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true;
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        if (!first) process.exit(signal === "SIGINT" ? 130 : 143);
        first = false;
        resolve(signal);
      });
  });
}
