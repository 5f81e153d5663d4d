// Runs where there is no network but this machine's own: `faultwire proxy` with a rule that answers, a client by HTTPS, and one
// that needs the upstream all the same. Prints what came of it as JSON. Started by offline.test.ts in a network namespace.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const home = mkdtempSync(join(tmpdir(), "faultwire-offline-"));
const readyFile = join(home, "ready.json");
const config = join(home, "faults.yaml");
const bin = fileURLToPath(new URL("../../apps/cli/bin/faultwire.js", import.meta.url));
writeFileSync(
  config,
  "version: 1\nrules: [{ name: throttled, match: { path: /v1/messages }, fault: { http: { preset: anthropic/rate_limit_error } } }]\n",
);
const child = spawn(
  process.execPath,
  [bin, "proxy", "--port", "0", "--config", config, "--ready-file", readyFile, "--log-format", "json"],
  { env: { PATH: process.env.PATH, FAULTWIRE_HOME: home }, stdio: ["ignore", "ignore", "pipe"] },
);
let log = "";
child.stderr.setEncoding("utf8").on("data", (text) => {
  log += text;
});
const exited = once(child, "exit");
while (!existsSync(readyFile)) {
  if (child.exitCode !== null) throw new Error(log);
  await pause(20);
}
const { proxy, caCert } = JSON.parse(readFileSync(readyFile, "utf8"));

/** curl through the proxy: its exit status, the response's status, and the body. */
function curl(...args) {
  const all = [
    "-q",
    "-sS",
    "--noproxy",
    "",
    "--proxy",
    proxy,
    "--cacert",
    caCert,
    "-w",
    "\n%{http_code}",
    ...args,
  ];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => {
      const at = stdout.lastIndexOf("\n");
      resolve({ exit: error?.code ?? 0, status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) });
    });
  });
}

const result = {
  /** Lines of the routing table: its heading, and what there is. */
  routes: readFileSync("/proc/net/route", "utf8").trim().split("\n").length - 1,
  failed: await curl("https://api.anthropic.com/v1/messages", "--json", "{}"),
  inClear: await curl("http://api.anthropic.com/v1/messages", "--json", "{}"),
  byBaseUrl: await curl("--noproxy", "*", `${proxy}/anthropic/v1/messages`, "--json", "{}"),
  needed: await curl("https://api.anthropic.com/v1/models"),
  stranger: await curl("https://stranger.invalid/"),
};
child.kill("SIGTERM");
const [status] = await exited;
rmSync(home, { recursive: true, force: true });
console.log(JSON.stringify({ ...result, exit: status, log: log.split("\n").filter((line) => line !== "") }));
