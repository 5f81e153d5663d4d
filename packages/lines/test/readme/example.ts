import { connect, createServer, type Socket } from "node:net";
import { joinLines, type LineClock, SocketLine } from "@faultwire/lines";

/** A server that joins each client with an upstream: half-closes and resets go on as what they are. */
export function relay(upstreamPort: number, clock: LineClock): ReturnType<typeof createServer> {
  const line = (socket: Socket): SocketLine => new SocketLine(socket, clock, console.error);
  return createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const upstream = connect({ port: upstreamPort, host: "127.0.0.1", allowHalfOpen: true });
    joinLines(line(socket), line(upstream), { moved() {}, closed() {} });
  });
}
