/** Signals: SIGTERM and SIGINT end the process, SIGHUP reads the rules again. */
import { closeSync, openSync } from "node:fs";

/** Signals this soon after the first are the same one, in ms: `timeout` and npm send theirs to us and to our group. */
const sameSignalMs = 500;

/**
 * Resolves at the first signal with its name. A second one ends the process at once, with the status that the
 * signal stands for.
 */
export function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        const now = performance.now();
        firstAtMs ??= now;
        if (now - firstAtMs > sameSignalMs) process.exit(signal === "SIGINT" ? 130 : 143);
        resolve(signal);
      });
  });
}

/** Calls `reload` at SIGHUP; where the signal says that the terminal has gone, the process ends as by SIGTERM. */
export function onHangup(reload: () => void): void {
  const hadTerminal = hasTerminal();
  process.on("SIGHUP", () => {
    if (hadTerminal && !hasTerminal()) process.kill(process.pid, "SIGTERM");
    else reload();
  });
}

/** Whether the process has a controlling terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
