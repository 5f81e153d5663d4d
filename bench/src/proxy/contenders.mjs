// Everybody who is compared, each in a process of its own, in front of one origin.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { attach, startChild } from "../support/child.mjs";
import { findMitmproxy, spawnMitmproxy } from "./mitmproxy.mjs";
import { cpuUsOf } from "./process-cpu.mjs";

const here = (file) => new URL(file, import.meta.url);
const patienceMs = 30_000;

/** What `faultwire proxy` runs with: rules that are asked about every request, and hit those for /limited. */
const rules = `version: 1
targets: [localhost]
rules:
  - name: limited
    match: { path: /limited }
    fault: { http: { preset: anthropic/rate_limit_error, retryAfter: 2s } }
`;

async function readyFile(path, child) {
  for (let waitedMs = 0; !existsSync(path); waitedMs += 10) {
    if (child.exitCode !== null)
      throw new Error(`${child.spawnargs.join(" ")} has ended (${child.exitCode})`);
    if (waitedMs > patienceMs) throw new Error(`${child.spawnargs.join(" ")} is not ready in time`);
    await pause(10);
  }
  return JSON.parse(readFileSync(path, "utf8"));
}

async function stopped(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** The arguments of `faultwire proxy` on a free port, with a home of its own in `folder`. */
export function faultwireProxy(folder, originCaFile, checkout = fileURLToPath(here("../../..")), more = []) {
  const config = join(folder, "faults.yaml");
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, rules);
  const file = join(checkout, "apps/cli/bin/faultwire.js");
  // No contender writes a line for each request. A checkout that is compared with may be older than the flag.
  const isTalkative = execFileSync(process.execPath, [file, "proxy", "--help"]).includes("--quiet");
  const quiet = isTalkative ? ["--quiet"] : [];
  return {
    file,
    args: ["proxy", "--port", "0", ...quiet, "--config", config, "--upstream-ca", originCaFile, ...more],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  };
}

async function startFaultwire(name, folder, originCaFile, checkout, more) {
  const { file, args, env } = faultwireProxy(folder, originCaFile, checkout, more);
  const path = join(folder, "ready.json");
  const child = fork(file, [...args, "--ready-file", path], {
    env,
    // What it says for people costs it what it costs a user, and is not wanted here.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: ["--expose-gc", "--import", here("./answering.mjs").href, ...profiling()],
  });
  const { memory, stop } = await attach(child, name);
  const { proxy, caCert } = await readyFile(path, child);
  return {
    name,
    pid: child.pid,
    port: Number(new URL(proxy).port),
    ca: readFileSync(caCert, "utf8"),
    memory,
    stop,
  };
}

/** FAULTWIRE_BENCH_PROFILE=DIR has Node write a profile of each `faultwire proxy` there when it ends. */
function profiling() {
  const folder = process.env.FAULTWIRE_BENCH_PROFILE;
  return folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
}

async function startPeer(name, file, ...args) {
  const child = await startChild(here(file), ...args);
  const { pid, ready, memory, stop } = child;
  return { name, pid, ...ready, memory, stop };
}

async function startMitmproxy(found, folder, originCaFile, isHttp2) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "ready.json");
  const child = spawnMitmproxy(found, { folder, originCaFile, readyFile: path, isHttp2 });
  // The others see that we are gone; this one would stay.
  process.once("exit", () => child.kill());
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  const { port } = await readyFile(path, child);
  const ca = readFileSync(join(folder, "mitmproxy-ca-cert.pem"), "utf8");
  return { name: "mitmproxy", pid: child.pid, port, ca, stop: () => stopped(child) };
}

/**
 * Starts the origin and all contenders; `close()` ends them.
 *
 * @param without - names of those that are left out
 * @param against - another checkout, built, whose `faultwire proxy` is compared, too
 * @param isHttp2 - whether they speak HTTP/2; `http1` is then ours by HTTP/1.1
 */
export async function openContenders({ without, against, isHttp2 = false }) {
  const scratch = mkdtempSync(join(tmpdir(), "faultwire-bench-"));
  const mitmproxy = without.includes("mitmproxy") ? undefined : findMitmproxy();
  const version = isHttp2 ? ["http2"] : [];
  const origin = await startChild(here("./origin.mjs"), ...version);
  const caFile = join(scratch, "origin-ca.pem");
  writeFileSync(caFile, origin.ready.ca);
  const flags = isHttp2 ? ["--http2", "on"] : [];
  const starts = {
    relay: async () => ({ ...(await startPeer("relay", "./relay.mjs")), ca: origin.ready.ca }),
    interceptor: () =>
      startPeer("interceptor", isHttp2 ? "./http2-interceptor.mjs" : "./interceptor.mjs", caFile),
    mockttp: () => startPeer("mockttp", "./mockttp.mjs", caFile, ...version),
    ...(mitmproxy && {
      mitmproxy: () => startMitmproxy(mitmproxy, join(scratch, "mitmproxy"), caFile, isHttp2),
    }),
    ...(against && {
      against: () => startFaultwire("against", join(scratch, "against"), caFile, resolve(against), flags),
    }),
    ...(isHttp2 && {
      http1: () => startFaultwire("http1", join(scratch, "http1"), caFile, undefined, ["--http2", "off"]),
    }),
    faultwire: () => startFaultwire("faultwire", join(scratch, "faultwire"), caFile, undefined, flags),
  };
  const originPort = origin.ready.port;
  const contenders = [{ name: "direct", originPort, ca: origin.ready.ca }];
  const close = async () => {
    await Promise.all(contenders.map(({ stop }) => stop?.()));
    origin.stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    for (const [name, start] of Object.entries(starts)) {
      if (without.includes(name)) continue;
      const contender = await start();
      contenders.push({ ...contender, originPort, cpuUs: () => cpuUsOf(contender.pid) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { contenders, scratch, caFile, mitmproxyVersion: mitmproxy?.version, close };
}
