import type { TunnelAnswer } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it } from "vitest";
import {
  type HostImplementation,
  held,
  onReads,
  onWrites,
  openTunnel,
  plugin,
  quiet,
} from "./host-under-test.ts";

/** The value that `read` gives twice in a row with a quiet time in between. */
async function unchanging(read: () => number): Promise<number> {
  for (;;) {
    const before = read();
    await quiet();
    if (read() === before) return before;
  }
}

/** How tunnels die, and what their plugins see of it. */
export function tunnelEnds(implementation: HostImplementation): void {
  describe("the end of a tunnel", () => {
    it("a held write call is cancelled when both directions have ended", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onWrites(() => new Promise<TunnelAnswer>(() => {})),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("held");
      await side.until("the call", () => side.tunnelCalls().length === 1);
      client.socket.resetAndDestroy();
      await quiet();
      expect(side.tunnelCalls()[0]!.cancelled).toBe(false);
      upstream.socket.end();
      await side.until("the cancellation", () => side.tunnelCalls()[0]!.cancelled);
      await upstream.until("the end", () => upstream.ended || upstream.closed);
    });

    it("a held read call is not cancelled when both ends are gone: the tunnel lives until the answer", async () => {
      const answer = held<TunnelAnswer>();
      const side = await plugin({ side: "client", tunnel: onReads(() => answer.promise) });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("held");
      await side.until("the call", () => side.tunnelCalls().length === 1);
      client.socket.resetAndDestroy();
      upstream.socket.end();
      await quiet();
      expect(side.tunnelCalls()[0]!.cancelled).toBe(false);
      expect(upstream.ended || upstream.closed).toBe(false);
      answer.release({ kind: "pass", chunk: new TextEncoder().encode("late") });
      await upstream.untilText("late");
      await upstream.until("the end", () => upstream.ended || upstream.closed);
    });

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
  });
}
