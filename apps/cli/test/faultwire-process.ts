/** Runs the built `faultwire` as a user does, with a home of its own, and stops it again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { soon } from "@faultwire/testkit/soon";
import type { ReadyInfo } from "../src/ready-file.ts";

/** The built command. */
export const bin: string = join(import.meta.dirname, "../bin/faultwire.js");

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningFaultwire {
  readonly ready: ReadyInfo;
  /** Its FAULTWIRE_HOME; gone after `stop`. */
  readonly home: string;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its end, whatever brings it about. */
  readonly finished: Promise<Finished>;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

function launch(
  args: readonly string[],
  home: string,
): { child: ChildProcess; out: () => string; err: () => string } {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, npm_command: undefined, FAULTWIRE_HOME: home, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr?.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  return { child, out: () => stdout, err: () => stderr };
}

const freshHome = (): string => mkdtempSync(join(tmpdir(), "faultwire-home-"));

/** Starts a command; its home goes with it. */
export function launchFaultwire(...args: readonly string[]): {
  child: ChildProcess;
  closed: Promise<unknown>;
} {
  const home = freshHome();
  const { child } = launch(args, home);
  return { child, closed: once(child, "close").then(() => rmSync(home, { recursive: true, force: true })) };
}

/** Runs a command that ends by itself. */
export async function runFaultwire(args: readonly string[], home: string = freshHome()): Promise<Finished> {
  const { child, out, err } = launch(args, home);
  const [status] = (await soon(once(child, "close"), "the event close of child", 45_000)) as [number | null];
  rmSync(home, { recursive: true, force: true });
  return { status, stdout: out(), stderr: err() };
}

/** A `run` that goes on. */
export interface LaunchedRun {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its end; its home is gone then. */
  readonly finished: Promise<Finished>;
}

/** Starts `run` and does not wait for its end. */
export function launchRun(...args: readonly string[]): LaunchedRun {
  const home = freshHome();
  const { child, out, err } = launch(["run", ...args], home);
  const finished = once(child, "close").then(([status]: unknown[]) => {
    rmSync(home, { recursive: true, force: true });
    return { status: status as number | null, stdout: out(), stderr: err() };
  });
  return { child, stdout: out, stderr: err, finished };
}

/** Starts `serve`, `start`, `proxy` or `host` on free ports and waits until everything listens. */
export async function startFaultwire(
  command: "serve" | "start" | "proxy" | "host",
  ...flags: readonly string[]
): Promise<RunningFaultwire> {
  const home = freshHome();
  const named = flags.indexOf("--ready-file");
  const readyFile = named < 0 ? join(home, "ready.json") : (flags[named + 1] ?? "");
  const ports = [
    ...(command === "start" ? ["--proxy-port", "0"] : []),
    ...(flags.includes("--no-plugin") ? [] : ["--port", "0"]),
  ];
  const { child, out, err } = launch([command, ...ports, "--ready-file", readyFile, ...flags], home);
  const closed = once(child, "close") as Promise<[number | null]>;
  let ended = false;
  closed.then(
    () => {
      ended = true;
    },
    () => {},
  );
  const isReady = (): boolean =>
    existsSync(readyFile) && (JSON.parse(readFileSync(readyFile, "utf8")) as ReadyInfo).pid === child.pid;
  // The banner comes after the file.
  while (!(isReady() && out().includes("Ctrl-C ends it."))) {
    if (ended) throw new Error(`faultwire ${command} ended before it was ready: ${err()}`);
    await pause(10);
  }
  const finished = closed.then(([status]) => {
    rmSync(home, { recursive: true, force: true });
    return { status, stdout: out(), stderr: err() };
  });
  return {
    home,
    ready: JSON.parse(readFileSync(readyFile, "utf8")) as ReadyInfo,
    pid: child.pid ?? 0,
    stdout: out,
    stderr: err,
    finished,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return finished;
    },
  };
}
