/** An answer that goes out in parts: what the client gets, when, and that no filler ever reaches it. */
import { describe, expect, it } from "vitest";
import { type Arrival, FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { ticks } from "../support/ticks-carrier.ts";

const get = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
const body = Array.from({ length: 6 }, (_, number) => `event: e\ndata: {"n":${number}}\n\n`).join("");
const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n`;
const paced = { kind: "stream.pace", firstEventMs: 100, eventMs: 100, jitterMs: 0 } as const;

/** When the byte at that place was there. */
function arrivalOf(arrivals: readonly Arrival[], place: number): number {
  let bytes = 0;
  for (const { text, atMs } of arrivals) {
    bytes += text.length;
    if (bytes > place) return atMs;
  }
  return Number.NaN;
}

describe.each(["plain", "decrypted"] as const)(
  "a response that the upstream has said in one go (%s)",
  (way) => {
    it.each([1, 7, 64, 4096])("goes out event by event, read %i bytes at a time", async (chunkBytes) => {
      const rig = new FaultRig({
        carrier: ticks,
        way,
        chunkBytes,
        requests: [paced],
        answer: () => [head + body],
      });
      await rig.run(way === "plain" ? 1 : 1500);
      const arrivals = await rig.exchange(get, 2000);
      expect(arrivals.map(({ text }) => text).join("")).toBe(head + body);
      for (let number = 0; number < 6; number++) {
        const last = head.length + (body.length / 6) * (number + 1) - 1;
        // No earlier than its time, and no later than reading it so slowly takes.
        expect(arrivalOf(arrivals, last)).toBeGreaterThanOrEqual(100 * (number + 1));
        expect(arrivalOf(arrivals, last)).toBeLessThan(100 * (number + 1) + 20 + 4 * (head + body).length);
      }
      expect(rig.upstreamRequests).toEqual([get]);
    });

    it("leaves the connection as usable as before", async () => {
      const rig = new FaultRig({
        carrier: ticks,
        way,
        requests: [paced, null, paced],
        answer: () => [head + body],
      });
      await rig.run(60);
      for (let request = 0; request < 3; request++) {
        const arrivals = await rig.exchange(get, 800);
        expect(arrivals.map(({ text }) => text).join("")).toBe(head + body);
      }
      expect(rig.told("done").length).toBe(2);
      expect(rig.hasEnded).toBe(false);
    });

    it("goes out whole when the process is to stop in the middle of it, and then ends", async () => {
      const rig = new FaultRig({ carrier: ticks, way, requests: [paced], answer: () => [head + body] });
      await rig.run(60);
      await rig.exchange(get, 250);
      rig.link.tunnels.drain();
      await rig.run(20);
      expect(rig.received).toBe(head + body);
      expect(rig.clientError).toBe(undefined);
    });

    it("is followed by the upstream's end, not overtaken by it", async () => {
      const rig = new FaultRig({ carrier: ticks, way, requests: [paced], answer: () => [head + body, null] });
      await rig.run(60);
      const arrivals = await rig.exchange(get, 800);
      expect(arrivals.map(({ text }) => text).join("")).toBe(head + body);
      expect(rig.hasEnded).toBe(true);
      expect(rig.hasCloseNotify).toBe(way === "decrypted");
    });
  },
);
