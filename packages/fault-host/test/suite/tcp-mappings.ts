import { connectPeer, type Peer, type TcpOrigin } from "@faultwire/testkit/host-peers";
import type { ScriptedPlugin, TunnelAnswer } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HostImplementation,
  type HostUnderTest,
  held,
  onReads,
  onWrites,
  origin,
  plugin,
  quiet,
  startHost,
  text,
} from "./host-under-test.ts";

/** `--proxy PORT=HOST:PORT`: the same streams, another way of waiting for them. */
export function tcpMappings(implementation: HostImplementation): void {
  async function openMapping(
    plugins: readonly ScriptedPlugin[],
    upstreams: readonly string[] = ["*"],
    scheme: string = "",
  ): Promise<{ host: HostUnderTest; client: Peer; upstream: Peer; target: TcpOrigin }> {
    const target = await origin();
    const host = await startHost(implementation, {
      plugins: plugins.map(({ url }) => url),
      tcpMappings: [`${scheme}${target.authority}`],
      upstreams,
    });
    const client = await connectPeer(host.tcpPorts[0]!);
    onTestFinished(() => void client.socket.destroy());
    const upstream = await target.accept();
    return { host, client, upstream, target };
  }

  describe("a TCP mapping", () => {
    it("wraps both sides like a tunnel, whatever --upstream says", async () => {
      const server = await plugin({ side: "server" });
      const side = await plugin({ side: "client" });
      const { client, upstream } = await openMapping([server, side], ["elsewhere.example:443"]);
      client.send("ping");
      await upstream.untilText("ping");
      upstream.send("pong");
      await client.untilText("pong");
      const seen = (plugin: ScriptedPlugin) =>
        plugin.tunnelCalls().map((call) => [call.direction, text(call.chunk)]);
      expect(seen(side)).toEqual([
        ["ingress", "ping"],
        ["egress", "pong"],
      ]);
      expect(seen(server)).toEqual([
        ["egress", "ping"],
        ["ingress", "pong"],
      ]);
    });

    it("a remote written as https:// is spoken to in clear all the same", async () => {
      const side = await plugin({ side: "server" });
      const { client, upstream } = await openMapping([side], ["*"], "https://");
      client.send("in clear");
      await upstream.untilText("in clear");
      expect(text(side.seen("egress"))).toBe("in clear");
    });

    it("Close on a write call tears both ends down at once", async () => {
      const side = await plugin({ side: "server", tunnel: onWrites(() => ({ kind: "close", reason: "" })) });
      const { client, upstream } = await openMapping([side]);
      client.send("x");
      await client.until("the end", () => client.ended || client.closed);
      await upstream.until("the end", () => upstream.ended || upstream.closed);
      expect(upstream.length).toBe(0);
    });

    it("an error in one direction tears both ends down at once and cancels the other's call", async () => {
      const side = await plugin({
        side: "server",
        tunnel: (call) =>
          call.direction === "egress"
            ? { kind: "error", code: 13, message: "broken on purpose" }
            : new Promise<TunnelAnswer>(() => {}),
      });
      const { client, upstream } = await openMapping([side]);
      upstream.send("held");
      await side.until("the held call", () => side.tunnelCalls("ingress").length === 1);
      client.send("x");
      await client.until("the end", () => client.ended || client.closed);
      await upstream.until("the end", () => upstream.ended || upstream.closed);
      await side.until("the cancellation", () => side.tunnelCalls("ingress")[0]!.cancelled);
    });

    it("Close on a read call ends one direction with a FIN, as in a tunnel", async () => {
      const side = await plugin({ side: "server", tunnel: onReads(() => ({ kind: "close", reason: "" })) });
      const { client, upstream } = await openMapping([side]);
      upstream.send("x");
      await client.until("the FIN", () => client.ended);
      client.send("up");
      await upstream.untilText("up");
    });

    it("the end of one direction loses what the other's copy buffer holds", async () => {
      const first = held<TunnelAnswer>();
      const side = await plugin({
        side: "client",
        tunnel: onWrites(() => (side.tunnelCalls("egress").length === 1 ? first.promise : { kind: "pass" })),
      });
      const { client, upstream } = await openMapping([side]);
      upstream.send("lost");
      await side.until("the write call", () => side.tunnelCalls("egress").length === 1);
      client.socket.end();
      await upstream.until("the client's FIN", () => upstream.ended);
      await quiet();
      first.release({ kind: "pass" });
      await quiet();
      expect(client.length).toBe(0);
      upstream.send("kept");
      await client.untilText("kept");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).not.toContain("kept");
    });
  });
}
