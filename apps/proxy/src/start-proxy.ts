/** A proxy that runs: a port, the connections behind it, and how it takes leave. */
import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { writeCountIs } from "@faultwire/fault-engine/internal";
import { type FaultPolicy, Interception, withoutThrowing } from "@faultwire/fault-session";
import { openRuntime, type Runtime } from "@faultwire/runtime";
import { every, pause } from "@faultwire/timers";
import { SecureContextCache } from "@faultwire/tls-bridge";
import { Connection } from "./connection.ts";
import { OwnGuard } from "./front/own-guard.ts";
import { ownPages } from "./front/own-pages.ts";
import { OwnRoutes } from "./front/own-routes.ts";
import { ProxyAuth } from "./front/proxy-auth.ts";
import { readReverse } from "./front/reverse.ts";
import { isLocal, listen } from "./listen.ts";
import { ConnectionPlugin, readPluginUrl } from "./plugin/connection-plugin.ts";
import type { ProxyContext } from "./proxy-context.ts";
import { ProxyError } from "./proxy-error.ts";
import { type ProxyLimits, proxyLimits } from "./proxy-limits.ts";
import type { ProxyOptions, RunningProxy } from "./proxy-options.ts";
import { checkStandIns, openStandIn } from "./stand-in/open-stand-in.ts";
import { parseAuthority } from "./upstream/authority.ts";
import { Dialler } from "./upstream/dialler.ts";
import { Outgoing } from "./upstream/outgoing.ts";
import { liveResolver, ResolveTable } from "./upstream/resolve-table.ts";
import { UpstreamProxies } from "./upstream/upstream-proxies.ts";
import { proxyText, type UpstreamProxy } from "./upstream/upstream-proxy.ts";

/** How often it is looked whether connections have come to their end, in ms. */
const lookMs = 25;

/**
 * Starts a proxy.
 *
 * @throws ProxyError where it can't listen, or an option means nothing; RuntimeError and CertificateAuthorityError where
 * the runtime can't be opened; LlmMockError and RecordingsError where what answers for the targets can't be.
 * @example
 * ```ts
 * const proxy = await startProxy({ runtime });
 * console.log(proxy.url);
 * ```
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
  const { resolve = {} } = options;
  const table = typeof resolve === "function" ? liveResolver(resolve) : new ResolveTable(resolve);
  const guard = new OwnGuard({
    names: options.ownNames ?? [],
    origins: options.allowOrigins ?? [],
    isOpenToOthers,
  });
  const reverse = options.reverse === undefined ? undefined : readReverse(options.reverse);
  const sniDefault = options.sniDefault === undefined ? undefined : readHost(options.sniDefault);
  const upstreamProxies = new UpstreamProxies(options.upstreamProxy);
  const { routes = [] } = options;
  checkStandIns(options);
  // Before anything is opened that would have to be closed again.
  new OwnRoutes(routes);
  if (options.connectionPlugin !== undefined) {
    readPluginUrl(options.connectionPlugin);
    if (options.upstream === "lazy")
      throw new ProxyError(
        "bad-option",
        "upstreams can't be dialled lazily beside a connection plugin, which says when they are dialled; leave one of the two out",
      );
  }
  const given = "runtime" in options ? options.runtime : await openRuntime(options);
  const closeRuntime = (): ReturnType<Runtime["close"]> =>
    "runtime" in options ? Promise.resolve(undefined) : given.close();
  const standIn = await openStandIn(options, given, startProxy).catch(async (error: unknown) => {
    await closeRuntime();
    throw error;
  });
  const runtime = standIn?.runtime ?? given;
  const { clock, logger, interception } = runtime;
  let isLeaving = false;
  let own: { readonly address: string; readonly port: number } | undefined;
  const url = (): string => `http://${host.includes(":") ? `[${host}]` : host}:${own?.port ?? port}`;
  const plugin = pluginOf(options.connectionPlugin, runtime);
  const policy: FaultPolicy = {
    ...runtime.policy,
    isTarget: (name) => !isLeaving && !plugin && runtime.policy.isTarget(name),
  };
  const opened = interception && new Interception(interception, clock.now);
  const connections = new Set<Connection>();
  const context: ProxyContext = {
    runtime,
    policy: withoutThrowing(policy, (question, message) =>
      runtime.tell({ type: "policy-bug", question, message }, {}),
    ),
    interception: opened,
    contexts: opened?.contexts ?? new SecureContextCache(),
    standIn,
    dialler: new Dialler({
      table: standIn?.leads(table) ?? table,
      clock,
      connectMs: limits.connectMs,
      lookup: options.lookup,
      own: () => own,
      allowPrivate: options.allowPrivate ?? !isOpenToOthers,
    }),
    auth,
    ownRoutes: new OwnRoutes([...ownPages({ url, caPem: runtime.authority?.certificatePem }), ...routes]),
    guard,
    reverse,
    sniDefault,
    outgoing: new Outgoing(),
    own: () => own,
    upstreamProxies,
    via: `faultwire-${randomBytes(6).toString("hex")}`,
    plugin,
    mayComeBack: () => connections.size >= limits.unmarkedConnections,
    isLazy: options.upstream === "lazy",
    http2Mode: options.http2 ?? "alone",
    // What a replay passes on is heard behind it.
    tap: standIn?.replay ? undefined : options.tap,
    limits,
  };
  const server = makeServer(context, connections);
  try {
    own = await listen(server, host, port);
  } catch (error) {
    await standIn?.close();
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
  tellUpstreamProxies(upstreamProxies, own.port, logger);
  const endSweeps = every(limits.sweepMs, () => sweep(connections, clock.now()), { keepsAlive: false });
  return {
    url: url(),
    port: own.port,
    runtime: given,
    mock: standIn?.mock,
    replay: standIn?.replay,
    setRules: (rules) => given.setRules(rules),
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
      plugin?.close();
      endSweeps();
      await standIn?.close();
      return closeRuntime();
    },
  };
}

function pluginOf(url: string | undefined, { clock, logger }: Runtime): ConnectionPlugin | undefined {
  return url === undefined ? undefined : new ConnectionPlugin({ url, clock, logger });
}

/** Says which proxies are on the way to upstreams. One that is this proxy itself, as a shell's variables may have it, is none. */
function tellUpstreamProxies(proxies: UpstreamProxies, ownPort: number, logger: Runtime["logger"]): void {
  const isSelf = ({ authority: { host, port } }: UpstreamProxy): boolean => port === ownPort && isLocal(host);
  proxies.leaveOut(proxies.all.filter(isSelf));
  for (const proxy of proxies.all) {
    const fields = { event: "upstream-proxy", proxy: proxyText(proxy) };
    if (isSelf(proxy))
      logger.warn(
        { ...fields, isLeftOut: true },
        `the upstream proxy ${fields.proxy} is this proxy itself; it is left out`,
      );
    else logger.info(fields, `upstreams are reached through the proxy ${fields.proxy}`);
  }
  for (const entry of proxies.ignored)
    logger.warn(
      { event: "no-proxy-ignored", entry },
      `${JSON.stringify(entry)} names no host that is reached directly; it is ignored`,
    );
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
      `${writeCountIs(context.limits.maxConnections, "connection")} open, the most that are taken; more are closed at once`,
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

/** A host without a port. @throws ProxyError `bad-option` */
function readHost(text: string): string {
  const host = parseAuthority(text, 443)?.host;
  if (host === undefined || host !== text.toLowerCase())
    throw new ProxyError("bad-option", `"${text}" is no name of a host; one without a port expected`);
  return host;
}
