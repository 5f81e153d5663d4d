/** The command that `run` starts: with our own stdio and terminal, until it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { systemReason } from "@faultwire/runtime/internal";
import { type ChildEnd, runStatus } from "./exit-status.ts";

/** A command that runs, or could not be started. */
export interface RunningChild {
  /** undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Sends it a signal; does nothing where it has ended, or never began. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<ChildEnd>;
}

/**
 * Starts a command. It has our standard input, output and error, so that what it does with a terminal works as without
 * us; it stays in our process group, so that the terminal's signals and job control reach it.
 *
 * @param command - The program and its arguments; a program without a slash is looked for on the PATH of `env`.
 * @param environment - All of its environment.
 */
export function startChild(
  command: readonly [program: string, ...args: string[]],
  environment: NodeJS.ProcessEnv,
): RunningChild {
  const [program, ...args] = command;
  let child: ChildProcess;
  try {
    child = spawn(program, args, { env: environment, stdio: "inherit" });
  } catch (error) {
    // Node throws for what no system would take: a NUL in an argument, a list that is too long.
    return { pid: undefined, kill() {}, ended: Promise.resolve(notStarted(program, error)) };
  }
  const ended = new Promise<ChildEnd>((resolve) => {
    // "error" also tells of a signal that could not be sent; only without a process it is the end.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(notStarted(program, error));
    });
    child.once("exit", (status, signal) =>
      resolve(signal === null ? { kind: "exited", status: status ?? 0 } : { kind: "killed", signal }),
    );
  });
  return {
    pid: child.pid,
    kill(signal) {
      // Where there is no process, Node sends the signal to process 0: to our whole group.
      if (child.pid !== undefined) child.kill(signal);
    },
    ended,
  };
}

/** Why a command could not be started, and what to do about it. */
function notStarted(program: string, error: unknown): ChildEnd {
  const { code } = error as NodeJS.ErrnoException;
  const isPath = /[/\\]/.test(program);
  const why = (text: string, status: number): ChildEnd => ({
    kind: "not-started",
    status,
    why: `${program}: ${text}`,
  });
  if (program === "")
    return {
      kind: "not-started",
      status: runStatus.notFound,
      why: "the command is empty; name a program behind --",
    };
  if (code === "ENOENT" && isPath && exists(program))
    return why(
      "can't be executed: the program that its first line names (#!) is not there",
      runStatus.notExecutable,
    );
  if (code === "ENOENT" && isPath) return why("there is no such file", runStatus.notFound);
  if (code === "ENOENT")
    return why(`command not found; it is not on the PATH${batchHint()}`, runStatus.notFound);
  if (code === "EACCES" && isFolder(program))
    return why("can't be executed: it is a folder", runStatus.notExecutable);
  if (code === "EACCES") return why(`can't be executed; try chmod +x ${program}`, runStatus.notExecutable);
  return why(`can't be executed (${systemReason(error)})`, runStatus.notExecutable);
}

/** Windows starts programs only; npm, npx and the like are batch files there. */
function batchHint(): string {
  return process.platform === "win32" ? ", or it is a batch file, which needs: cmd /c …" : "";
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
