/** One gRPC endpoint: a port that speaks cleartext HTTP/2 and serves the six methods, and whole connections. */
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  type MessageMemory,
  takeStreamsFirst,
  unaryFastPath,
  withoutFarDeadlines,
} from "@faultwire/connect-unary";
import { tunedSettings } from "@faultwire/connection-protocol";
import { PluginService } from "@faultwire/fault-protocol";
import { after } from "@faultwire/timers";
import { HostConnections } from "./host-connections.ts";
import { PluginServerError } from "./plugin-server-error.ts";
import { pollValidityMs } from "./registration.ts";
import { pluginService, type ServiceOptions, unaryService } from "./service.ts";

/** Limits of an endpoint, against any program that reaches the port. */
export const endpointLimits = {
  /**
   * The longest message that is kept, in bytes: the host's own limit on what a plugin answers. A longer chunk is refused. A longer
   * message of forward mode passes unread, because a refused response kills the host.
   */
  maxMessageBytes: 4_194_304,
  /**
   * Memory for messages that are still coming, over all connections of both endpoints, in bytes. Beyond it the calls give way
   * whose message has grown least recently: as those that are too long.
   */
  maxUnfinishedBytes: 67_108_864,
  /** The longest message of a call that is not gRPC (Connect, gRPC-Web), which no host makes, in bytes. */
  maxOtherMessageBytes: 65_536,
  /** Such calls at the same time, over all connections of an endpoint. */
  maxOtherCalls: 256,
  /**
   * Connections at the same time. A host needs one. Beyond it those give way that have never made a call, the oldest first, and
   * then those that have made none for longer than a host lets pass between two polls.
   */
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
  /** Connections on which a call has come. */
  readonly hosts: () => number;
  /** Accepts no more connections, gives calls in flight so long to end, then closes the connections that are left. */
  close(graceMs: number): Promise<void>;
}

/** Opens an endpoint. @throws {@link PluginServerError} `address-in-use`, `address-unavailable`, `address-denied`. */
export async function openEndpoint(
  host: string,
  port: number,
  service: ServiceOptions,
  memory: MessageMemory,
): Promise<Endpoint> {
  const { maxMessageBytes, maxOtherMessageBytes, maxOtherCalls, maxConcurrentCalls } = endpointLimits;
  const handler = connectNodeAdapter({
    routes: (router) => router.service(PluginService, pluginService(service)),
    // Otherwise a host that offers gzip would get its 4 KiB answers compressed, at half the rate.
    acceptCompression: [],
    readMaxBytes: maxOtherMessageBytes,
  });
  const server = createServer(
    {
      ...cancelledCalls,
      settings: {
        maxConcurrentStreams: maxConcurrentCalls,
        initialWindowSize: windowBytes.call,
        // A message of a whole connection is one frame then; by itself HTTP/2 would make five of it.
        maxFrameSize: tunedSettings.maxFrameSize,
      },
    },
    noMoreThan(service.fastPath ? maxOtherCalls : maxConcurrentCalls, withoutFarDeadlines(handler)),
  );
  const takesCall = unaryFastPath({
    service: PluginService,
    maxMessageBytes,
    memory,
    ...unaryService(service),
  });
  takeStreamsFirst(
    server,
    (stream, headers) => takesCall(stream, headers) || service.connections.take(stream, headers),
  );
  const connections = new HostConnections(server, {
    maxConnections: endpointLimits.maxConnections,
    maxSilentMs: pollValidityMs,
    isInUse: (session) => service.connections.isCarriedBy(session),
    now: () => performance.now(),
    windowBytes: windowBytes.connection,
    onFull: service.onFull,
  });
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    hosts: () => connections.hosts,
    close: (graceMs) => closeServer(server, connections, graceMs),
  };
}

/** Refuses requests beyond so many at the same time. */
function noMoreThan(
  maxCalls: number,
  listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): typeof listener {
  let calls = 0;
  return (request, response) => {
    if (calls >= maxCalls) {
      response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    calls++;
    response.once("close", () => {
      calls--;
    });
    listener(request, response);
  };
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

function closeServer(server: Http2Server, connections: HostConnections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const takeBack = after(graceMs, () => connections.destroy());
    server.close(() => {
      takeBack();
      resolve();
    });
    connections.close();
  });
}
