// What the steps of a release share: refusing with one line, and running the programs of others.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Why there is no release: what was found, and what to do. One line. */
export class Refused extends Error {
  /** @param details what a program printed, for those who want to know more */
  constructor(step, message, details = "") {
    super(message);
    this.step = step;
    this.details = details;
  }
}

/** The last lines of what a program printed, where it says what went wrong. */
export const tailOf = (text, lines = 40) => text.trimEnd().split("\n").slice(-lines).join("\n");

/**
 * Runs a program to its end.
 *
 * @returns its `status` (null where it was ended for taking longer than `limitMs`), and all that it printed as `output`,
 *   what it printed on standard output alone as `stdout`
 */
export function run(command, args, { cwd, env = process.env, limitMs = 300_000 }) {
  return new Promise((resolve) => {
    let output = "";
    let stdout = "";
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const timer = setTimeout(() => {
      output += `\n${command} took longer than ${limitMs / 1000} s`;
      // It may have started others: they are one group.
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {}
    }, limitMs);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", (error) => (output += error.message));
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({ status, output, stdout });
    });
  });
}

/** Writes files into a folder, by their paths; objects as JSON. */
export function writeFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`);
  }
}

/** Calls `work` for each of `items`, a few at a time. */
export async function eachOf(items, atOnce, work) {
  const left = [...items];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
