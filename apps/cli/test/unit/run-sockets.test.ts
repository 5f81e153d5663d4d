/** Sockets of other processes: reading the kernel's tables, and finding whose they are. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { endianness } from "node:os";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseSockets } from "../../src/run/socket-table.ts";
import { lookLimits, RoundWatcher, type WentRound, waitAfterLook } from "../../src/run/went-round.ts";

const header =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (remote: string, state: string, inode: string): string =>
  `   0: 0100007F:914B ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;

describe.runIf(endianness() === "LE")("a table of sockets", () => {
  it("gives peers and inodes of connections", () => {
    const text = header + line("0A0200C0:01BB", "01", "77") + line("0100007F:1F90", "02", "78");
    expect(parseSockets(text, "tcp", [443, 8080])).toEqual([
      { protocol: "tcp", address: "192.0.2.10", port: 443, inode: "77" },
      { protocol: "tcp", address: "127.0.0.1", port: 8080, inode: "78" },
    ]);
  });

  it.each([
    ["B80D0120000000000000000001000000:01BB", "2001:db8::1"],
    ["0000000000000000FFFF00000A0200C0:01BB", "192.0.2.10"],
    ["00000000000000000000000001000000:01BB", "::1"],
    ["B80D0120010000000200000003000000:01BB", "2001:db8:0:1:0:2:0:3"],
  ])("writes an address as people do: %s", (remote, address) => {
    expect(parseSockets(line(remote, "01", "5"), "tcp", [443])).toMatchObject([{ address, port: 443 }]);
  });

  it("gives those of the ports that are asked for", () => {
    const text = line("0A0200C0:01BB", "01", "77") + line("0A0200C0:1F90", "01", "78");
    expect(parseSockets(text, "tcp", [8080]).map(({ inode }) => inode)).toEqual(["78"]);
  });

  it("leaves out what has no owner, no peer, or no end", () => {
    const text =
      line("0A0200C0:01BB", "06", "0") +
      line("00000000:0000", "0A", "9") +
      line("0A0200C0:01BB", "01", "0") +
      line("0A0200C0:01BB", "01", "12").slice(0, 30);
    expect(parseSockets(text, "tcp", [443, 0])).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("connections of a process", () => {
  /** A process that connects to a port of this machine, through others that have gone or have taken the environment. */
  async function connected(
    start: "straight" | "orphaned" | "bare",
    limits: ConstructorParameters<typeof RoundWatcher>[3] = {},
  ): Promise<readonly WentRound[]> {
    const server = createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const accepted = once(server, "connection");
    const script = `require("net").connect(${port}, "127.0.0.1").on("error", () => {}); setInterval(() => {}, 1000)`;
    const run = randomUUID();
    const lines = {
      straight: 'exec "$0" -e "$1"',
      orphaned: '("$0" -e "$1" &) ; exec sleep 1000',
      bare: 'env -i "$0" -e "$1"; exit 0',
    };
    const child = spawn("sh", ["-c", lines[start], process.execPath, script], {
      env: { ...process.env, FAULTWIRE_RUN: run },
      stdio: "ignore",
      // A group of its own, so that all of it can be ended.
      detached: true,
    });
    onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
    await accepted;
    const upstreams = new Set([`127.0.0.1:${port}`]);
    const watcher = new RoundWatcher(child.pid ?? 0, run, { ports: new Set(), upstreams }, limits);
    watcher.look();
    return watcher.stop().map((found) => ({ ...found, port: found.port === port ? 443 : 0, pid: 1 }));
  }

  const found = { pid: 1, program: "node", protocol: "tcp", address: "127.0.0.1", port: 443 };

  it("are found", async () => expect(await connected("straight")).toEqual([found]));
  it("are found where its parent has gone", async () => expect(await connected("orphaned")).toEqual([found]));
  it("are found where its environment was emptied", async () =>
    expect(await connected("bare")).toEqual([found]));

  it.each([{ maxDescriptors: 0 }, { maxTableBytes: 0 }, { maxFound: 0 }, { tries: 0 }])(
    "are found within the limits alone: %j",
    async (limits) => expect(await connected("straight", limits)).toEqual([]),
  );

  it("of this process, and of others, are found once, however often is looked", async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const other = spawn(process.execPath, [
      "-e",
      `require("net").connect(${port}, "127.0.0.1").on("error", () => {}); setInterval(() => {}, 1000)`,
    ]);
    onTestFinished(() => {
      other.kill("SIGKILL");
      server.close();
    });
    await soon(once(server, "connection"), "the event connection of server", 45_000);
    const watcher = new RoundWatcher(process.pid, randomUUID(), {
      ports: new Set(),
      upstreams: new Set([`127.0.0.1:${port}`]),
    });
    for (let at = 0; at <= lookLimits.tries; at++) watcher.look();
    // `other` was started by this process, which stands for the command here.
    expect(watcher.stop()).toMatchObject([{ pid: other.pid }]);
  });

  it("can't be looked at where the process has gone, and that is no error", async () => {
    const watcher = new RoundWatcher(2 ** 22 + 1, "none", { ports: new Set([443]), upstreams: new Set() });
    expect(watcher.look()).toBeGreaterThanOrEqual(0);
    expect(watcher.stop()).toEqual([]);
  });
});

describe("the time of the looks", () => {
  it.each([
    ["looks as often as it may while all looks have cost no more than they may from the start", 100, 0, 100],
    ["waits for a hundred times of what was spent beyond that", 110, 200, 800],
    ["has less to wait for, the longer the run has gone on", 110, 850, 150],
    ["looks as often as it may where the run has gone on for long enough", 110, 5000, 100],
    ["waits for no longer than five seconds, however much was spent", 100_000, 0, 5000],
  ])("%s", (_, spentMs, sinceStartMs, waitMs) => {
    expect(waitAfterLook(spentMs, sinceStartMs)).toBe(waitMs);
  });
});
