// Inside of one `faultwire run`: starts the clients, some at a time. What each says goes to a file of its own.
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";

const { jobs, players } = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function play({ args: [program, ...args], env, out }) {
  const file = openSync(out, "w");
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", file, file] });
  await new Promise((resolve) => child.once("close", resolve).once("error", resolve));
}

async function work() {
  for (let next = players.shift(); next !== undefined; next = players.shift()) await play(next);
}
await Promise.all(Array.from({ length: jobs }, work));
