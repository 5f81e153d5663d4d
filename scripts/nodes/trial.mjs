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
 * @returns how long it took until the line was there, and what went wrong, line by line
 */
export async function start(clone, env) {
  const began = performance.now();
  const printed = [];
  const problems = [];
  let curl;
  let readyMs;
  let asked = false;
  const status = await runIn(
    clone,
    env,
    "npm",
    ["start", "--", ...startFlags],
    15 * minutes,
    (line, child) => {
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
    },
  );
  if (!asked) problems.push(`npm start printed no curl line and ended with ${status}:`, ...printed);
  else if (!endedByCtrlC.has(status))
    problems.push(`npm start ended with ${status} after Ctrl-C:`, ...printed);
  return { readyMs, problems };
}

/**
 * `npm test`, or `npm test -- PATTERN …`. Its output goes through, but for the last line, which is counted.
 *
 * @returns how many passed and failed; a run without its last line has failed
 */
export async function test(clone, env, patterns) {
  const args = patterns.length > 0 ? ["test", "--", ...patterns] : ["test"];
  let counts;
  const status = await runIn(clone, env, "npm", args, 60 * minutes, (line) => {
    const last = /^(\d+) passed, (\d+) failed$/.exec(line);
    if (last) counts = { passed: Number(last[1]), failed: Number(last[2]) };
    else console.log(line);
  });
  if (counts && (status === 0) === (counts.failed === 0)) return counts;
  console.log(
    `npm ${args.join(" ")} ended with ${status}, ${counts ? "against its last line" : "without a sum"}`,
  );
  return { passed: counts?.passed ?? 0, failed: (counts?.failed ?? 0) + 1 };
}
