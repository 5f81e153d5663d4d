// The Fault proxy itself, a process of its own on a free port of 127.0.0.1.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { programOnPath, startProgram } from "./processes.mjs";

const version = "0.20.24";
const startsWithinMs = 20_000;

/** The binary: `FAULT_BIN`, or `fault` on the PATH. Throws where there is none, or one that loads no plugins. */
export function faultBinary() {
  const named = process.env.FAULT_BIN;
  const binary = named ?? programOnPath("fault");
  if (!binary || !existsSync(binary))
    throw new Error(
      `no fault binary ${named ? `at FAULT_BIN=${named}` : "on PATH"}; set FAULT_BIN to one of version ${version}, or leave it out with --without fault`,
    );
  const found = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  if (!found.endsWith(version)) throw new Error(`${binary} is ${found}; expected ${version}`);
  return binary;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Starts the host with plugins for everything. `folder` is where it keeps what it keeps. */
export async function startRealHost(plugins, folder) {
  const port = await freePort();
  const args = [
    "run",
    "--no-ui",
    "--proxy-address",
    `127.0.0.1:${port}`,
    ...plugins.flatMap((url) => ["--grpc-plugin", url]),
    "--upstream",
    "*",
  ];
  // A clean environment: FAULT_* variables are flags of its.
  const host = startProgram(faultBinary(), args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  for (const deadline = performance.now() + startsWithinMs; !(await accepts(port)); await pause(20))
    if (!host.isAlive || performance.now() > deadline)
      throw new Error(`fault did not start:\n${host.output}`);
  return { ...host, ready: { port } };
}
