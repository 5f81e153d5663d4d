/**
 * Connections of a command that go past the proxy. On Linux the sockets of its processes are looked at now and then; what
 * lives shorter than the time between two looks may be missed. Other systems don't show sockets to a program for so little.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { after } from "@faultwire/timers";
import { processRow } from "./process-table.ts";
import { isOfRun } from "./process-tree.ts";
import { isLoopback, parseSockets, type SocketRow } from "./socket-table.ts";

/** Limits of looking. */
export const lookLimits = {
  /** Time between two looks, in ms. */
  everyMs: 100,
  /** All looks together may cost one part in so many of the time since the start: one percent of a processor. */
  shareOfTime: 100,
  /** Time that may be spent beyond that, in ms: the first looks cost most, and come when most happens. */
  allowanceMs: 100,
  /** Time between two looks at the most, in ms, however much they cost. */
  maxEveryMs: 5000,
  /** Bytes of one table of sockets; the rest is not looked at. 25,000 sockets make as many. */
  maxTableBytes: 4_194_304,
  /** Descriptors of one process that are looked at. */
  maxDescriptors: 10_000,
  /** Connections that are remembered. */
  maxFound: 200,
  /** Looks in which a new socket's peer is asked for; then it is one without a peer that is watched. */
  tries: 3,
} as const;

type LookLimits = { readonly [Name in keyof typeof lookLimits]: number };

/**
 * How long the next look has to wait, in ms: the looks may cost their share of the time, and no more.
 *
 * @param spentMs - What all looks have cost, in ms of a processor.
 * @param sinceStartMs - Time since the first one.
 */
export function waitAfterLook(spentMs: number, sinceStartMs: number): number {
  const { everyMs, shareOfTime, allowanceMs, maxEveryMs } = lookLimits;
  const owedMs = (spentMs - allowanceMs) * shareOfTime - sinceStartMs;
  return Math.min(Math.max(everyMs, owedMs), maxEveryMs);
}

/** What is spoken there over UDP is QUIC. */
const quicPort = 443;

/** What went past the proxy. */
export interface WentRound {
  readonly pid: number;
  /** The file name of the program. */
  readonly program: string;
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

/** What is looked for. */
export interface Watched {
  /** Ports that requests to targets go to; on addresses of other machines. */
  readonly ports: ReadonlySet<number>;
  /** `ADDRESS:PORT` that are upstreams by `--resolve`; also where they are on this machine. */
  readonly upstreams: ReadonlySet<string>;
  /** Told of each connection at once; several to one place by one process are one. */
  readonly onFound?: (found: WentRound) => void;
}

/** Whether sockets of other processes can be looked at here. */
export function canLook(platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== "linux") return false;
  try {
    readFileSync("/proc/self/net/tcp");
    return true;
  } catch {
    return false;
  }
}

/** Looks at a command's sockets from its start to its end. */
export class RoundWatcher {
  readonly #root: number;
  readonly #processes: RunProcesses;
  readonly #watched: Watched;
  readonly #limits: LookLimits;
  /** The ports of all that is watched. */
  readonly #allPorts: ReadonlySet<number>;
  readonly #found = new Map<string, WentRound>();
  /** Sockets of the command, and how often their peers were asked for. A socket that has no peer yet may get one. */
  #tries = new Map<string, number>();
  #takeBack: (() => void) | undefined;

  /**
   * @param root - The command's process.
   * @param run - The value of `FAULTWIRE_RUN` in the environment of its processes.
   */
  constructor(root: number, run: string, watched: Watched, limits: Partial<LookLimits> = {}) {
    this.#root = root;
    this.#processes = new RunProcesses(root, run);
    this.#watched = watched;
    this.#limits = { ...lookLimits, ...limits };
    const upstreamPorts = [...watched.upstreams].map((text) => Number(text.slice(text.lastIndexOf(":") + 1)));
    this.#allPorts = new Set([...watched.ports, ...upstreamPorts, quicPort]);
  }

  /** Begins to look. Nothing is kept alive by it. */
  start(): void {
    const fromMs = performance.now();
    let spentMs = 0;
    const look = (): void => {
      spentMs += this.look();
      const waitMs = waitAfterLook(spentMs, performance.now() - fromMs);
      this.#takeBack = after(waitMs, look, { keepsAlive: false });
    };
    this.#takeBack = after(0, look, { keepsAlive: false });
  }

