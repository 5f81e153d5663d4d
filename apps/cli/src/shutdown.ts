/** Signals: SIGTERM and SIGINT end the process, SIGHUP reads the rules again. */
import { closeSync, openSync } from "node:fs";

/** Signals this soon after another are the same one, in ms: `timeout` and npm send theirs to us and to our group. */
const sameSignalMs = 500;

/** What signals ask for. */
export interface Shutdown {
  /** Resolves at the first signal with its name. */
  readonly signal: Promise<NodeJS.Signals>;
  /** Aborts at the second one, where that hurries. */
  readonly hurry: AbortSignal;
}

/**
 * Listens for signals. The last one ends the process at once, with the status that the signal stands for.
 *
 * @param hurries - Whether the end may take long, so that the second signal hurries it and only the third ends the process.
 */
export function onShutdown({ hurries }: { readonly hurries: boolean }): Shutdown {
  const hurry = new AbortController();
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    let lastAtMs: number | undefined;
    for (const name of ["SIGTERM", "SIGINT"] as const)
      process.on(name, () => {
        const now = performance.now();
        const isFirst = lastAtMs === undefined;
        if (lastAtMs !== undefined && now - lastAtMs <= sameSignalMs) return;
        lastAtMs = now;
        if (isFirst) resolve(name);
        else if (hurries && !hurry.signal.aborted) hurry.abort();
        else process.exit(name === "SIGINT" ? 130 : 143);
      });
  });
  return { signal, hurry: hurry.signal };
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
