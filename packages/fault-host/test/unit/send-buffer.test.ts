/** A tunnel whose sockets take what the test says: what becomes of a write that is taken in part. */
import { type FaultHostOptions, startFaultHost } from "@faultwire/fault-host";
import { connectTunnel } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytes, onWrites, origin, pattern, plugin, quiet, text } from "../suite/host-under-test.ts";
import { Room } from "../support/room.ts";

/** A tunnel to a client whose socket has the given room. */
async function tunnelInto(room: Room, plugins: readonly string[], options: Partial<FaultHostOptions> = {}) {
  const target = await origin();
  const host = await startFaultHost({
    plugins,
    proxyPort: 0,
    sendBuffer: (end) => (end === "client" ? room : undefined),
    ...options,
  });
  onTestFinished(() => host.close());
  const client = await connectTunnel(host.proxyPort, target.authority);
  onTestFinished(() => void client.socket.destroy());
  return { client, upstream: await target.accept() };
}

describe("a socket that takes what the test says", () => {
  it("without a plugin: what is not taken follows when there is room", async () => {
    const room = new Room(5);
    const { client, upstream } = await tunnelInto(room, []);
    upstream.send("hello there");
    await client.untilText("hello");
    await expect.poll(() => room.isAwaited).toBe(true);
    room.give(3);
    await client.untilText("hello th");
    await expect.poll(() => room.isAwaited).toBe(true);
    room.give(100);
    await client.untilText("hello there");
  });

  it("with a plugin: a part leaves no one to tell of room; nothing at all leaves the host waiting for it", async () => {
    const side = await plugin({ side: "client" });
    for (const [first, awaited] of [
      [5, false],
      [0, true],
    ] as const) {
      const room = new Room(first);
      const { client, upstream } = await tunnelInto(room, [side.url]);
      upstream.send("hello there");
      const before = side.tunnelCalls("egress").length;
      await side.until("the answer", () => side.tunnelCalls("egress")[before]?.answered === true);
      await client.until("what fits", () => client.length === first);
      if (awaited) await expect.poll(() => room.isAwaited).toBe(true);
      else await quiet();
      expect(room.isAwaited).toBe(awaited);
      room.give(100);
      if (!awaited) {
        await quiet();
        expect(client.text()).toBe("hello");
        client.send("anything wakes the tunnel");
      }
      await client.untilText("hello there");
    }
  });

  it("a stuck write gets read calls while the copy buffer has room, and each answer writes on", async () => {
    const room = new Room(4);
    const writes = await plugin({
      side: "client",
      tunnel: onWrites(() => ({ kind: "replace", chunk: pattern(20) })),
    });
    const reads = await plugin({ side: "server" });
    const { client, upstream } = await tunnelInto(room, [writes.url, reads.url]);
    upstream.send("one");
    await client.until("what fits", () => client.length === 4);
    room.give(4);
    for (const more of ["two", "three"]) {
      const before = reads.tunnelCalls("ingress").length;
      upstream.send(more);
      await reads.until("a read call", () => reads.tunnelCalls("ingress").length > before);
    }
    await client.until("the part that fits", () => client.length === 8);
    await expect.poll(() => room.isAwaited).toBe(true);
    room.give(100);
    await client.until("the rest", () => client.length >= 20);
    expect(client.received().subarray(0, 20)).toEqual(pattern(20));
    // What was read during the stuck write counts as written with it.
    expect(writes.tunnelCalls("egress").map(({ chunk }) => text(chunk))).toEqual(["one"]);
  });

  it("a stuck write whose buffer is full gets no read call", async () => {
    const room = new Room(4);
    const writes = await plugin({
      side: "client",
      tunnel: onWrites(() => ({ kind: "replace", chunk: bytes("in part") })),
    });
    const reads = await plugin({ side: "server" });
    const { client, upstream } = await tunnelInto(room, [writes.url, reads.url]);
    upstream.send(new Uint8Array(60_000));
    await client.until("what fits", () => client.length === 4);
    await quiet();
    const calls = reads.tunnelCalls("ingress").length;
    room.give(1000);
    upstream.send("more");
    await quiet();
    expect(reads.tunnelCalls("ingress")).toHaveLength(calls);
    expect(client.length).toBe(4);
  });
});