  /** Ends it. @returns what was found, in the order in which it was. */
  stop(): readonly WentRound[] {
    this.#takeBack?.();
    return [...this.#found.values()];
  }

  /** Looks once. @returns what it has cost, in ms of a processor: on a busy machine the clock says more. */
  look(): number {
    const from = process.cpuUsage();
    const tries = new Map<string, number>();
    const open = new Map<string, number>();
    for (const pid of this.#processes.now())
      for (const inode of socketsOf(pid, this.#limits.maxDescriptors)) {
        const tried = this.#tries.get(inode) ?? 0;
        tries.set(inode, tried);
        if (tried < this.#limits.tries) open.set(inode, pid);
      }
    // Sockets that have gone are forgotten with the old table.
    this.#tries = tries;
    // The kernel takes milliseconds to write its tables, so they are asked for new sockets alone.
    if (open.size > 0) this.#askPeers(open);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  }

  /** Looks up the peers of sockets, each of which a process has. */
  #askPeers(open: ReadonlyMap<string, number>): void {
    for (const inode of open.keys()) this.#tries.set(inode, (this.#tries.get(inode) ?? 0) + 1);
    for (const row of this.#peers()) {
      const pid = open.get(row.inode);
      if (pid === undefined) continue;
      this.#tries.set(row.inode, this.#limits.tries);
      if (this.#isWatched(row) && this.#found.size < this.#limits.maxFound) this.#keep(pid, row);
    }
  }

  #keep(pid: number, { protocol, address, port }: SocketRow): void {
    const key = `${pid} ${protocol} ${address} ${port}`;
    if (this.#found.has(key)) return;
    const found = { pid, program: programOf(pid), protocol, address, port };
    this.#found.set(key, found);
    this.#watched.onFound?.(found);
  }

  /** Sockets of all programs to the ports that are watched. */
  #peers(): SocketRow[] {
    const tables = [
      ["tcp", "tcp"],
      ["tcp6", "tcp"],
      ["udp", "udp"],
      ["udp6", "udp"],
    ] as const;
    return tables.flatMap(([file, protocol]) =>
      parseSockets(
        readTable(`/proc/${this.#root}/net/${file}`, this.#limits.maxTableBytes),
        protocol,
        this.#allPorts,
      ),
    );
  }

  #isWatched({ protocol, address, port }: SocketRow): boolean {
    const { ports, upstreams } = this.#watched;
    if (protocol === "udp") return port === quicPort && !isLoopback(address);
    if (upstreams.has(`${address}:${port}`)) return true;
    return ports.has(port) && !isLoopback(address);
  }
}

/** The processes of a command, kept up to date for little: a process is looked at once, when it is new. */
class RunProcesses {
  readonly #root: number;
  readonly #run: string;
  /** Whether a process belongs to the command. */
  readonly #known = new Map<number, boolean>();

  constructor(root: number, run: string) {
    this.#root = root;
    this.#run = run;
  }

  /** Those that are there now. */
  now(): readonly number[] {
    const there = new Set(listOf("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])));
    for (const pid of this.#known.keys()) if (!there.has(pid)) this.#known.delete(pid);
    // Children mostly have higher ids than their parents, which are known by then.
    for (const pid of there) if (!this.#known.has(pid)) this.#known.set(pid, this.#belongs(pid));
    return [...this.#known].flatMap(([pid, belongs]) => (belongs ? [pid] : []));
  }

  #belongs(pid: number): boolean {
    if (pid === this.#root) return true;
    const parent = processRow(pid)?.parent;
    // One whose parent has gone is known by its environment.
    return (parent !== undefined && this.#known.get(parent) === true) || isOfRun(pid, this.#run);
  }
}

function socketsOf(pid: number, maxDescriptors: number): string[] {
  return listOf(`/proc/${pid}/fd`)
    .slice(0, maxDescriptors)
    .flatMap((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
}

/** The file name of a process's program; where that can't be seen, the name that the process has. */
function programOf(pid: number): string {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return path.slice(path.lastIndexOf("/") + 1).replaceAll(/[^\x20-\x7e]/g, "?");
  } catch {
    return processRow(pid)?.name ?? "a program";
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file of `/proc`, up to the limit; empty where it can't be read. */
function readTable(path: string, maxBytes: number): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    const parts: string[] = [];
    const buffer = Buffer.allocUnsafe(65_536);
    for (let total = 0; total < maxBytes; ) {
      const length = readSync(file, buffer);
      if (length === 0) break;
      parts.push(buffer.toString("latin1", 0, length));
      total += length;
    }
    return parts.join("");
  } catch {
    return "";
  } finally {
    closeSync(file);
  }
}
