// From the start of `faultwire serve` and `faultwire proxy` to their ready file, with the CA already there, and what it holds when idle; beside
// the floor, which is Node with an HTTP/2 server that listens, and nothing else.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { median, openReport, scaled } from "./support/report.mjs";

const rounds = scaled(11, 1);
/** How long the process is left alone before its memory is read, in ms. */
const idleMs = scaled(1500, 50);

const contenders = {
  floor: ["./support/bare-server.mjs"],
  serve: ["../../apps/cli/bin/faultwire.js", "serve", "--port", "0", "--ready-file"],
  proxy: ["../../apps/cli/bin/faultwire.js", "proxy", "--port", "0", "--ready-file"],
};

const report = openReport("startup", {
  method: `from spawn to ready file, ${rounds} rounds, each once a round; resident memory ${idleMs} ms later; medians, ratios of the same round`,
});
if (process.platform !== "linux")
  throw new Error("memory and CPU of a process are read from /proc: Linux only");

const home = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
const env = { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };

async function start([file, ...args], readyFile) {
  const before = performance.now();
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args, readyFile], {
    env,
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null) throw new Error(`${file} has ended with ${child.exitCode}`);
    await pause(1);
  }
  const readyMs = performance.now() - before;
  // Fields 14 and 15 of proc(5)'s stat, in ticks of 10 ms; the name in field 2 may hold spaces.
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  const cpuMs = (Number(stat[11]) + Number(stat[12])) * 10;
  await pause(idleMs);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const residentMb = (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024) / 1e6;
  child.kill("SIGTERM");
  await exited;
  // Ours is gone with the process; a peer leaves its own.
  rmSync(readyFile, { force: true });
  return { readyMs, cpuMs, residentMb };
}

const found = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++)
  for (const [name, command] of Object.entries(contenders)) {
    const times = await start(command, join(home, `ready-${name}`));
    // The first round makes the CA, and fills the page cache.
    if (round > 0) found[name].push(times);
  }
rmSync(home, { recursive: true, force: true });

const figures = {
  readyMs: { what: "ready", unit: "ms", wanted: { serve: [{ atMost: 300 }], proxy: [{ atMost: 250 }] } },
  cpuMs: { what: "CPU until then", unit: "ms", wanted: {} },
  residentMb: { what: "resident memory, idle", unit: "MB", wanted: { serve: [{ atMost: 80 }] } },
};
for (const [figure, { what, unit, wanted }] of Object.entries(figures))
  for (const name of Object.keys(contenders)) {
    const values = found[name].map((times) => times[figure]);
    report.row({
      group: what,
      what: name,
      value: median(values),
      unit,
      ratios:
        name === "floor"
          ? {}
          : { floor: median(values.map((value, round) => value / found.floor[round][figure])) },
      wanted: wanted[name] ?? [],
    });
  }
report.close();
