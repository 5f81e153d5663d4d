import type { Http2SecureServer, Http2Server } from "node:http2";
import type { StreamHandler } from "./unary-fast-path.ts";
import { UnaryFastPathError } from "./unary-fast-path-error.ts";

/**
 * Shows each new stream of a server to `handler` first; what that does not take goes to the server's own
 * `request` listeners (connect's adapter, say) as if nothing had been in between.
 *
 * Node makes a compat `request` of every stream in a `stream` listener of its own, which it adds with the first
 * `request` listener. A second `stream` listener beside that one would see the same stream: both would answer it. So
 * this takes Node's listener off, and calls it for the streams that are left. CONNECT and `expect` stay Node's work.
 *
 * Call it once, after the last `request` listener was added and before the server listens.
 *
 * @throws {@link UnaryFastPathError} `no-request-listener`
 * @example
 * const server = createServer(connectNodeAdapter({ routes }));
 * takeStreamsFirst(server, unaryFastPath({ service, methods }));
 */
export function takeStreamsFirst(server: Http2Server | Http2SecureServer, handler: StreamHandler): void {
  if (server.listenerCount("request") === 0)
    throw new UnaryFastPathError(
      "no-request-listener",
      "the server has no request listener for the streams that are left; add one before",
    );
  const others = server.listeners("stream") as ((...facts: unknown[]) => void)[];
  server.removeAllListeners("stream");
  // The two kinds of server have the same events; their union can't be called.
  (server as Http2Server).on("stream", (stream, headers, ...rest) => {
    if (handler(stream, headers)) return;
    // `rest` has more in it than the types say: Node's own listener makes `rawHeaders` of the last.
    for (const other of others) other.call(server, stream, headers, ...rest);
  });
}
