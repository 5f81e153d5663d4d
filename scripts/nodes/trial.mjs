// What a newcomer does with a fresh clone: `npm start`, the curl line that it prints, `npm test`.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

const minutes = 60_000;

/**
 * With this seed, the second of three requests is the one that fails. Ports are free ones, for there may be services
 * at those of the README.
 */
const startFlags = ["--seed", "12", "--port", "0", "--client-port", "0", "--proxy-port", "0"];
const expectedAnswers = ["message", "error", "message"];

/** npm says by the signal, or by what shells make of it, that it was interrupted; its script ends with 0. */
const endedByCtrlC = new Set([0, 130, "SIGINT"]);

const running = new Set();
/** Ends what a trial has started, when the whole is interrupted. */
export function stopAll() {
  for (const child of running) signal(child, "SIGKILL");
}

/** npm and all that it has started are one group. */
function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group has ended already.
  }
}

/** Runs a command in a group of its own; `onLine` gets its lines. Resolves to its status, 0 when it ended well. */
function runIn(clone, env, command, args, limitMs, onLine) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: clone,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const timer = setTimeout(() => {
      onLine(`${command} ${args.join(" ")} took longer than ${limitMs / minutes} minutes`);
      signal(child, "SIGKILL");
    }, limitMs);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => onLine(line, child));
    child.on("error", (error) => onLine(error.message, child));
    child.on("close", (status, by) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(status ?? by);
    });
  });
}

/** What curl printed when its line was pasted: `message`, `error`, or what else there was. */
function answerTo(line, clone, env) {
  const { stdout, stderr } = spawnSync("sh", ["-c", line], {
    cwd: clone,
    env,
    encoding: "utf8",
    timeout: minutes,
  });
  try {
    return JSON.parse(stdout).type;
  } catch {
    return `${stdout}${stderr}`.trim();
  }
}

/**
 * `npm start`, the curl line pasted three times, Ctrl-C.
 *
 * @param command what takes the place of `npm start --`
 * @returns how long it took until the line was there, and what went wrong, line by line
 */
export async function start(clone, env, [command, ...args] = ["npm", "start", "--"]) {
  const began = performance.now();
  const printed = [];
  const problems = [];
  let curl;
  let readyMs;
  let asked = false;
  const status = await runIn(clone, env, command, [...args, ...startFlags], 15 * minutes, (line, child) => {
    printed.push(line);
    if (line.startsWith("curl ")) curl = line;
    else if (curl !== undefined && line === "" && !asked) {
      asked = true;
      readyMs = performance.now() - began;
      const answers = expectedAnswers.map(() => answerTo(curl, clone, env));
      if (answers.join() !== expectedAnswers.join())
        problems.push(`curl: ${answers.join(", ")}; expected ${expectedAnswers.join(", ")}`);
      signal(child, "SIGINT");
    } else if (curl !== undefined && !asked) curl += `\n${line}`;
  });
  if (!asked) problems.push(`start printed no curl line and ended with ${status}:`, ...printed);
  else if (!endedByCtrlC.has(status)) problems.push(`start ended with ${status} after Ctrl-C:`, ...printed);
  return { readyMs, problems };
}

/**
 * `npm test`, or `npm test -- PATTERN …`, of which nothing comes from a cache. Its output goes through, but for the last line, which is counted.
 *
 * @returns how many passed, and what failed, in words; a run without its last line has failed
 */
export async function test(clone, env, patterns) {
  // A gate takes no earlier run's word for it.
  const args = ["test", "--", "--force", ...patterns];
  const told = [];
  let counts;
  const status = await runIn(clone, env, "npm", args, 60 * minutes, (line) => {
    const last = /^(\d+) passed, (\d+) failed$/.exec(line);
    if (last) {
      counts = { passed: Number(last[1]), failed: Number(last[2]) };
      return;
    }
    console.log(line);
    if (line.startsWith("failed: ")) told.push(line.slice("failed: ".length));
  });
  // A program under test may have printed such a line as well: those just above the last one are meant.
  const failed = counts?.failed > 0 ? told.slice(-counts.failed) : [];
  if (!counts || counts.failed !== failed.length || (status === 0) !== (counts.failed === 0)) {
    const sum = counts ? `against its last line, ${counts.failed} failed` : "without a sum";
    failed.push(`npm ${args.join(" ")} ended with ${status}, ${sum}`);
  }
  return { passed: counts?.passed ?? 0, failed };
}

/** Runs a script of a clone with the Node that is running. Its output goes through. @returns its `status` and its `lines` */
export async function runScript(clone, args) {
  const lines = [];
  const status = await runIn(clone, process.env, process.execPath, args, 30 * minutes, (line) => {
    console.log(line);
    lines.push(line);
  });
  return { status, lines };
}
