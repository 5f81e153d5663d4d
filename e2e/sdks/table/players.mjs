// Inside of one `faultwire run`: starts the clients, some at a time. What each says goes to a file of its own.
import { spawn } from "node:child_process";
import { appendFileSync, openSync, readFileSync } from "node:fs";

const { jobs, players, probes } = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function play({ args: [program, ...args], env, out }) {
  const file = openSync(out, "w");
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", file, file] });
  await new Promise((resolve) => child.once("close", resolve).once("error", resolve));
}

async function work() {
  for (let next = players.shift(); next !== undefined; next = players.shift()) await play(next);
}

/** Between two questions that nothing is wrong with. In ms. */
const probeEveryMs = 250;
let isOver = false;
/** How long the same way takes a request of no SDK, all the time: what is slow then is not the SDKs' doing. */
async function probe() {
  while (!isOver) {
    const at = Date.now();
    const began = performance.now();
    const failed = await fetch("http://ollama.test:80/api/version")
      .then((response) => response.text())
      .then(
        () => undefined,
        (error) => `${error.message}: ${error.cause?.message}`,
      );
    const line = { at, ms: Math.round(performance.now() - began), ...(failed && { failed }) };
    appendFileSync(probes, `PROBE ${JSON.stringify(line)}\n`);
    await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
  }
}

const probing = probe();
await Promise.all(Array.from({ length: jobs }, work));
isOver = true;
await probing;
