// Programs that are not Node: how they are found, started and ended, and what the system counts for them.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** CPU that a process has used so far, in ms: user and system, its threads' included. Linux. */
export function cpuMsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * (1000 / ticksPerSecond());
}

let ticks;
function ticksPerSecond() {
  ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticks;
}

const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program on the PATH; undefined where there is none. */
export function programOnPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Starts a program whose output is kept, and which goes when this process does. */
export function startProgram(binary, args, options = {}) {
  const child = spawn(binary, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  const program = { child, pid: child.pid, output: "", isAlive: true };
  const keep = (data) => {
    // What it said last is enough to tell why it ended.
    program.output = `${program.output}${data}`.slice(-64 * 1024);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  running.add(child);
  child.on("exit", () => {
    program.isAlive = false;
    running.delete(child);
  });
  program.cpuMs = () => cpuMsOf(child.pid);
  program.stop = () => child.kill("SIGKILL");
  return program;
}
