/** A client that says one thing and hears all that it is told. */
import type { Peer } from "@faultwire/testkit/host-peers";

/** Says these bytes, and gives what came until the end. */
export async function say(peer: Peer, bytes: readonly number[]): Promise<number[]> {
  peer.send(Uint8Array.from(bytes));
  await peer.until("the end", ({ ended, closed }) => ended || closed);
  const all = [...peer.received()];
  peer.socket.destroy();
  return all;
}
