/** The processes that a command has started: which of them are there, and ending them. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { pause } from "@faultwire/timers";
import { allProcesses, descendantsOf, type ProcessRow, processRow } from "./process-table.ts";

/** The variable by which processes of one run are known, also those whose parents have gone. */
export const runVariable = "FAULTWIRE_RUN";

/**
 * On Linux, the processes whose environment has `FAULTWIRE_RUN` of this run; one that was started with an emptied
 * environment is not among them. Empty on other systems, which don't show environments.
 */
export async function processesOfRun(run: string): Promise<ProcessRow[]> {
  if (process.platform !== "linux") return [];
  return (await allProcesses()).filter(({ pid, isZombie }) => !isZombie && isOfRun(pid, run));
}

/** Whether a process, on Linux, was started with `FAULTWIRE_RUN` of this run. */
export function isOfRun(pid: number, run: string): boolean {
  return pid !== process.pid && environmentOf(pid).includes(`${runVariable}=${run}`);
}

/** The environment that a process was started with; empty where it is another user's, or gone. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return [];
  }
}

/** How often it is looked whether processes have ended, in ms. */
const lookMs = 25;

/** Ends a command and all that it has started, as far as the system tells what that is. */
export class TreeEnder {
  readonly #root: number;
  readonly #run: string;
  /** Processes that were found before: when a parent has gone, its children can't be found by it any more. */
  readonly #known = new Map<number, ProcessRow>();

  constructor(root: number, run: string) {
    this.#root = root;
    this.#run = run;
  }

  /**
   * Asks all of them to end (SIGTERM), and ends those that are still there after a while (SIGKILL). Resolves when none is
   * left, or when all that is left was killed.
   */
  async end(graceMs: number): Promise<void> {
    await this.send("SIGTERM");
    const deadline = performance.now() + graceMs;
    while (this.#left().length > 0 && performance.now() < deadline) await pause(lookMs);
    if (this.#left().length > 0) await this.send("SIGKILL");
  }

  #left(): readonly number[] {
    return [...this.#known].flatMap(([pid, { startedAt }]) => {
      if (process.platform !== "linux") return isThere(pid) ? [pid] : [];
      const row = processRow(pid);
      return row?.startedAt === startedAt && !row.isZombie ? [pid] : [];
    });
  }

  /** Sends all of them a signal. On Windows they end at once, whatever the signal. */
  async send(signal: NodeJS.Signals): Promise<void> {
    if (process.platform === "win32") {
      const flags = ["/PID", String(this.#root), "/T", "/F"];
      await promisify(execFile)("taskkill", flags).catch(() => {});
      return;
    }
    const table = await allProcesses();
    const found = [...descendantsOf(this.#root, table), ...(await processesOfRun(this.#run))];
    for (const row of found) this.#known.set(row.pid, row);
    const alive = new Map(table.map((row) => [row.pid, row]));
    for (const [pid, { startedAt }] of this.#known)
      if (alive.get(pid)?.startedAt === startedAt || processRow(pid)?.startedAt === startedAt)
        sendTo(pid, signal);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, or another user's.
  }
}
