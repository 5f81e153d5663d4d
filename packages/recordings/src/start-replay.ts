/** A server that answers from recordings, byte for byte. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContext, TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { CONNECTION_PREFACE } from "@faultwire/http2";
import { after } from "@faultwire/timers";
import type { Answering, PassOn, ReplayedRequest } from "./answering.ts";
import { HeldExchanges } from "./held-exchanges.ts";
import { Http2ReplayConnection } from "./http2-replay-connection.ts";
import { recordingLimits } from "./recording-limits.ts";
import type { Recordings } from "./recordings.ts";
import { RecordingsError } from "./recordings-error.ts";
import { ReplayConnection } from "./replay-connection.ts";

/** What a replay answers from, and where. */
export interface ReplayOptions {
  /** Those of one request answer in turn, counted over all replays that have them. */
  readonly recordings: Recordings;
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** The port; 0, the default, takes a free one. */
  readonly port?: number;
  /** The certificate for each name that a client asks for: then the port speaks TLS, and in clear as well. Default: in clear alone. */
  readonly secureContextFor?: (serverName: string) => SecureContext | Promise<SecureContext>;
  /**
   * How many times as fast as recorded responses come: 1, the default, keeps every pause, 10 has a tenth of it, `Infinity`
   * none.
   */
  readonly speed?: number;
  /**
   * A header by which who stands in front names each request, to know it again in {@link log}; of several the last one counts. It goes no further than
   * here. Default: none.
   */
  readonly markHeader?: string;
  /** Told of each request when it is answered, before its answer is said. */
  readonly log?: (request: ReplayedRequest) => void;
  /**
   * Told of a request that {@link log} was told of as passed on, where a proxy on the way answers in the place of the API, which it did
   * not reach; before that answer is said.
   */
  readonly unreached?: (request: ReplayedRequest) => void;
  /** Where requests go that were never recorded. HTTP/2 is not spoken then. Default: they get a 404 that says what is nearest. */
  readonly pass?: PassOn;
  /** Bytes of requests that are under way, all together, in place of `maxHeldBytes` of `recordingLimits`. The largest gets 503. */
  readonly maxHeldBytes?: number;
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
 * the pauses between them, and the same end of its connection. Over HTTP/2 it is the same frames. Where a client speaks another
 * version of HTTP than was recorded, the response is translated. A request that was never recorded gets a 404 that says so.
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
  const { recordings, host = "127.0.0.1", port = 0, speed = 1, secureContextFor, log, pass } = options;
  if (!(speed > 0))
    throw new RecordingsError("bad-option", `speed is ${speed}; a number above 0 expected, or Infinity`);
  const sockets = new Set<Socket>();
  /** By the client's address and port. */
  const byClient = new Map<string, Socket>();
  const answering: Answering = {
    ...{ recordings, speed, after, pass, markHeader: options.markHeader?.toLowerCase() },
    now: () => performance.now(),
    log: log ?? (() => {}),
    unreached: options.unreached ?? (() => {}),
    held: new HeldExchanges(options.maxHeldBytes ?? recordingLimits.maxHeldBytes),
  };
  const serve = (socket: Socket, protocol: "http/1.1" | "h2"): void => {
    // Inside of TLS it is not the socket itself that can be reset: that one throws.
    const carrier = socket instanceof TLSSocket ? byClient.get(clientOf(socket)) : socket;
    const reset = (): void => {
      // A client whose address is not known any more has gone.
      if (carrier) carrier.resetAndDestroy();
      else socket.destroy();
    };
    const scheme = socket instanceof TLSSocket ? "https" : "http";
    const connection = { ...answering, socket, scheme, reset } as const;
    if (protocol === "h2") new Http2ReplayConnection(connection);
    else new ReplayConnection(connection);
  };
  const secure =
    secureContextFor &&
    createTlsServer(
      {
        // As it was recorded, where the client speaks both.
        ALPNCallback: ({ servername, protocols }) =>
          choices(recordings, servername, pass !== undefined).find((one) => protocols.includes(one)),
        SNICallback: callbackify(async (serverName: string) => secureContextFor(serverName)),
      },
      (socket) => serve(socket, socket.alpnProtocol === "h2" ? "h2" : "http/1.1"),
    );
  const server: Server = createServer((socket) => {
    const client = clientOf(socket);
    sockets.add(socket);
    byClient.set(client, socket);
    socket.setNoDelay(true);
    socket.once("close", () => {
      sockets.delete(socket);
      if (byClient.get(client) === socket) byClient.delete(client);
    });
    socket.on("error", () => {});
    const leave = (): void => {
      socket.destroy();
    };
    socket.setTimeout(recordingLimits.idleMs, leave);
    begin(socket, (first) => {
      socket.setTimeout(0).off("timeout", leave);
      if (secure && first[0] === tlsByte) {
        // It reads by itself what was given back.
        secure.emit("connection", socket);
        return;
      }
      serve(socket, isPreface(first) && !pass ? "h2" : "http/1.1");
      socket.resume();
    });
  });
  // A handshake that fails is the client's matter.
  secure?.on("tlsClientError", () => {});
  server.maxConnections = recordingLimits.maxConnections;
  const address = await listen(server, host, port);
  return {
    url: `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const clientOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** The first byte of TLS: a record of a handshake. */
const tlsByte = 0x16;

/** Bytes by which the preface of HTTP/2 is told from any request of HTTP/1.1. */
const tellingBytes = 4;

const isPreface = (bytes: Uint8Array): boolean =>
  CONNECTION_PREFACE.subarray(0, tellingBytes).every((byte, at) => bytes[at] === byte);

/** Looks at the first bytes of a client, and gives them back to the socket. */
function begin(
  socket: Socket,
  told: (first: Uint8Array) => void,
  before: Uint8Array = new Uint8Array(0),
): void {
  socket.once("data", (bytes: Uint8Array) => {
    const first = Buffer.concat([before, bytes]);
    if (first[0] === CONNECTION_PREFACE[0] && first.length < tellingBytes) {
      begin(socket, told, first);
      return;
    }
    socket.pause();
    socket.unshift(first);
    told(first);
  });
}

/** What is spoken inside of TLS, what is liked best first. */
function choices(recordings: Recordings, name: string, passes: boolean): readonly ("h2" | "http/1.1")[] {
  // What is passed on goes by HTTP/1.1; who speaks HTTP/2 to it translates.
  if (passes) return ["http/1.1"];
  return recordings.hasHttp2(name) ? ["h2", "http/1.1"] : ["http/1.1", "h2"];
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
