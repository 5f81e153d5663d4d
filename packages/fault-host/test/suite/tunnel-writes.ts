import type { TunnelAnswer } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it } from "vitest";
import {
  bytes,
  type HostImplementation,
  held,
  onWrites,
  openTunnel,
  pattern,
  plugin,
  quiet,
  text,
} from "./host-under-test.ts";

/** What each answer does on a write call: bytes on their way into the wrapped stream. */
export function tunnelWrites(implementation: HostImplementation): void {
  /** A tunnel whose first write call, of "one", is held while "two" arrives; `answer` releases it. */
  async function withTopUp(answer: TunnelAnswer) {
    const first = held<TunnelAnswer>();
    const side = await plugin({
      side: "server",
      tunnel: onWrites((call) => (text(call.chunk).startsWith("one") ? first.promise : { kind: "pass" })),
    });
    const tunnel = await openTunnel(implementation, [side]);
    tunnel.client.send("one");
    await side.until("the write call", () => side.tunnelCalls("egress").length === 1);
    tunnel.client.send("two");
    await quiet();
    first.release(answer);
    return { ...tunnel, side };
  }

  describe("answers to a write call", () => {
    it("an empty PassThrough takes all that the buffer holds by then, though the plugin saw only its beginning", async () => {
      const { client, upstream, side } = await withTopUp({ kind: "pass" });
      await upstream.untilText("onetwo");
      client.send("three");
      await upstream.untilText("onetwothree");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(["one", "three"]);
    });

    it("PassThrough with a chunk loses the bytes that came during the call", async () => {
      const { client, upstream, side } = await withTopUp({ kind: "pass", chunk: bytes("ONE,") });
      await upstream.untilText("ONE,");
      client.send("three");
      await upstream.untilText("ONE,three");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(["one", "three"]);
    });

    it("Replace loses the bytes that came during the call", async () => {
      const { client, upstream, side } = await withTopUp({ kind: "replace", chunk: bytes("ONE,") });
      await upstream.untilText("ONE,");
      client.send("three");
      await upstream.untilText("ONE,three");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(["one", "three"]);
    });

    it("a call of 8192 bytes can't be topped up and loses nothing", async () => {
      const first = held<TunnelAnswer>();
      const all = pattern(20_000);
      const side = await plugin({
        side: "server",
        tunnel: onWrites((call) => {
          if (side.tunnelCalls("egress").length === 1) return first.promise;
          return { kind: "pass", chunk: call.chunk };
        }),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send(all);
      await side.until("the write call", () => side.tunnelCalls("egress").length === 1);
      await quiet();
      expect(side.tunnelCalls("egress")[0]!.chunk.length).toBe(8192);
      first.release({ kind: "replace", chunk: all.subarray(0, 8192) });
      await upstream.until("the second buffer", () => upstream.length >= 16_384);
      expect(upstream.received().subarray(0, 16_384)).toEqual(all.subarray(0, 16_384));
    });

    it("Replace may be longer than the chunk", async () => {
      const side = await plugin({
        side: "client",
        tunnel: onWrites(() => ({ kind: "replace", chunk: pattern(20_000) })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("x");
      await client.until("the answer", () => client.length === 20_000);
      expect(client.received()).toEqual(pattern(20_000));
    });

    it("after an empty Replace the same chunk is offered again at once, until the answer is not empty", async () => {
      let offers = 0;
      const side = await plugin({
        side: "server",
        tunnel: onWrites((call) => {
          offers++;
          if (offers < 20) return { kind: "replace", chunk: new Uint8Array(0) };
          return { kind: "pass", chunk: call.chunk };
        }),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("again");
      await upstream.untilText("again");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(Array(20).fill("again"));
    });

    it("after Buffer the same chunk is offered again when something else wakes the tunnel", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onWrites(() =>
          side.tunnelCalls("egress").length === 1 ? { kind: "buffer", ms: 1 } : { kind: "pass" },
        ),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("kept");
      await side.until("the answer", () => side.tunnelCalls("egress")[0]?.answered === true);
      await quiet();
      expect(side.tunnelCalls("egress")).toHaveLength(1);
      upstream.send("wake");
      await upstream.untilText("kept");
      expect(side.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(["kept", "kept"]);
      await client.untilText("wake");
    });

    it("Close ends this direction only: the client hangs until the upstream gives up", async () => {
      const side = await plugin({ side: "server", tunnel: onWrites(() => ({ kind: "close", reason: "" })) });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("never arrives");
      await side.until("the answer", () => side.tunnelCalls("egress")[0]?.answered === true);
      upstream.send("the other direction runs on");
      await client.untilText("the other direction runs on");
      await quiet();
      expect(client.ended || client.closed || upstream.ended || upstream.closed).toBe(false);
      upstream.socket.end();
      await client.until("the end of the tunnel", () => client.ended || client.closed);
      expect(upstream.length).toBe(0);
    });

    const failures: readonly (readonly [string, TunnelAnswer])[] = [
      ["no action", { kind: "none" }],
      ["a gRPC error", { kind: "error", code: 14, message: "broken on purpose" }],
    ];
    for (const [name, answer] of failures)
      it(`${name} ends this direction only`, async () => {
        const side = await plugin({ side: "server", tunnel: onWrites(() => answer) });
        const { client, upstream } = await openTunnel(implementation, [side]);
        client.send("never arrives");
        await side.until("the answer", () => side.tunnelCalls("egress")[0]?.answered === true);
        upstream.send("down");
        await client.untilText("down");
        await quiet();
        expect(client.ended || client.closed || upstream.ended || upstream.closed).toBe(false);
        expect(upstream.length).toBe(0);
      });

    it("a chunk whose source has ended is still offered, and the FIN follows it", async () => {
      const answer = held<TunnelAnswer>();
      const side = await plugin({ side: "server", tunnel: onWrites(() => answer.promise) });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.socket.end("last");
      await side.until("the write call", () => side.tunnelCalls("egress").length === 1);
      await quiet();
      expect(upstream.ended).toBe(false);
      answer.release({ kind: "pass" });
      await upstream.untilText("last");
      await upstream.until("the FIN", () => upstream.ended);
    });
  });
}
