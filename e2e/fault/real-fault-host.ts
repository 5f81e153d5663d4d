/** The real Fault proxy as a host under test: one process per case, on free ports of 127.0.0.1. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type {
  HostImplementation,
  HostSetup,
  HostUnderTest,
} from "../../packages/fault-host/test/suite/index.ts";

const VERSION = "0.20.24";
const STARTS_WITHIN_MS = 20_000;

/**
 * The binary: `FAULT_BIN`, or `fault` on the PATH.
 *
 * @throws Error when there is none; a run that can't test anything must not look like a pass.
 */
export function faultBinary(): string {
  const named = process.env["FAULT_BIN"];
  const found = named
    ? [named]
    : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "fault"));
  const binary = found.find((path) => existsSync(path));
  if (!binary)
    throw new Error(
      `no fault binary ${named ? `at FAULT_BIN=${named}` : "on PATH"}; set FAULT_BIN to one of version ${VERSION} (1.x loads no plugins)`,
    );
  return binary;
}

/** Ports that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

async function start(setup: HostSetup): Promise<HostUnderTest> {
  const binary = faultBinary();
  const tcp = setup.tcpMappings ?? [];
  const http = setup.httpMappings ?? [];
  const [proxyPort = 0, ...rest] = await freePorts(1 + tcp.length + http.length);
  const tcpPorts = rest.slice(0, tcp.length);
  const httpPorts = rest.slice(tcp.length);
  const home = mkdtempSync(join(tmpdir(), "faultwire-fault-"));
  const args = [
    "--log-stdout",
    "--log-level",
    "debug",
    "run",
    "--no-ui",
    "--proxy-address",
    `127.0.0.1:${proxyPort}`,
    ...setup.plugins.flatMap((url) => ["--grpc-plugin", url]),
    ...(setup.upstreams ?? ["*"]).flatMap((upstream) => ["--upstream", upstream]),
    ...tcp.flatMap((remote, at) => ["--proxy", `127.0.0.1:${tcpPorts[at]}=${remote}`]),
    ...http.flatMap((remote, at) => ["--proxy", `http://127.0.0.1:${httpPorts[at]}=${remote}`]),
  ];
  // A clean environment: its HTTP client would follow HTTP_PROXY, and FAULT_* variables are flags.
  const child: ChildProcess = spawn(binary, args, {
    env: { PATH: process.env["PATH"], HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  // The injectors are put in place after the ports are bound, and a connection to a mapping would reach the
  // case's origin: so its log says when it is ready.
  const settled = (): boolean =>
    output.includes("Applying proxy fault injectors") &&
    tcpPorts.every((port) =>
      output.includes(`Listening for incoming TCP traffic on address 127.0.0.1:${port}`),
    );
  child.stdout?.on("data", (data: Buffer) => {
    if (!settled()) output += data.toString();
  });
  child.stderr?.on("data", (data: Buffer) => {
    output += data.toString();
  });
  let alive = true;
  const exited = new Promise<void>((resolve) =>
    child.on("exit", () => {
      alive = false;
      resolve();
    }),
  );
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (const port of [proxyPort, ...httpPorts])
    while (!(await accepts(port))) {
      if (!alive || performance.now() > deadline) throw new Error(`fault did not start:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  while (!settled()) {
    if (!alive || performance.now() > deadline) throw new Error(`fault did not settle:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    proxyPort,
    tcpPorts,
    httpPorts,
    isAlive: () => alive,
    async close() {
      child.kill("SIGKILL");
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/**
 * The binary, with the health check interval that is built into it.
 *
 * @throws Error when it is missing or not of the version that the contract was read from
 */
export function realFaultHost(): HostImplementation {
  // Only whether the cases can be loaded is asked (list.mjs); none of them runs.
  if (process.env["FAULTWIRE_LIST"] === "1") return { name: VERSION, healthCheckIntervalMs: 10_000, start };
  const version = execFileSync(faultBinary(), ["--version"], { encoding: "utf8" }).trim();
  if (!version.endsWith(VERSION))
    throw new Error(`${faultBinary()} is ${version}; the contract is that of ${VERSION}`);
  return { name: version, healthCheckIntervalMs: 10_000, start };
}
