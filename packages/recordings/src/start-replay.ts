/** A server that answers from recordings, byte for byte. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContext } from "node:tls";
import { callbackify } from "node:util";
import { after } from "@faultwire/timers";
import { recordingLimits } from "./recording-limits.ts";
import type { Recordings } from "./recordings.ts";
import { RecordingsError } from "./recordings-error.ts";
import { ReplayConnection, type ReplayedRequest } from "./replay-connection.ts";

/** What a replay answers from, and where. */
export interface ReplayOptions {
  /** Those of one request answer in turn, counted over all replays that have them. */
  readonly recordings: Recordings;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port; 0, the default, takes a free one. */
  readonly port?: number;
  /** The certificate for each name that a client asks for. Default: HTTP without TLS. */
  readonly secureContextFor?: (serverName: string) => SecureContext | Promise<SecureContext>;
  /**
   * How many times as fast as recorded responses come: 1, the default, keeps every pause, 10 has a tenth of it, `Infinity`
   * none.
   */
  readonly speed?: number;
  /** Told of each request when it is answered. */
  readonly log?: (request: ReplayedRequest) => void;
}

/** A replay that listens. */
export interface Replay {
  /** Scheme, address and port. */
  readonly url: string;
  /** The TCP port that it listens on. */
  readonly port: number;
  /** Stops listening and cuts what is open; done when all is closed. */
  close(): Promise<void>;
}

/**
 * Starts a server that answers each request with the response that was recorded for it: the same bytes in the same pieces, with
 * the pauses between them, and the same end of its connection. A request that was never recorded gets a 404 that says so.
 *
 * @throws RecordingsError `listen-failed`, `bad-option`
 * @example
 * ```ts
 * const replay = await startReplay({ recordings: await readRecordings("recordings") });
 * const client = new Anthropic({ baseURL: replay.url, apiKey: "any" });
 * // …
 * await replay.close();
 * ```
 */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const { recordings, host = "127.0.0.1", port = 0, speed = 1, secureContextFor, log } = options;
  if (!(speed > 0))
    throw new RecordingsError("bad-option", `speed is ${speed}; a number above 0 expected, or Infinity`);
  const sockets = new Set<Socket>();
  const scheme = secureContextFor ? "https" : "http";
  const serve = (socket: Socket): void => {
    // Inside of TLS it is not the socket itself that can be reset.
    const { remotePort } = socket;
    const carrier = [...sockets].find((one) => one.remotePort === remotePort) ?? socket;
    const reset = (): void => {
      carrier.resetAndDestroy();
    };
    const now = (): number => performance.now();
    new ReplayConnection({ socket, scheme, recordings, speed, now, after, reset, log: log ?? (() => {}) });
  };
  const server: Server = secureContextFor
    ? createTlsServer(
        {
          ALPNProtocols: ["http/1.1"],
          SNICallback: callbackify(async (serverName: string) => secureContextFor(serverName)),
        },
        serve,
      )
    : createServer(serve);
  // Ahead of what serves it.
  server.prependListener("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  });
  // A handshake that fails is the client's matter.
  server.on("tlsClientError", () => {});
  server.maxConnections = recordingLimits.maxConnections;
  const address = await listen(server, host, port);
  return {
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new RecordingsError(
          "listen-failed",
          `the replay could not listen on ${host}, port ${port} (${cause.code})`,
          { cause },
        ),
      ),
    );
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      // From here on it can only be a connection that could not be accepted: its client sees that by itself.
      server.on("error", () => {});
      resolve(server.address() as AddressInfo);
    });
  });
}
