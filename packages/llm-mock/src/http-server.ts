import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { longestWaitMs } from "@faultwire/timers";
import type { LlmMockLimits } from "./limits.ts";

/** What HTTP/2 begins with (RFC 9113, section 3.4). No request of HTTP/1 begins with its first three letters. */
const PREFACE = "PRI";

/** What TLS begins with: a record of the handshake (RFC 8446, section 5.1). No request begins with it. */
const TLS_RECORD = 0x16;

/** Hands a connection to the server of its version. */
type Take = (socket: Socket, isHttp2: boolean) => void;

/**
 * A server of HTTP/1.1 and HTTP/2 on one port. Over TLS, HTTP/2 is for clients that offer nothing else, unless it is preferred;
 * in clear, for those that begin with it. AWS's SDK for JavaScript is both to Bedrock.
 *
 * @param tls - Left out, the server is in clear.
 * @param prefersHttp2 - Whether clients that offer both get HTTP/2 over TLS.
 * @param alsoInClear - Whether a port with TLS answers in clear, too.
 */
export function createHttpServer(
  listener: RequestListener,
  limits: LlmMockLimits,
  tls: TlsOptions | undefined,
  prefersHttp2: boolean,
  alsoInClear = false,
): NetServer {
  const take = takeBy(listener, limits);
  if (!tls) return createNetServer({ noDelay: true }, (socket) => onceSpoken(socket, limits, take));
  const server = createTlsServer({
    ...tls,
    noDelay: true,
    ALPNCallback: ({ protocols }) => protocolOf(protocols, prefersHttp2),
  });
  // A client that breaks its handshake sees that by itself.
  server.on("tlsClientError", (_, socket) => socket.destroy());
  server.on("secureConnection", (socket) => take(socket, socket.alpnProtocol === "h2"));
  if (!alsoInClear) return server;
  return createNetServer({ noDelay: true }, (socket) =>
    onceSpoken(socket, limits, take, (hello) => server.emit("connection", hello)),
  );
}

const protocolOf = (offered: readonly string[], prefersHttp2: boolean): string | undefined =>
  (prefersHttp2 ? ["h2", "http/1.1"] : ["http/1.1", "h2"]).find((protocol) => offered.includes(protocol));

function takeBy(listener: RequestListener, { requestTimeoutMs, idleTimeoutMs }: LlmMockLimits): Take {
  const http1 = createServer(listener);
  http1.requestTimeout = requestTimeoutMs;
  http1.headersTimeout = requestTimeoutMs;
  // Node makes a timer of it for each connection.
  http1.keepAliveTimeout = Math.min(idleTimeoutMs, longestWaitMs);
  // The part of its API that is the same is all that the listener needs.
  const http2 = createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[1]);
  http2.on("sessionError", () => {});
  http2.setTimeout(Math.min(idleTimeoutMs, longestWaitMs));
  return (socket, isHttp2) => {
    socket.on("error", () => {});
    (isHttp2 ? http2 : http1).emit("connection", socket);
  };
}

/**
 * Waits for as many bytes as tell what a client speaks, and gives them back.
 *
 * @param takeTls - Takes a client that begins with TLS. Left out, such a client is taken for one of HTTP/1.1.
 */
function onceSpoken(
  socket: Socket,
  { idleTimeoutMs }: LlmMockLimits,
  take: Take,
  takeTls?: (socket: Socket) => void,
): void {
  let first: Buffer = Buffer.alloc(0);
  let isTaken = false;
  const close = (): void => {
    socket.destroy();
  };
  // What came while this process was busy is read before it counts as nothing.
  const tooLate = (): void => {
    setImmediate(() => {
      if (!isTaken) close();
    });
  };
  const look = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    if (first.length < PREFACE.length && PREFACE.startsWith(first.toString("latin1"))) return;
    isTaken = true;
    socket.off("data", look).off("timeout", tooLate).setTimeout(0);
    socket.pause();
    socket.unshift(first);
    if (takeTls && first[0] === TLS_RECORD) {
      takeTls(socket);
      return;
    }
    const isHttp2 = first.toString("latin1", 0, PREFACE.length) === PREFACE;
    take(socket, isHttp2);
    // HTTP/2 takes what is there by itself.
    if (!isHttp2) socket.resume();
  };
  socket.on("error", close);
  socket.setTimeout(Math.min(idleTimeoutMs, longestWaitMs), tooLate);
  socket.on("data", look);
}
