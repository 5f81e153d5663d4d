// Runs tlsfuzzer's scripts against the bridge's client side, TLS 1.2 and 1.3, and holds each against what is expected of it
// (expected.json). Ends with 1 where a script has another result, with 2 where Python or tlsfuzzer is not there, or a flag is none.
//
// npm run interop:tlsfuzzer                   every script of expected.json
// npm run interop:tlsfuzzer -- NAME …         those whose name has one of the words in it
// npm run interop:tlsfuzzer -- --write        writes results into expected.json: reasons stay, new ones are empty
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readFlags, refuse } from "../../scripts/read-flags.mjs";
import { startServer } from "./server.mjs";

const command = "interop:tlsfuzzer";
const { flags, words } = readFlags(
  command,
  { write: { type: "boolean", default: false }, list: { type: "boolean", default: false } },
  { words: true },
);
const here = import.meta.dirname;
const expectedFile = join(here, "expected.json");
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const scripts = expected.scripts.filter(
  ({ script }) => words.length === 0 || words.some((word) => script.includes(word)),
);
/** A script may have hundreds of connections, each of which waits as long as script.py says; one that hangs is a result, too. In ms. */
const patienceMs = 900_000;

const stop = (line) => refuse(command, line);

if (scripts.length === 0) stop(`no script matches ${words.join(", ")}`);
if (flags.list) {
  console.log(`${scripts.length} scripts`);
  process.exit(0);
}

/** A checkout of tlsfuzzer, which no registry has. */
function checkoutOf() {
  const folder = resolve(process.env.TLSFUZZER ?? join(here, "../.run/tlsfuzzer"));
  if (!existsSync(join(folder, "scripts/test-tls13-conversation.py")))
    stop(
      `no tlsfuzzer in ${folder}. Get it: git clone ${expected.repository} ${folder} && git -C ${folder} checkout ${expected.commit}; or name a checkout by TLSFUZZER=/path/to/tlsfuzzer`,
    );
  return folder;
}

/** A Python of its own with what tlsfuzzer needs. */
function pythonOf() {
  const found = spawnSync("python3", ["--version"], { encoding: "utf8" });
  if (found.status !== 0) stop("no python3 on the PATH; tlsfuzzer needs Python 3.8 or newer");
  const folder = join(here, "../.run/tlsfuzzer-python");
  const python = join(folder, "bin/python");
  const stamp = join(folder, "requirements");
  const wanted = expected.requirements.join(" ");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    mkdirSync(folder, { recursive: true });
    for (const [command, ...args] of [
      ["python3", "-m", "venv", folder],
      [python, "-m", "pip", "install", "--quiet", ...expected.requirements],
    ]) {
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
      if (status !== 0) stop(`${command} ${args.join(" ")} has failed:\n${stdout}${stderr}`);
    }
    writeFileSync(stamp, wanted);
  }
  return python;
}

/**
 * Runs one script.
 *
 * @returns `result`: "pass", "fail", "hangs", or "breaks off" where it has no table at its end; `failed`: the conversations
 *   that did not go as the script expects
 */
function run(python, checkout, port, { script, args = [] }) {
  return new Promise((done) => {
    const child = spawn(
      python,
      [
        join(here, "script.py"),
        join(checkout, "scripts", script),
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        ...args,
      ],
      {
        cwd: checkout,
        env: { ...process.env, PYTHONPATH: checkout, PYTHONHASHSEED: "0" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, patienceMs);
    child.on("close", (status) => {
      clearTimeout(timer);
      const total = Number(/^TOTAL: (\d+)/m.exec(output)?.[1] ?? Number.NaN);
      const passed = Number(/^PASS: (\d+)/m.exec(output)?.[1] ?? Number.NaN);
      const names = /^FAILED:\n((?:\t.*\n?)*)/m.exec(output)?.[1] ?? "";
      const failed = names.split("\n").flatMap((line) => /^\tu?['"](.*)['"]$/.exec(line)?.[1] ?? []);
      let result = status === 0 ? "pass" : "fail";
      if (isLate) result = "hangs";
      else if (Number.isNaN(total)) result = "breaks off";
      done({ result, passed, total, failed, output });
    });
  });
}

const checkout = checkoutOf();
const python = pythonOf();
const server = await startServer();
const changed = [];
let conversations = 0;
let passes = 0;
console.log("script".padEnd(58), "conversations".padStart(14), " result");
/** Runs one script and tells of it. */
async function tell(entry) {
  const { result, passed, total, failed, output } = await run(python, checkout, server.port, entry);
  conversations += total || 0;
  if (result === "pass") passes++;
  const counted = total ? `${passed}/${total}` : "";
  const others = [...new Set([...failed, ...(entry.failed ?? [])])].filter(
    (name) => failed.includes(name) !== (entry.failed ?? []).includes(name),
  );
  const isExpected = entry.result === result && others.length === 0;
  console.log(
    entry.script.padEnd(58),
    counted.padStart(14),
    ` ${result}${result === "pass" ? "" : `: ${entry.reason ?? ""}`}${isExpected ? "" : `   EXPECTED: ${entry.result}, and another result of ${others.join(", ") || "none"}`}`,
  );
  if (flags.write) {
    entry.result = result;
    entry.conversations = total;
    delete entry.failed;
    if (result === "pass") delete entry.reason;
    else Object.assign(entry, { failed, reason: entry.reason ?? "" });
  } else if (!isExpected) {
    changed.push(entry.script);
    console.log(output.split("\n").slice(-60).join("\n"));
  }
  if (process.env.FAULTWIRE_TLSFUZZER_LOGS) {
    mkdirSync(process.env.FAULTWIRE_TLSFUZZER_LOGS, { recursive: true });
    writeFileSync(join(process.env.FAULTWIRE_TLSFUZZER_LOGS, `${entry.script}.log`), output);
  }
}

/** Most of a script's time is waiting for what is not to come. */
const atOnce = 5;
const left = [...scripts];
const lane = async () => {
  for (let next = left.shift(); next; next = left.shift()) await tell(next);
};
await Promise.all(Array.from({ length: atOnce }, lane));
const { bugs, closed } = await server.stop();
if (flags.write) writeFileSync(expectedFile, `${JSON.stringify(expected, null, 2)}\n`);
console.log(
  `${passes} of ${scripts.length} scripts pass, ${conversations} conversations; ${closed} connections stayed closed, so that the upstream answered`,
);
for (const line of bugs) console.error(`an error of the proxy's own: ${line}`);
for (const name of changed) console.error(`${name} has another result than expected.json has`);
process.exit(changed.length > 0 || bugs.length > 0 ? 1 : 0);
