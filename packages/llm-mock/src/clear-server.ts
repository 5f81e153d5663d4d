import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { longestWaitMs } from "@faultwire/timers";
import type { LlmMockLimits } from "./limits.ts";

/** What HTTP/2 begins with (RFC 9113, section 3.4). No request of HTTP/1 begins with its first three letters. */
const PREFACE = "PRI";

/**
 * A server in clear of HTTP/1.1 and HTTP/2 on one port: AWS's SDK for JavaScript speaks HTTP/2 to Bedrock without asking first,
 * in clear as well.
 *
 * @param limited - Sets the time limits of HTTP/1.1.
 */
export function createClearServer(
  listener: RequestListener,
  { idleTimeoutMs }: LlmMockLimits,
  limited: (server: Server) => Server,
): NetServer {
  const http1 = limited(createServer(listener));
  // The compatible part of its API is all that the listener needs.
  const http2 = createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[1]);
  // A client that breaks its connection sees that by itself.
  http2.on("sessionError", () => {});
  return createNetServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    const close = (): void => {
      socket.destroy();
    };
    socket.setTimeout(Math.min(idleTimeoutMs, longestWaitMs), close);
    onceSpoken(socket, (first) => {
      socket.setTimeout(0);
      socket.off("timeout", close);
      socket.unshift(first);
      const isHttp2 = first.toString("latin1", 0, PREFACE.length) === PREFACE.slice(0, first.length);
      (isHttp2 ? http2 : http1).emit("connection", socket);
      // HTTP/2 takes what is there by itself.
      if (!isHttp2) socket.resume();
    });
  });
}

/** Waits for as many bytes as tell the two apart. */
function onceSpoken(socket: Socket, then: (first: Buffer) => void): void {
  let first: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    first = Buffer.concat([first, chunk]);
    if (first.length < PREFACE.length && PREFACE.startsWith(first.toString("latin1"))) return;
    socket.off("data", take);
    socket.pause();
    then(first);
  };
  socket.on("data", take);
}
