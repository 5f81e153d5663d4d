/** One gRPC endpoint: a port that speaks cleartext HTTP/2 and serves the six methods. */
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { takeStreamsFirst, unaryFastPath, withoutFarDeadlines } from "@faultwire/connect-unary";
import { PluginService } from "@faultwire/fault-protocol";
import { after } from "@faultwire/timers";
import { PluginServerError } from "./plugin-server-error.ts";
import { chunkMethods, pluginService, type ServiceOptions } from "./service.ts";

/** Limits of an endpoint, against any program that reaches the port. */
export const endpointLimits = {
  /**
   * The largest message that is accepted, in bytes. Forward mode carries whole bodies; the host has them in memory
   * anyway. The limit is high because a response that we refuse kills the host.
   */
  maxMessageBytes: 1_073_741_824,
  /** Connections at the same time. A host needs one. */
  maxConnections: 256,
  /** Calls at the same time on one connection. A tunnel has four at the most. */
  maxConcurrentCalls: 50_000,
} as const;

/**
 * Flow control: how many bytes a host may send before we have read them. HTTP/2's default of 64 KiB would be enough for
 * eight chunks of all tunnels together, so that new calls would wait behind calls that we hold.
 */
const windowBytes = { call: 1_048_576, connection: 16_777_216 };

/**
 * A host cancels the calls that we hold for a tunnel that has ended. When more than 1000 calls are cancelled at once, or 33
 * a second for long, nghttp2 takes that for an attack (rapid reset) and ends the connection with every tunnel on it. These
 * limits are higher; a program that reaches this port can do worse things anyway. Node 20 does not know these options and
 * keeps nghttp2's limits (docs/performance.md).
 */
const cancelledCalls = { streamResetBurst: 50_000, streamResetRate: 10_000 };

export interface Endpoint {
  /** `http://HOST:PORT`, as `--grpc-plugin` takes it. */
  readonly url: string;
  readonly port: number;
  /** Accepts no more connections, gives calls in flight so long to end, then closes the connections that are left. */
  close(graceMs: number): Promise<void>;
}

/** Opens an endpoint. @throws {@link PluginServerError} `address-in-use`, `address-unavailable`, `address-denied`. */
export async function openEndpoint(host: string, port: number, service: ServiceOptions): Promise<Endpoint> {
  const handler = connectNodeAdapter({
    routes: (router) => router.service(PluginService, pluginService(service)),
    // Otherwise a host that offers gzip would get its 4 KiB answers compressed, at half the rate.
    acceptCompression: [],
    readMaxBytes: endpointLimits.maxMessageBytes,
  });
  const server = createServer(
    {
      ...cancelledCalls,
      settings: {
        maxConcurrentStreams: endpointLimits.maxConcurrentCalls,
        initialWindowSize: windowBytes.call,
      },
    },
    withoutFarDeadlines(handler),
  );
  if (service.fastPath)
    takeStreamsFirst(
      server,
      unaryFastPath({
        service: PluginService,
        methods: chunkMethods(service),
        maxMessageBytes: endpointLimits.maxMessageBytes,
      }),
    );
  const sessions = trackSessions(server);
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: (graceMs) => closeServer(server, sessions, graceMs),
  };
}

function trackSessions(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    if (sessions.size >= endpointLimits.maxConnections) {
      session.destroy();
      return;
    }
    sessions.add(session);
    session.setLocalWindowSize(windowBytes.connection);
    session.on("close", () => sessions.delete(session));
    // When a peer breaks off, or speaks no HTTP/2, its own session ends and no other.
    session.on("error", () => session.destroy());
  });
  return sessions;
}

function listen(server: Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): PluginServerError {
  const where = `${host}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new PluginServerError(
        "address-in-use",
        `${where} is in use by another program; stop it, or choose another port (--port, --client-port; 0 takes a free one)`,
        { cause: error },
      );
    case "EACCES":
      return new PluginServerError(
        "address-denied",
        `no permission to listen on ${where}; choose a port above 1023`,
        {
          cause: error,
        },
      );
    default:
      return new PluginServerError(
        "address-unavailable",
        `can't listen on ${where} (${error.code ?? error.message}); give an address of this machine with --host`,
        { cause: error },
      );
  }
}

function closeServer(server: Http2Server, sessions: Set<ServerHttp2Session>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const takeBack = after(graceMs, () => {
      for (const session of sessions) session.destroy();
    });
    server.close(() => {
      takeBack();
      resolve();
    });
    // GOAWAY: calls in flight may end, new calls are refused.
    for (const session of sessions) session.close();
  });
}
