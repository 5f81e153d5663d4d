/** What is kept to end a connection with: it ends it, goes back in order, and holds nobody up for long. */
import { describe, expect, it } from "vitest";
import { FaultRig, type FaultRigOptions } from "../../../fault-session/test/support/fault-rig.ts";
import { ticks } from "../support/ticks-carrier.ts";
import type { TunnelProbe } from "../support/tunnel-probe.ts";

const get = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const event = "9\r\ndata: 1\n\n\r\n";
const cut = { kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "reset" } as const;

async function begun(options: Partial<FaultRigOptions<TunnelProbe>>): Promise<FaultRig<TunnelProbe>> {
  const rig = new FaultRig({
    carrier: ticks,
    way: "decrypted",
    requests: [cut, null],
    keepsOpen: true,
    ...options,
  });
  await rig.handshake();
  return rig;
}

describe("a connection that is to be reset", () => {
  it.each([1, 100, 4096])(
    "ends behind the last byte before the point, read %i bytes at a time",
    async (chunkBytes) => {
      const rig = await begun({ chunkBytes, answer: () => [head + event] });
      await rig.exchange(get, 3000);
      expect(rig.received).toBe(head + event);
      expect([...rig.link.ended].sort()).toEqual(["client", "server"]);
      expect(rig.told("done").length).toBe(1);
    },
  );

  it("ends in plain HTTP, too, once the tunnel has shown that both its sides are wrapped", async () => {
    const rig = await begun({
      way: "plain",
      requests: [null, cut],
      answer: (_, number) =>
        number === 0 ? ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"] : [head + event],
    });
    await rig.exchange(get, 50);
    await rig.exchange(get, 50);
    expect(rig.received.endsWith(head + event)).toBe(true);
    expect([...rig.link.ended].sort()).toEqual(["client", "server"]);
    expect(rig.told("done").length).toBe(1);
  });

  it("goes on where the point never comes: the next request arrives whole", async () => {
    const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const rig = await begun({ answer: () => [ok] });
    await rig.exchange(get, 50);
    await rig.exchange(get, 50);
    expect(rig.received).toBe(ok + ok);
    expect(rig.told("undone").length).toBe(1);
    expect(rig.upstreamText.replace("connection: close\r\n", "")).toBe(`${get}\r\n${get}`);
    expect([...rig.link.ended]).toEqual([]);
  });

  it("is given back after a minute, though the upstream has said nothing, and the client is read on", async () => {
    const rig = await begun({ answer: () => [] });
    const first = get.replace(/\r\n$/, "connection: close\r\n\r\n");
    await rig.exchange(get, 59_000);
    expect(rig.upstreamText).toBe(first);
    await rig.run(2000);
    expect(rig.upstreamText).toBe(`${first}\r\n`);
    await rig.exchange(get, 50);
    // The upstream was asked to close behind its response, so nothing more goes to it.
    expect(rig.upstreamText).toBe(`${first}\r\n`);
    expect(rig.link.isHeld("client")).toBe(false);
    expect(rig.upstreamError).toBe(undefined);
  }, 120_000);

  it("is kept where a request comes meanwhile, which a host may read all the same, and ends the connection", async () => {
    const rig = await begun({ answer: () => [{ afterMs: 200, text: head + event }] });
    await rig.exchange(get, 50);
    await rig.exchange(get, 50);
    expect(rig.upstreamText).toBe(get.replace(/\r\n$/, "connection: close\r\n\r\n"));
    await rig.run(1000);
    expect(rig.received).toBe(head + event);
    expect([...rig.link.ended].sort()).toEqual(["client", "server"]);
    expect(rig.told("done").length).toBe(1);
  });

  it("is given up after a minute where what the upstream says can't be read: its client is read on", async () => {
    const rig = await begun({ answer: () => ["no HTTP at all\r\n\r\n"] });
    await rig.exchange(get, 59_000);
    expect([...rig.link.ended]).toEqual([]);
    await rig.run(2000);
    // The upstream ends when it hears the end of that direction.
    expect([...rig.link.ended]).toEqual(["client", "server"]);
    expect(rig.received).toBe("no HTTP at all\r\n\r\n");
  }, 120_000);
});
