// Programs that a command of tests against other programs runs to their end.
import { spawn, spawnSync } from "node:child_process";

/**
 * Makes `stop`, `run` and `ran` of a command. `stop(line)` ends it with one line and status 2: what the line says is missing has to
 * be installed, or what went wrong to be mended. `run` waits for a program that has to succeed, and gives what it printed. `ran`
 * lets this process go on meanwhile, which may be the program's server, and resolves to `{ status, out, err }`.
 */
export function programsOf(command) {
  const stop = (line) => {
    console.error(`${command}: ${line}`);
    process.exit(2);
  };
  const run = (program, args, options = {}) => {
    const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
    if (result.error || result.status !== 0) {
      const words = result.error?.message ?? `${result.stdout}${result.stderr}`.slice(-800);
      stop(`${program} ${args.join(" ")}: ${words}`);
    }
    return result.stdout.trim();
  };
  const ran = (program, args, env) =>
    new Promise((resolve) => {
      const child = spawn(program, args, {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [out, err] = ["", ""];
      child.stdout.on("data", (chunk) => (out += chunk));
      child.stderr.on("data", (chunk) => (err += chunk));
      child.once("error", ({ message }) => stop(`${program}: ${message}`));
      child.once("close", (status) => resolve({ status, out, err }));
    });
  return { stop, run, ran };
}
