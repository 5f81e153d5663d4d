/** What carries bytes between two TLS peers in memory and a bridge. */
import { TlsMemoryPeer as MemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import type { BridgeSide, TlsBridge } from "../../src/index.ts";

export { MemoryPeer };

/** Gives both peers what a bridge has left for them, when nothing more is said. */
export async function deliverRest(client: MemoryPeer, bridge: TlsBridge, server: MemoryPeer): Promise<void> {
  client.give(bridge.take("client"));
  server.give(bridge.take("server"));
  await Promise.all([client.take(), server.take()]);
}

/** How bytes get from one to the other. */
export interface CarryOptions {
  /** Bytes a chunk; whole unless given. */
  readonly chunkBytes?: number;
  /** Whether bytes for a peer leave in answer to the other one's only, as in the tunnel. */
  readonly lockstep?: boolean;
}

/**
 * Carries bytes between a client, a bridge and a server until nobody has anything to say.
 *
 * @returns how many bytes went to whom
 */
export async function carry(
  client: MemoryPeer,
  bridge: TlsBridge,
  server: MemoryPeer,
  { chunkBytes = Number.POSITIVE_INFINITY, lockstep = true }: CarryOptions = {},
): Promise<Record<BridgeSide, number>> {
  const peers: Record<BridgeSide, MemoryPeer> = { client, server };
  const moved: Record<BridgeSide, number> = { client: 0, server: 0 };
  const deliver = (to: BridgeSide): void => {
    const bytes = bridge.take(to);
    moved[to] += bytes.length;
    peers[to].give(bytes);
  };
  if (!lockstep) for (const to of ["client", "server"] as const) deliver(to);
  for (let isQuiet = false; !isQuiet; ) {
    isQuiet = true;
    for (const from of ["client", "server"] as const) {
      const bytes = await peers[from].take();
      if (bytes.length > 0) isQuiet = false;
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        bridge.push(from, bytes.subarray(at, at + chunkBytes));
        await bridge.idle();
        deliver(from === "client" ? "server" : "client");
        if (!lockstep) deliver(from);
      }
    }
  }
  return moved;
}

/** Carries the client's first flight, and the server's answer to it: what the client gets of that is still to be taken. */
export async function firstFlights(client: MemoryPeer, bridge: TlsBridge, server: MemoryPeer): Promise<void> {
  bridge.push("client", await client.take());
  await bridge.idle();
  server.give(bridge.take("server"));
  bridge.push("server", await server.take());
  await bridge.idle();
}
