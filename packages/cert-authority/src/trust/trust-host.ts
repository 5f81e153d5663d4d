import { spawn } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Environment } from "../store/home.ts";

/** What planning needs to know of a machine. */
export type TrustHost = {
  /** The operating system, as Node names it. */
  readonly platform: NodeJS.Platform;
  /** The user's home folder. */
  readonly homeDirectory: string;
  /** Whether commands run as root already. */
  readonly isRoot: boolean;
  /** Whether there is a file or folder. */
  exists(path: string): boolean;
  /** The names in a folder; none when there is no such folder. */
  list(path: string): readonly string[];
  /** Whether a program is on the PATH. */
  hasProgram(name: string): boolean;
};

const isAccessible = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** The machine that this process runs on. */
export function thisHost(environment: Environment = process.env): TrustHost {
  const path = environment["PATH"] ?? environment["Path"] ?? "";
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    platform: process.platform,
    homeDirectory: environment["HOME"] || homedir(),
    isRoot: process.getuid?.() === 0,
    exists: (file) => isAccessible(file, constants.F_OK),
    list: (folder) => {
      try {
        return readdirSync(folder);
      } catch {
        return [];
      }
    },
    // Debian keeps update-ca-certificates where only root's PATH looks.
    hasProgram: (name) =>
      [...path.split(delimiter), ...(suffix ? [] : ["/usr/sbin", "/sbin"])].some((folder) =>
        isAccessible(join(folder, name + suffix), constants.X_OK),
      ),
  };
}

/** How a command ended. */
export type CommandResult = {
  /** The exit status. */
  readonly exitCode: number;
  /** What it printed, on both outputs. */
  readonly output: string;
};

/** Runs a command without a shell; a program that can't be started gives exit code 127. */
export type RunCommand = (command: readonly string[]) => Promise<CommandResult>;

/** What a program says that fails is at the start; nobody reads more than this. */
const maxOutput = 4096;

/** Runs a command on this machine; it is asked nothing, and what it says is kept (4 kB). */
export const runCommand: RunCommand = ([program = "", ...args]) =>
  new Promise((resolve) => {
    let output = "";
    const keep = (chunk: Buffer): void => {
      if (output.length < maxOutput) output += chunk.toString();
    };
    // sudo and the macOS keychain ask on the terminal, which is why stdin stays ours.
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] });
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) => resolve({ exitCode: 127, output: error.message }));
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output: output.slice(0, maxOutput) }));
  });
