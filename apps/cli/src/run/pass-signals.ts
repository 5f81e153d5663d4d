/** Signals that come to `run` go on to its command. */
import { isInForeground } from "./terminal.ts";

/** Signals that another process sends to us, and that the command is to get. */
const passed: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGINT"];

/** Signals that a terminal sends to the whole group; on Windows, to all programs of the console. */
const fromTerminal: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGHUP"]);

/** Times of impatience, in ms. */
export const hurryLimits = {
  /** Signals this soon after the one before are the same one: `timeout` and npm send theirs to us and to our group. */
  sameSignalMs: 500,
  /** A Ctrl-C so soon after the one before says that the command is to end, whatever it does with Ctrl-C itself. */
  hurryMs: 3000,
} as const;

/** What signals do. */
export interface SignalActions {
  /** Sends the command a signal. */
  readonly pass: (signal: NodeJS.Signals) => void;
  /** The user is in a hurry: the first time `SIGTERM`, then `SIGKILL`, for all that the command has started. */
  readonly hurry: (signal: "SIGTERM" | "SIGKILL") => void;
  /** Whether the terminal has sent this signal to the command as well; default {@link isInForeground}. */
  readonly isInForeground?: () => boolean;
  /** Default `performance.now`. */
  readonly now?: () => number;
}

/** Signals that have come to us, told by what they ask for. */
export class SignalPasser {
  readonly #actions: SignalActions;
  readonly #isInForeground: () => boolean;
  readonly #now: () => number;
  readonly #lastAtMs = new Map<NodeJS.Signals, number>();
  #hurries = 0;
  #askedBy: NodeJS.Signals | undefined;

  constructor(actions: SignalActions) {
    this.#actions = actions;
    this.#isInForeground = actions.isInForeground ?? isInForeground;
    this.#now = actions.now ?? (() => performance.now());
  }

  /** The first signal that has asked for an end; `undefined` without one. */
  get askedBy(): NodeJS.Signals | undefined {
    return this.#askedBy;
  }

  /** Takes a signal. */
  take(signal: NodeJS.Signals): void {
    if (!asksToEnd(signal)) {
      this.#actions.pass(signal);
      return;
    }
    this.#askedBy ??= signal;
    const now = this.#now();
    const sinceMs = now - (this.#lastAtMs.get(signal) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs <= hurryLimits.sameSignalMs) return;
    this.#lastAtMs.set(signal, now);
    if (signal === "SIGINT" && this.#isHurry(sinceMs)) return;
    if (!(fromTerminal.has(signal) && this.#isInForeground())) this.#actions.pass(signal);
  }

  /** Whether this Ctrl-C came soon after another one; then it is acted upon. */
  #isHurry(sinceMs: number): boolean {
    if (sinceMs > hurryLimits.hurryMs) {
      this.#hurries = 0;
      return false;
    }
    this.#actions.hurry(this.#hurries === 0 ? "SIGTERM" : "SIGKILL");
    this.#hurries++;
    return true;
  }
}

const asksToEnd = (signal: NodeJS.Signals): boolean => signal !== "SIGUSR1" && signal !== "SIGUSR2";

/** Has a passer take this process's signals, until the process ends: the last of them must not cost the exit status. */
export function listenForSignals(passer: SignalPasser): void {
  // Windows knows Ctrl-C and the closing of a window only, and sends them to the command as well.
  const signals = process.platform === "win32" ? (["SIGINT", "SIGHUP"] as const) : passed;
  for (const signal of signals) process.on(signal, () => passer.take(signal));
}
