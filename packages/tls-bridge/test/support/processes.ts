/** The openssl and curl commands, and a proxy of one bridge for each connection, over loopback. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestAuthority } from "@faultwire/testkit/test-authority";
import { onTestFinished } from "vitest";
import {
  type BridgedSockets,
  type BridgeFailure,
  type BridgeSide,
  bridgeSockets,
  type TlsBridge,
  type TlsBridgeHandler,
  type TlsBridgeOptions,
} from "../../src/index.ts";
import { otherSide } from "./bridged.ts";

export const HOST = "origin.test";

/** Listens on a free port of loopback until the test is over. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A folder that is gone behind the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "faultwire-bridge-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A file with that text, gone behind the test. */
export function file(name: string, text: string): string {
  const path = join(folder(), name);
  writeFileSync(path, text);
  return path;
}

/** A command that runs until the test is over, and what it has said. */
export class Running {
  readonly process: ChildProcessWithoutNullStreams;
  readonly closed: Promise<unknown>;
  #output = "";
  #waiters: (() => void)[] = [];

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args);
    this.closed = once(this.process, "close");
    void this.closed.then(() => this.#wake());
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString("latin1");
        this.#wake();
      });
    // The command may be gone while we still write.
    this.process.stdin.on("error", () => {});
    onTestFinished(() => {
      this.process.kill("SIGKILL");
    });
  }

  get output(): string {
    return this.#output;
  }

  type(text: string): void {
    this.process.stdin.write(text);
  }

  /** Resolves when the output holds that; rejects when the command ends without. */
  async says(wanted: string | RegExp): Promise<void> {
    const holds = (): boolean =>
      typeof wanted === "string" ? this.#output.includes(wanted) : wanted.test(this.#output);
    while (!holds()) {
      if (this.process.exitCode !== null) throw new Error(`ended without ${wanted}: ${this.#output}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** Runs curl to its end. */
export function curl(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile("curl", ["--silent", "--show-error", "--max-time", "50", ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

/** `openssl s_client`, which trusts that CA and says {@link HOST}. */
export function opensslClient(port: number, args: readonly string[], ca: string): Running {
  const caFile = file("ca.pem", ca);
  return new Running("openssl", [
    ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", HOST, "-CAfile", caFile],
    ...["-verify_return_error", "-verify", "5", ...args],
  ]);
}

/** `openssl s_server` for {@link HOST}, ready to be connected to. */
export async function opensslServer(
  authority: TestAuthority,
  args: readonly string[],
): Promise<{ server: Running; port: number }> {
  const identity = authority.issue(HOST);
  const [cert, key] = [file("cert.pem", identity.cert), file("key.pem", identity.key)];
  // Chosen by OpenSSL, and told in its first line.
  const server = new Running("openssl", [
    "s_server",
    "-accept",
    "127.0.0.1:0",
    "-cert",
    cert,
    "-key",
    key,
    ...args,
  ]);
  await server.says(/ACCEPT \S+:(\d+)/);
  const port = Number(/ACCEPT \S+:(\d+)/.exec(server.output)?.[1]);
  return { server, port };
}

export interface TestProxy {
  readonly port: number;
  /** The connections to the upstream, in the order in which they were opened. */
  readonly upstreams: Socket[];
  /** The connections from clients, likewise. */
  readonly accepted: Socket[];
  readonly bridges: BridgedSockets[];
  readonly failures: BridgeFailure[];
  /** Who has ended without a word. */
  readonly truncated: BridgeSide[];
}

/** Accepts connections and bridges each to that port. */
export async function proxyTo(
  upstreamPort: number,
  authority: TestAuthority,
  options: Partial<Omit<TlsBridgeOptions, "handler">> & {
    readonly handler?: Partial<TlsBridgeHandler>;
    /** Opens the upstream in another way. */
    readonly openUpstream?: () => Socket;
    /** Hands sockets over that are paused. */
    readonly pauseOnConnect?: boolean;
  } = {},
): Promise<TestProxy> {
  const bridges: BridgedSockets[] = [];
  const upstreams: Socket[] = [];
  const accepted: Socket[] = [];
  const failures: BridgeFailure[] = [];
  const truncated: BridgeSide[] = [];
  const { handler, pauseOnConnect = false, openUpstream: open, ...bridgeOptions } = options;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect }, (socket) => {
    accepted.push(socket);
    const openUpstream = (): Socket => {
      const upstream = open?.() ?? connect({ host: "127.0.0.1", port: upstreamPort, allowHalfOpen: true });
      upstreams.push(upstream);
      return upstream;
    };
    bridges.push(
      bridgeSockets(socket, openUpstream, {
        identityFor: async ({ serverName, keyType }) => authority.issue(serverName, keyType),
        upstream: { caPem: [authority.caPem] },
        ...bridgeOptions,
        handlerFor: (bridge: TlsBridge): TlsBridgeHandler => ({
          established() {},
          data: (from, plaintext) => bridge.write(otherSide(from), plaintext),
          closeNotify: (from) => bridge.closeNotify(otherSide(from)),
          truncated: (from) => void truncated.push(from),
          alert() {},
          failed: (failure) => void failures.push(failure),
          ...handler,
        }),
      }),
    );
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const bridged of bridges) bridged.destroy();
  });
  return { port, upstreams, accepted, bridges, failures, truncated };
}
