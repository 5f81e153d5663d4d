import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { type HostContext, isIntercepted } from "../host-context.ts";
import { carryTunnel } from "../tunnel-connection.ts";
import { upstreamOf } from "../upstream-address.ts";
import { forwardExchange } from "./forward-exchange.ts";
import { answerOwnPort, leadsBack } from "./own-port.ts";

/** An HTTP server without time limits, as the host's has none, and with Nagle's algorithm, as the host's. */
export function patientServer(): Server {
  const server = createServer({ keepAlive: false, noDelay: false });
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  return server;
}

/** The HTTP proxy: CONNECT opens a tunnel, everything else is forwarded. */
export function proxyServer(context: HostContext): Server {
  const server = patientServer();
  server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const upstream = upstreamOf(request.url ?? "", request.headers.host);
    if (!upstream) {
      context.emit({ type: "error", where: "the proxy", message: "a CONNECT that names no host" });
      socket.destroy();
      return;
    }
    // Before anything is known of the upstream: a client can't tell one that is down from one that hangs up.
    socket.write(`HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\n\r\n`);
    void carryTunnel(context, { kind: "connect", socket, head, upstream });
  });
  server.on("request", (request, response) => {
    const upstream = upstreamOf(request.url ?? "", request.headers.host);
    if (!upstream) {
      context.emit({ type: "error", where: "the proxy", message: "a request that names no host" });
      request.socket.destroy();
      return;
    }
    void leadsBack(context, upstream, request.socket).then((isOwn) => {
      if (isOwn) return answerOwnPort(request, response);
      return forwardExchange(context, request, response, {
        url: upstream.url,
        host: upstream.url.host,
        intercepted: isIntercepted(context, upstream.authority),
        streamsEvents: false,
      });
    });
  });
  return server;
}

/**
 * A local server for one remote.
 *
 * @param remote the remote as it was given, `scheme://host:port`
 */
export function reverseServer(context: HostContext, remote: string): Server {
  const server = patientServer();
  const { origin, hostname } = new URL(remote);
  server.on("request", (request, response) => {
    const target = `${origin}${request.url ?? "/"}`;
    if (!URL.canParse(target)) {
      context.emit({ type: "error", where: remote, message: "a request whose path makes no URL" });
      request.socket.destroy();
      return;
    }
    void forwardExchange(context, request, response, {
      url: new URL(target),
      // Without the port, even where it is not the scheme's own.
      host: hostname,
      // The whole `scheme://host:port` is compared, which no plain `--upstream host:port` equals.
      intercepted: isIntercepted(context, remote),
      streamsEvents: true,
    });
  });
  return server;
}
