/** One gRPC endpoint: a port that speaks cleartext HTTP/2 and serves the six methods. */
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { takeStreamsFirst, unaryFastPath, withoutFarDeadlines } from "@faultwire/connect-unary";
import { PluginService } from "@faultwire/fault-protocol";
import { after } from "@faultwire/timers";
import { PluginServerError } from "./plugin-server-error.ts";
import { chunkMethods, pluginService, type ServiceOptions } from "./service.ts";

/** Limits of an endpoint, each against somebody who can reach the port. */
export const endpointLimits = {
  /**
   * The largest message that is taken, in bytes. Forward mode carries whole bodies, which the host has in memory
   * anyway, and a response that we refuse kills its process.
   */
  maxMessageBytes: 1_073_741_824,
  /** Connections at the same time; a host needs one. */
  maxConnections: 256,
  /** Calls at the same time on one connection; a tunnel has four at the most. */
  maxConcurrentCalls: 50_000,
} as const;

/**
 * Flow control: what a host may have sent that we have not read. HTTP/2's defaults of 64 KiB would let eight chunks
 * of all tunnels together be under way, and calls that are, wait for those that are held.
 */
const windowBytes = { call: 1_048_576, connection: 16_777_216 };

/**
 * A host cancels what is held for a tunnel that dies. More than 1000 of those at once, or 33 a second for long, nghttp2
 * takes for an attack (rapid reset), and ends the connection with every tunnel on it. Whoever reaches this port can do
 * worse. Node 20 does not know these options and keeps nghttp2's limit (docs/performance.md).
 */
const cancelledCalls = { streamResetBurst: 50_000, streamResetRate: 10_000 };

export interface Endpoint {
  /** `http://HOST:PORT`, as `--grpc-plugin` takes it. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, lets calls in flight end until the deadline, then closes what is left. */
  close(graceMs: number): Promise<void>;
}

/** Opens an endpoint. @throws {@link PluginServerError} `address-in-use`, `address-unavailable`, `address-denied`. */
export async function openEndpoint(host: string, port: number, service: ServiceOptions): Promise<Endpoint> {
  const handler = connectNodeAdapter({
    routes: (router) => router.service(PluginService, pluginService(service)),
    // A host that offers gzip would get 4 KiB answers compressed, at half the rate.
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
    // A peer that breaks off or speaks no HTTP/2 is the end of its session, nothing more.
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
    // GOAWAY: calls in flight may end, new ones go elsewhere.
    for (const session of sessions) session.close();
  });
}
