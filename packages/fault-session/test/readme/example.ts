import type { Socket } from "node:net";
import { type Carrier, ConnectionSession, FaultDesk, type FaultPolicy } from "@faultwire/fault-session";

/** Joins a client and its upstream; what the policy decides happens to the requests in between. */
export function join(client: Socket, upstream: Socket, policy: FaultPolicy): void {
  const sockets = { client, server: upstream };
  const carrier: Carrier = {
    now: () => performance.now(),
    send: (to, bytes) => sockets[to].write(bytes),
    end(to, how) {
      if (how === "reset") sockets[to].resetAndDestroy();
      else sockets[to].end();
      if (session.isCut) upstream.destroy();
    },
    whenGone(to, _what, told) {
      if (sockets[to].writableEnded || sockets[to].destroyed) told(true);
      else sockets[to].write("", () => told(true));
    },
  };
  const session = new ConnectionSession({ carrier, policy, desk: new FaultDesk(), tell: () => {} });
  for (const [from, socket] of [["client", client] as const, ["server", upstream] as const]) {
    socket.on("data", (bytes) => session.receive(from, bytes));
    socket.on("end", () => session.ended(from, "fin"));
    socket.on("error", () => session.ended(from, "reset"));
  }
  client.on("close", () => session.finish());
}
