/** A proxy that runs: a port, the connections behind it, and how it takes leave. */
import { createServer, type Server, type Socket } from "node:net";
import { type FaultPolicy, Interception, withoutThrowing } from "@faultwire/fault-session";
import { openRuntime, type Runtime, type RuntimeOptions } from "@faultwire/runtime";
import { every, pause } from "@faultwire/timers";
import { Connection } from "./connection.ts";
import { ProxyAuth } from "./front/proxy-auth.ts";
import { isLocal, listen } from "./listen.ts";
import type { ProxyContext } from "./proxy-context.ts";
import { ProxyError } from "./proxy-error.ts";
import { type ProxyLimits, proxyLimits } from "./proxy-limits.ts";
import { Dialler } from "./upstream/dialler.ts";
import { ResolveTable } from "./upstream/resolve-table.ts";

/** Where a proxy listens, and what it may reach. */
export interface ProxySettings {
  /**
   * Default 127.0.0.1. Another address than loopback can be reached by others: then {@link proxyAuth} is needed, and
   * private addresses are not dialled.
   */
  readonly host?: string;
  /** Default 3180; 0 takes a free port. */
  readonly port?: number;
  /**
   * Where names lead in place of what DNS says: `HOST`, `HOST:PORT`, `*.HOST:PORT` or `*` to `ADDRESS` or
   * `ADDRESS:PORT`. What it names may be a private address.
   */
  readonly resolve?: Readonly<Record<string, string>>;
  /** `user:password` that clients have to give (RFC 7617). */
  readonly proxyAuth?: string;
  /** Whether private, link-local and loopback addresses are dialled. Default: only where the proxy listens on loopback. */
  readonly allowPrivate?: boolean;
  readonly limits?: Partial<ProxyLimits>;
}

/** A runtime that is there already and stays the caller's to close, or what one is opened with. */
export type ProxyOptions = ProxySettings & ({ readonly runtime: Runtime } | RuntimeOptions);

/** A proxy that listens. */
export interface RunningProxy {
  /** What goes into `HTTPS_PROXY`. Holds no password. */
  readonly url: string;
  readonly port: number;
  /** Rules, CA and log. */
  readonly runtime: Runtime;
  /** As `setRules` of the runtime. */
  setRules: Runtime["setRules"];
  /** Clients' connections that are open now. */
  readonly connections: () => number;
  /**
   * Takes leave: no new connections, nothing new fails, what faults hold is let go. What is under way goes on for `graceMs`
   * (default 1000) at the most; then everything ends. Closes the runtime where it was opened here.
   *
   * @returns what the runtime's `close` does; `undefined` where the runtime is the caller's.
   */
  close(graceMs?: number): ReturnType<Runtime["close"]>;
}

/** How often it is looked whether connections have come to their end, in ms. */
const lookMs = 25;

/**
 * Starts a proxy.
 *
 * @throws ProxyError where it can't listen, or an option means nothing; RuntimeError and CertificateAuthorityError where
 * the runtime can't be opened.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { host = "127.0.0.1", port = 3180, proxyAuth } = options;
  const isOpenToOthers = !isLocal(host);
  if (isOpenToOthers && proxyAuth === undefined)
    throw new ProxyError(
      "open-to-others",
      `${host} can be reached by others; a user and a password are needed there`,
    );
  const limits: ProxyLimits = { ...proxyLimits, ...options.limits };
  const auth = proxyAuth === undefined ? undefined : new ProxyAuth(proxyAuth);
  const table = new ResolveTable(options.resolve ?? {});
  const runtime = "runtime" in options ? options.runtime : await openRuntime(options);
  const { clock, logger, interception } = runtime;
  let isLeaving = false;
  let own: { readonly address: string; readonly port: number } | undefined;
  const policy: FaultPolicy = {
    ...runtime.policy,
    isTarget: (name) => !isLeaving && runtime.policy.isTarget(name),
  };
  const context: ProxyContext = {
    runtime,
    policy: withoutThrowing(policy, (question, message) =>
      runtime.tell({ type: "policy-bug", question, message }, {}),
    ),
    interception: interception && new Interception(interception, clock.now),
    dialler: new Dialler({
      table,
      clock,
      connectMs: limits.connectMs,
      own: () => own,
      allowPrivate: options.allowPrivate ?? !isOpenToOthers,
    }),
    auth,
    limits,
  };
  const connections = new Set<Connection>();
  const server = makeServer(context, connections);
  const closeRuntime = (): ReturnType<Runtime["close"]> =>
    "runtime" in options ? Promise.resolve(undefined) : runtime.close();
  try {
    own = await listen(server, host, port);
  } catch (error) {
    await closeRuntime();
    throw error;
  }
  // From now on an error is one of accepting, such as a lack of descriptors, and the next client may have better luck.
  server.on("error", (error: NodeJS.ErrnoException) =>
    logger.error(
      { event: "accept-failed", code: error.code },
      `a client could not be accepted (${error.code})`,
    ),
  );
  const endSweeps = every(limits.sweepMs, () => sweep(connections, clock.now()), { keepsAlive: false });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${own.port}`,
    port: own.port,
    runtime,
    setRules: (rules) => runtime.setRules(rules),
    connections: () => connections.size,
    async close(graceMs = 1000) {
      isLeaving = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.release();
      const deadline = clock.now() + graceMs;
      while (connections.size > 0 && clock.now() < deadline) {
        for (const connection of connections) if (connection.isQuiet) connection.destroy();
        await pause(lookMs);
      }
      for (const connection of connections) connection.destroy();
      await closed;
      endSweeps();
      return closeRuntime();
    },
  };
}

function makeServer(context: ProxyContext, connections: Set<Connection>): Server {
  const { logger } = context.runtime;
  let ids = 0;
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
    (socket: Socket) => {
      ids++;
      const connection = new Connection(ids, socket, context, () => connections.delete(connection));
      connections.add(connection);
    },
  );
  server.maxConnections = context.limits.maxConnections;
  let isFullTold = false;
  server.on("drop", () => {
    if (isFullTold) return;
    isFullTold = true;
    logger.warn(
      { event: "too-many-connections", limit: context.limits.maxConnections },
      `${context.limits.maxConnections} connections are open, the most that are taken; more are closed at once`,
    );
  });
  server.on("connection", () => {
    isFullTold = false;
  });
  return server;
}

function sweep(connections: Iterable<Connection>, nowMs: number): void {
  for (const connection of connections) connection.guard(() => connection.look(nowMs));
}
