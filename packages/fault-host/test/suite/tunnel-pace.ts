import { connectPeer, type Peer } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HostImplementation,
  onWrites,
  openTunnel,
  origin,
  pattern,
  plugin,
  quiet,
  startHost,
} from "./host-under-test.ts";

/** The value that `read` gives twice in a row with a quiet time in between. */
async function unchanging(read: () => number): Promise<number> {
  for (;;) {
    const before = read();
    await quiet();
    if (read() === before) return before;
  }
}

/** A delayed acknowledgement takes 40 ms on Linux; a busy machine only adds to that. */
const DELAYED_ACK_MS = 30;
const ROUNDS = 12;

/**
 * How long the second of two small messages took in each of some rounds, in ms, where the receiver answers only when
 * both are there.
 */
async function secondMessageMs(sender: Peer, receiver: Peer): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    receiver.clear();
    sender.clear();
    sender.send("first");
    await receiver.untilText("first");
    const sentAt = performance.now();
    sender.send("second");
    await receiver.untilText("firstsecond");
    took.push(performance.now() - sentAt);
    // A receiver that answers gets its acknowledgements delayed from then on.
    receiver.send("both");
    await sender.untilText("both");
  }
  return took;
}

/** When a tunnel's bytes move, and when they wait. */
export function tunnelPace(implementation: HostImplementation): void {
  /**
   * A tunnel whose client reads again, and whose host holds the rest of a write that the client's socket took in part.
   *
   * @param sent What the upstream says each time; with more than a buffer, the copy buffer is full at the end.
   */
  async function stuckTunnel(sent: Uint8Array) {
    // An idle socket on Linux takes more than the first and less than both together.
    const sizes = [2 << 20, (4 << 20) - 1024];
    const writes = await plugin({
      side: "client",
      tunnel: onWrites(() => ({
        kind: "replace",
        chunk: new Uint8Array(sizes[writes.tunnelCalls("egress").length - 1] ?? 1),
      })),
    });
    const reads = await plugin({ side: "server" });
    const tunnel = await openTunnel(implementation, [writes, reads]);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    tunnel.client.socket.pause();
    for (const call of sizes.keys()) {
      if (call === 0 || sent.length === 1) tunnel.upstream.send(sent);
      await writes.until("the answer", () => writes.tunnelCalls("egress")[call]?.answered === true);
      await quiet();
    }
    const callsBefore = reads.tunnelCalls("ingress").length;
    tunnel.client.socket.resume();
    const stalledAt = await unchanging(() => tunnel.client.length);
    expect([sizes[0]! < stalledAt, stalledAt < all]).toEqual([true, true]);
    return { ...tunnel, reads, callsBefore, stalledAt };
  }

  describe("the pace of a tunnel", () => {
    it("a write that the socket takes only in part waits for the tunnel's next wake-up", async () => {
      const piece = new Uint8Array(1 << 20);
      const side = await plugin({
        side: "client",
        tunnel: onWrites(() => ({ kind: "replace", chunk: piece })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.socket.pause();
      upstream.send(new Uint8Array(1 << 20));
      await unchanging(() => side.tunnelCalls("egress").length);
      client.socket.resume();
      const stalledAt = await unchanging(() => client.length);
      expect(stalledAt).toBeGreaterThan(0);
      expect(stalledAt % piece.length).not.toBe(0);
      client.send("wake");
      await client.until("more", () => client.length > stalledAt);
    });

    it("while such a write waits, a buffer with room is read into, which wakes the tunnel", async () => {
      const { client, upstream, reads, callsBefore, stalledAt } = await stuckTunnel(new Uint8Array(1));
      upstream.send("wake");
      await client.until("more", () => client.length > stalledAt);
      await reads.until("the read call", () => reads.tunnelCalls("ingress").length > callsBefore);
    });

    it("while such a write waits, a buffer without room is not: nothing wakes the tunnel", async () => {
      const { client, upstream, reads, callsBefore, stalledAt } = await stuckTunnel(new Uint8Array(1 << 16));
      upstream.send("wakes nothing");
      await quiet();
      expect([client.length, reads.tunnelCalls("ingress").length]).toEqual([stalledAt, callsBefore]);
      client.send("wake");
      await client.until("more", () => client.length > stalledAt);
    });

    it("in a CONNECT tunnel a small write waits for the acknowledgement of the one before (Nagle)", async () => {
      const { client, upstream } = await openTunnel(implementation, []);
      expect(Math.max(...(await secondMessageMs(upstream, client)))).toBeGreaterThan(DELAYED_ACK_MS);
      expect(Math.max(...(await secondMessageMs(client, upstream)))).toBeGreaterThan(DELAYED_ACK_MS);
    });

    it("so does the end of a message that is longer than the copy buffer, without any plugin", async () => {
      const { client, upstream } = await openTunnel(implementation, []);
      const took = async (length: number): Promise<number> => {
        let longest = 0;
        for (let round = 0; round < ROUNDS; round++) {
          client.clear();
          const sentAt = performance.now();
          upstream.send(pattern(length));
          await client.until("the message", () => client.length === length);
          longest = Math.max(longest, performance.now() - sentAt);
          upstream.clear();
          client.send("got it");
          await upstream.untilText("got it");
        }
        return longest;
      };
      expect(await took(12_000)).toBeGreaterThan(DELAYED_ACK_MS);
    });

    it("in a TCP mapping it does not", async () => {
      const target = await origin();
      const host = await startHost(implementation, { plugins: [], tcpMappings: [target.authority] });
      const client = await connectPeer(host.tcpPorts[0]!);
      onTestFinished(() => void client.socket.destroy());
      const upstream = await target.accept();
      const took = await secondMessageMs(upstream, client);
      // Most of them: a busy machine delays some, and Nagle would delay nearly all.
      expect(took.filter((ms) => ms < DELAYED_ACK_MS).length).toBeGreaterThan(ROUNDS / 3);
    });
  });
}
