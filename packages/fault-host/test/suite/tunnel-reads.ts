import type { TunnelAnswer } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it } from "vitest";
import {
  bytes,
  type HostImplementation,
  held,
  onReads,
  openTunnel,
  pattern,
  plugin,
  quiet,
  text,
} from "./host-under-test.ts";

/** What each answer does on a read call: bytes on their way out of the wrapped stream. */
export function tunnelReads(implementation: HostImplementation): void {
  describe("answers to a read call", () => {
    it("PassThrough with a chunk: the chunk goes on, whatever the bytes were", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onReads(() => ({ kind: "pass", chunk: bytes("given") })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("original");
      await client.untilText("given");
    });

    it("an empty PassThrough loses the bytes", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onReads((call) =>
          text(call.chunk) === "lost" ? { kind: "pass" } : { kind: "pass", chunk: call.chunk },
        ),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("lost");
      await side.until("the answer", () => side.tunnelCalls("ingress")[0]?.answered === true);
      upstream.send("kept");
      await client.untilText("kept");
    });

    it("Replace may be longer than every buffer of the host", async () => {
      const long = pattern(300_000);
      const side = await plugin({
        side: "server",
        tunnel: onReads(() => ({ kind: "replace", chunk: long })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("x");
      await client.until("the long answer", () => client.length === long.length);
      expect(client.received()).toEqual(long);
    });

    it("an empty Replace swallows the chunk and reads the next", async () => {
      const side = await plugin({
        side: "client",
        tunnel: onReads((call) => ({
          kind: "replace",
          chunk: text(call.chunk) === "swallowed" ? new Uint8Array(0) : call.chunk,
        })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("swallowed");
      await side.until("the answer", () => side.tunnelCalls("ingress")[0]?.answered === true);
      client.send("next");
      await upstream.untilText("next");
    });

    it("Buffer drops the bytes and stalls the direction until something else wakes the tunnel", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onReads((call) =>
          text(call.chunk) === "one" ? { kind: "buffer", ms: 1 } : { kind: "pass", chunk: call.chunk },
        ),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("one");
      await side.until("the answer", () => side.tunnelCalls("ingress")[0]?.answered === true);
      await quiet();
      upstream.send("two");
      await quiet();
      expect(side.tunnelCalls("ingress")).toHaveLength(1);
      client.send("the other direction wakes the tunnel");
      await client.untilText("two");
    });

    it("Close on server → client: the client gets a FIN, and its own direction runs on", async () => {
      const side = await plugin({
        side: "server",
        tunnel: onReads(() => ({ kind: "close", reason: "enough" })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("x");
      await client.until("the FIN", () => client.ended);
      expect(client.length).toBe(0);
      client.send("still going up");
      await upstream.untilText("still going up");
      expect(upstream.closed || upstream.ended).toBe(false);
    });

    it("Close on client → server: the upstream gets a FIN, and its own direction runs on", async () => {
      const side = await plugin({
        side: "client",
        tunnel: onReads(() => ({ kind: "close", reason: "enough" })),
      });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("x");
      await upstream.until("the FIN", () => upstream.ended);
      upstream.send("still coming down");
      await client.untilText("still coming down");
      expect(client.ended).toBe(false);
      upstream.socket.end();
      await client.until("the FIN by way of the upstream", () => client.ended);
    });

    const failures: readonly (readonly [string, TunnelAnswer])[] = [
      ["no action", { kind: "none" }],
      ["a gRPC error", { kind: "error", code: 13, message: "broken on purpose" }],
      ["a reset call", { kind: "reset", code: 2 }],
      ["an HTTP error in place of gRPC", { kind: "http", status: 503 }],
      ["no message at all", { kind: "no-message" }],
      ["bytes that are no message", { kind: "raw", message: Uint8Array.of(0x0a, 0xff) }],
      ["a message over 4 MiB", { kind: "replace", chunk: new Uint8Array(4 * 1024 * 1024) }],
    ];
    for (const [name, answer] of failures)
      it(`${name} ends this direction without a FIN, and the other runs on`, async () => {
        const side = await plugin({ side: "server", tunnel: onReads(() => answer) });
        const { client, upstream } = await openTunnel(implementation, [side]);
        upstream.send("x");
        await side.until("the answer", () => side.tunnelCalls("ingress")[0]?.answered === true);
        client.send("still going up");
        await upstream.untilText("still going up");
        await quiet();
        expect(client.ended || client.closed).toBe(false);
        expect(client.length).toBe(0);
        client.socket.end();
        await client.until("the end of the tunnel", () => client.ended || client.closed);
      });

    it("a message of just under 4 MiB is taken", async () => {
      const big = pattern(4 * 1024 * 1024 - 64);
      const side = await plugin({ side: "server", tunnel: onReads(() => ({ kind: "replace", chunk: big })) });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("x");
      await client.until("the big answer", () => client.length === big.length);
    });

    it("with both sides registered, the next read call is made while the write call of the last is held", async () => {
      const answer = held<TunnelAnswer>();
      const server = await plugin({
        side: "server",
        tunnel: (call) =>
          call.direction === "egress" ? answer.promise : { kind: "pass", chunk: call.chunk },
      });
      const side = await plugin({ side: "client" });
      const { client, upstream } = await openTunnel(implementation, [server, side]);
      client.send("one");
      await server.until("the write call", () => server.tunnelCalls("egress").length === 1);
      client.send("two");
      await side.until("the second read call", () => side.tunnelCalls("ingress").length === 2);
      await quiet();
      expect(upstream.length).toBe(0);
      answer.release({ kind: "pass" });
      await upstream.untilText("onetwo");
    });
  });
}
