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

    /** An upstream that has been asked, and whose client has reset its own connection. */
    async function resetBehindQuestion() {
      const side = await plugin({ side: "server" });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("asked");
      await upstream.untilText("asked");
      client.socket.resetAndDestroy();
      await quiet();
      expect(upstream.ended || upstream.closed).toBe(false);
      return upstream;
    }

    it("a client's reset is not passed on: the upstream hears of it with the next bytes that it says", async () => {
      const upstream = await resetBehindQuestion();
      // The first write may still be taken by a socket that is gone; the one behind it is not.
      for (let words = 0; words < 50 && !upstream.ended && !upstream.closed; words++) {
        upstream.send("said");
        await quiet();
      }
      await upstream.until("the end", () => upstream.ended || upstream.closed);
    });

    it("a client's reset is not passed on: a silent upstream ends the tunnel by its own end", async () => {
      const upstream = await resetBehindQuestion();
      upstream.socket.end();
      await upstream.until("the end", () => upstream.ended || upstream.closed);
    });
  });
}
