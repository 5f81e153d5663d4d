/**
 * What a client says behind a request that was sent as its connection's last: a carrier asks the upstream to close behind a
 * response that a fault ends. An upstream takes nothing more then (RFC 9112 section 9.6); many answer 400 to it, and the response
 * that is due is lost.
 */
import { describe, expect, it } from "vitest";
import { FaultRig, type FaultRigOptions } from "../../../fault-session/test/support/fault-rig.ts";
import { ticks } from "../support/ticks-carrier.ts";
import type { TunnelProbe } from "../support/tunnel-probe.ts";

const post = "POST /v1/x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\nhi";
const asLast = post.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const chunks = `${events}Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n`;
/** Ends behind an event of which it is not known whether it comes. */
const cut = { kind: "stream.cut", at: { kind: "events", events: 2 }, stop: "reset" } as const;
/** A response that lasts until the upstream ends: a tunnel does not hear when that is. */
const untilClose = ["HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"];

async function begun(options: Partial<FaultRigOptions<TunnelProbe>>): Promise<FaultRig<TunnelProbe>> {
  const rig = new FaultRig({ carrier: ticks, way: "plain", requests: [null, cut], ...options });
  await rig.handshake();
  // The first exchange shows that both sides are wrapped.
  await rig.exchange(post, 50);
  return rig;
}

describe.each(["plain", "decrypted"] as const)(
  "requests behind one that was sent as the last (%s)",
  (way) => {
    const all = (rig: FaultRig<TunnelProbe>): string =>
      rig.upstreamText.replaceAll("\r\n\r\n\r\n", "\r\n\r\n");

    it.each(["in one piece", "one after the other"])("do not reach the upstream, %s", async (how) => {
      const rig = await begun({
        way,
        answer: (_, number) => (number === 0 ? [ok] : [{ afterMs: 20, text: chunks }]),
      });
      if (how === "in one piece") rig.send(post + post + post);
      else for (let number = 0; number < 3; number++) await rig.exchange(post, 5);
      await rig.run(3000);
      expect(all(rig)).toBe(post + asLast);
      expect(rig.received).toBe(ok + chunks);
      expect(rig.clientEnd).toBeDefined();
      expect(rig.told("done")).toHaveLength(1);
    });

    it("end with it where its point does not come and its upstream does not close: no client waits for ever", async () => {
      const rig = await begun({
        way,
        keepsOpen: true,
        answer: (_, number) => [number === 0 ? ok : { afterMs: 20, text: ok }],
      });
      rig.send(post + post);
      await rig.run(5000);
      expect(all(rig)).toBe(post + asLast);
      expect(rig.received).toBe(ok + ok);
      expect(rig.hasEnded).toBe(true);
      expect(rig.told("undone")).toHaveLength(1);
    });
  },
);

describe("a client behind whose request the upstream says its last, without an end that a tunnel could hear", () => {
  it("is read on, so that the host sees when it goes", async () => {
    const rig = await begun({
      keepsOpen: true,
      answer: (_, number) => (number === 0 ? [ok] : [{ afterMs: 20, text: untilClose[0]! }]),
    });
    for (let number = 0; number < 4; number++) await rig.exchange(post, 5);
    await rig.run(70_000);
    expect(rig.received).toBe(ok + untilClose[0]);
    expect(rig.link.isHeld("client")).toBe(false);
    for (let number = 0; number < 200; number++) await rig.exchange(post, 5);
    expect(rig.link.isHeld("client")).toBe(false);
    expect(rig.link.tunnels.heldBytes).toBeLessThan(200_000);
  }, 120_000);
});
