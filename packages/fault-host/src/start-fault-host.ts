import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { HostContext } from "./host-context.ts";
import { FaultHostError } from "./host-error.ts";
import { isOwnRemote } from "./http/own-port.ts";
import { proxyServer, reverseServer } from "./http/proxy-server.ts";
import type { FaultHost, FaultHostEvent, FaultHostOptions, PluginStatus, TcpMapping } from "./options.ts";
import { PluginRegistry } from "./plugins/plugin-registry.ts";
import type { RunningCopy } from "./poll/copy-both-ways.ts";
import { carryTunnel } from "./tunnel-connection.ts";
import { parseHostPort, parseUpstream } from "./upstream-address.ts";

/** The binary's address when it is given none. */
const DEFAULT_PROXY_PORT = 3180;
const DEFAULT_HOST = "127.0.0.1";
/** The binary's interval; it can't be changed there. */
const DEFAULT_HEALTH_CHECK_INTERVAL_MS = 10_000;

/**
 * Starts a reference host: does to plugins and to traffic what the Fault proxy 0.20.24 does, quirks included.
 * Resolves when every plugin has been asked for its info and every port listens; a plugin that accepts the call and
 * never answers holds it up, as it holds up the binary.
 *
 * @throws FaultHostError when an option makes no sense or a port can't be bound
 * @example
 * const host = await startFaultHost({ plugins: ["http://127.0.0.1:50051"], proxyPort: 0 });
 * // curl -x ${host.proxyUrl} https://…
 * await host.close();
 */
export async function startFaultHost(options: FaultHostOptions): Promise<FaultHost> {
  const { upstreams } = checkOptions(options);
  const address = options.host ?? DEFAULT_HOST;
  const servers: (Server | HttpServer)[] = [];
  const sockets = new Set<Socket>();
  const emit = (event: FaultHostEvent): void => options.onEvent?.(event);
  let crashed: string | undefined;
  let closing: Promise<void> | undefined;

  const plugins = new PluginRegistry(
    options.plugins,
    options.healthCheckIntervalMs ?? DEFAULT_HEALTH_CHECK_INTERVAL_MS,
    options.onEvent,
  );

  const close = (): Promise<void> => {
    closing ??= (async () => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const copy of [...context.copies]) copy.stop();
      for (const socket of sockets) socket.destroy();
      plugins.close();
      await Promise.all(closed);
    })();
    return closing;
  };

  const context: HostContext = {
    plugins,
    address,
    resolve: options.resolve ?? {},
    upstreams,
    upstreamCa: [options.upstreamCa ?? []].flat(),
    dropsConnections: options.onCrash === "drop-connection",
    noDelay: options.noDelay ?? false,
    sendBuffer: options.sendBuffer,
    copies: new Set<RunningCopy>(),
    track(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
    emit,
    crash(where, reason, connection) {
      crashed ??= reason;
      emit({ type: "crashed", where, reason });
      if (context.dropsConnections) connection?.destroy();
      else void close();
    },
  };

  const listen = async (server: Server | HttpServer, port: number): Promise<number> => {
    server.on("connection", (socket: Socket) => context.track(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, resolve);
    }).catch((cause: Error) => {
      throw new FaultHostError("listen-failed", `${address}:${port} can't be bound: ${cause.message}`, {
        cause,
      });
    });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };

  const mappingServer = ({ remote }: TcpMapping): Server => {
    const { host = "", port = 0 } = parseRemote(remote) ?? {};
    const upstream = { hostname: host, port, authority: `${host}:${port}` };
    return createServer({ allowHalfOpen: true }, (socket) => {
      void carryTunnel(context, { kind: "mapping", socket, upstream });
    });
  };

  try {
    await plugins.load();
    const proxyPort = await listen(proxyServer(context), options.proxyPort ?? DEFAULT_PROXY_PORT);
    const mappingPorts: number[] = [];
    for (const mapping of options.mappings ?? [])
      mappingPorts.push(await listen(mappingServer(mapping), mapping.port));
    const reversePorts: number[] = [];
    for (const mapping of options.reverse ?? [])
      reversePorts.push(await listen(reverseServer(context, mapping.remote), mapping.port));
    return {
      proxyPort,
      proxyUrl: `http://${address}:${proxyPort}`,
      mappingPorts,
      reversePorts,
      get plugins(): readonly PluginStatus[] {
        return plugins.statuses;
      },
      get crashed(): string | undefined {
        return crashed;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A mapping's remote: a scheme before it is read and forgotten, as the binary does. */
const parseRemote = (remote: string): ReturnType<typeof parseHostPort> =>
  parseHostPort(remote.replace(/^[a-z][a-z0-9+.-]*:\/\//i, ""));

function checkOptions(options: FaultHostOptions): { readonly upstreams: ReadonlySet<string> } {
  for (const url of options.plugins)
    if (!URL.canParse(url) || new URL(url).protocol !== "http:")
      throw new FaultHostError(
        "invalid-plugin-url",
        `${JSON.stringify(url)} is no plugin address; one is http://host:port`,
      );
  const upstreams = new Set<string>();
  for (const text of options.upstreams ?? ["*"]) {
    const upstream = parseUpstream(text);
    if (upstream === undefined)
      throw new FaultHostError(
        "invalid-upstream",
        `${JSON.stringify(text)} names no port; an upstream is host:port, a URL or *`,
      );
    upstreams.add(upstream);
  }
  for (const { remote } of options.mappings ?? [])
    if (!parseRemote(remote))
      throw new FaultHostError("invalid-mapping", `${JSON.stringify(remote)} is no remote; one is host:port`);
  for (const { remote } of options.reverse ?? [])
    if (!/^https?:\/\/[^/?#]+:\d+$/.test(remote) || !URL.canParse(remote))
      throw new FaultHostError(
        "invalid-mapping",
        `${JSON.stringify(remote)} is no remote; one is http://host:port or https://host:port`,
      );
  const address = options.host ?? DEFAULT_HOST;
  for (const { port, remote } of [...(options.mappings ?? []), ...(options.reverse ?? [])]) {
    const parsed = parseRemote(remote);
    if (parsed && isOwnRemote(parsed, { address, port }))
      throw new FaultHostError(
        "invalid-mapping",
        `${JSON.stringify(remote)} is the mapping's own port ${port}, so each connection would make another; give it the port of the upstream`,
      );
  }
  return { upstreams };
}
