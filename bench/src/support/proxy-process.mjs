// `faultwire proxy`, or the plugin with the reference host in front of it, in processes of their own, with a sampler in them
// and upstreams behind: what soaks are done to.
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startChild } from "./child.mjs";
import { isQuick, scaled } from "./report.mjs";
import { controlHost, downHost, faultyHost, targets } from "./soak-rules.mjs";

/**
 * How long a process may take to let go of everything when its clients have gone, in ms: an upstream gives up a TLS handshake
 * after 120 s, and a client that went away in one leaves the host waiting for that. A quick run does not wait for the host.
 */
const settleMs = scaled(150_000, 30_000);

/** How long a process may take to end, in ms: the plugin gives what is under way some 45 s (`drainLimits`). */
const stopMs = 90_000;

/** How long a process may take to answer a question, in ms: a snapshot takes seconds. */
const answerMs = 120_000;

/** Log events that say that something of ours was wrong. */
const ownEvents = ["bug", "policy-bug", "accept-failed", "crashed"];

/**
 * Starts the command and what stands behind it.
 *
 * @param rules - The text of the rule file.
 * @param way - `proxy`: `faultwire proxy`. `plugin`: `faultwire serve`, which is sampled, behind `faultwire host`.
 * @returns `port`, `ca` (PEM), `setRules(text)`, `sample()`, `settled(before)` a sample once no more sockets are open than
 * then, `snapshot(file)`, `openSockets()` a line for each, `counts` of lines in the log by event, `ownErrors` lines that say that an error was the proxy's,
 * `exited` a promise of its status, `hasExited()`, `stop()` which gives that status
 */
export async function startProxyProcess(rules, way = "proxy") {
  const home = mkdtempSync(join(tmpdir(), "faultwire-soak-"));
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
  const file = (name) => join(home, name);
  const upstream = await startChild(new URL("./soak-upstream.mjs", import.meta.url), ...targets);
  const { ca, secure, clear, closed, echo } = upstream.ready;
  writeFileSync(file("upstream.pem"), ca);
  writeFileSync(file("faults.yaml"), rules);
  const lead = (name, port, to) => ["--resolve", `${name}:${port}:127.0.0.1:${to}`];
  const leads = [
    ...[faultyHost, controlHost].flatMap((name) => [...lead(name, 443, secure), ...lead(name, 80, clear)]),
    ...[443, 80].flatMap((port) => lead(downHost, port, closed)),
    ...lead("echo.test", 7, echo),
    ...lead("closed.test", 443, closed),
  ];
  const ofRules = ["--config", file("faults.yaml"), "--upstream-ca", file("upstream.pem")];
  const log = { counts: {}, ownErrors: [] };
  const begin = (name, ...args) =>
    startCommand({ home, ready: file(`${name}.json`), args: [name, ...args], log });
  let main;
  let host;
  if (way === "proxy") main = await begin("proxy", "--port", "0", ...ofRules, ...leads);
  else {
    main = await begin("serve", "--port", "0", "--client-port", "0", ...ofRules);
    host = await begin(
      "host",
      "--port",
      "0",
      ...main.ready.plugins.flatMap((url) => ["--plugin", url]),
      ...leads,
    );
  }
  /** What the process is like; `tunnels`: sockets of clients and upstreams, where another process has them. */
  const sample = async () => {
    const [mine, its] = await Promise.all([main.ask("sample"), host?.ask("sample")]);
    return {
      ...mine,
      tunnels: Math.round((its ?? mine).sockets / 2),
      hostSockets: its?.sockets ?? 0,
      hostRss: its?.rss ?? 0,
    };
  };
  const open = ({ sockets, hostSockets }) => (isQuick ? sockets : sockets + hostSockets);
  return {
    port: Number(new URL((host ?? main).ready.proxy).port),
    ca: readFileSync(main.ready.caCert),
    ...log,
    exited: main.exited,
    hasExited: main.hasExited,
    sample,
    setRules: (text) => writeFileSync(file("faults.yaml"), text),
    snapshot: (path) => main.ask("snapshot", path),
    /** A line for each socket of both processes. */
    openSockets: async () => [...(await main.ask("open")), ...((await host?.ask("open")) ?? [])],
    async settled(before) {
      const leftAt = performance.now() + settleMs;
      let after = await sample();
      while (open(after) > open(before) && performance.now() < leftAt) {
        await pause(250);
        after = await sample();
      }
      return after;
    },
    async stop() {
      await host?.stop();
      const how = await main.stop();
      upstream.stop();
      return how;
    },
  };
}

/** A command of ours with a sampler in it, once it is ready. */
async function startCommand({ home, ready, args, log: { counts, ownErrors } }) {
  const child = fork(
    fileURLToPath(new URL("../../../apps/cli/bin/faultwire.js", import.meta.url)),
    [...args, "--ready-file", ready, "--log-format", "json"],
    {
      execArgv: ["--expose-gc", "--import", new URL("./proxy-sampler.mjs", import.meta.url).href],
      env: { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      const { event, message } = line.startsWith("{") ? JSON.parse(line) : {};
      if (event !== undefined) counts[event] = (counts[event] ?? 0) + 1;
      if (ownEvents.includes(event)) ownErrors.push(message ?? line);
      else if (event === undefined && /^\s+at |Error/.test(line)) ownErrors.push(line);
    });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  while (!existsSync(ready)) {
    if (hasExited)
      throw new Error(`faultwire ${args[0]} has ended before it was ready:\n${ownErrors.join("\n")}`);
    await pause(20);
  }
  const waiting = new Map();
  child.on("message", ({ id, value }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  let questions = 0;
  return {
    ready: JSON.parse(readFileSync(ready, "utf8")),
    exited,
    hasExited: () => hasExited,
    ask(question, ...facts) {
      const id = questions++;
      const answered = new Promise((resolve) => waiting.set(id, resolve));
      child.send({ id, question, facts });
      return Promise.race([
        answered,
        exited.then((how) => Promise.reject(new Error(`faultwire ${args[0]} has ended: ${how}`))),
        // A process that turns in circles answers nothing, and does not end.
        pause(answerMs, undefined, { ref: false }).then(() =>
          Promise.reject(new Error(`faultwire ${args[0]} has not answered for ${answerMs / 1000} s`)),
        ),
      ]);
    },
    async stop() {
      child.kill("SIGTERM");
      const late = `not ended ${stopMs / 1000} s after SIGTERM`;
      const how = await Promise.race([exited, pause(stopMs, late, { ref: false })]);
      if (how === late) child.kill("SIGKILL");
      return how;
    },
  };
}
