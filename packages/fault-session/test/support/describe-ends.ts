/** Ends on a carrier with two sockets: whose end it is, how, and what still goes before it. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { allWays, dechunk, openWays } from "./fault-cases/fault-case.ts";
import { FaultRig, type FaultRigOptions, type Said } from "./fault-rig.ts";
import type { Link, RigCarrier } from "./link.ts";
import { chunk, post, readablePost, sampleEvents, sampleFaults, streamHead } from "./sample-faults.ts";
import { errorFault } from "./scripted-policy.ts";

/** A link that says when the carrier has let go of its connection. */
interface ClosingLink extends Link {
  readonly isClosed: boolean;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const everything = sampleEvents.join("");
const stream = `${streamHead}${sampleEvents.map(chunk).join("")}0\r\n\r\n`;
const untilClose = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const first = sampleEvents[0] ?? "";
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
/** So long a carrier may keep a reset back behind bytes, which systems would throw away. */
const resetMs = 60;

type Rig = FaultRig<ClosingLink>;

/** Defines the tests of a carrier that is exact. */
export function describeEnds(carrier: RigCarrier<ClosingLink>): void {
  async function asked(
    way: FaultRigOptions["way"],
    fault: Fault | null,
    said: readonly Said[],
    request = post,
    isFirst = true,
  ): Promise<Rig> {
    const requests = isFirst ? [fault] : [null, fault];
    const rig = new FaultRig({ carrier, way, requests, answer: () => said });
    await rig.handshake();
    if (!isFirst) await rig.exchange(post, 10);
    await rig.exchange(request, 10);
    return rig;
  }

  describe.each(openWays)("%s", (way) => {
    const isTls = way === "decrypted";

    it.each(["fin", "reset"] as const)(
      "the upstream's end goes on as it was, behind a response that is still being sent slowly: %s",
      async (how) => {
        const rig = await asked(way, sampleFaults["stream.pace"], [stream]);
        rig.link.ends("server", how);
        await rig.run(400);
        expect([rig.hasEnded, dechunk(rig.received).isWhole]).toEqual([false, false]);
        await rig.run(1500);
        expect(dechunk(rig.received)).toEqual({ body: everything, isWhole: true });
        expect(rig.clientEnd).toBe(how);
        expect(rig.told("done").length).toBe(1);
      },
    );

    it.each([sampleFaults["stream.drop"], null])(
      "a response that the upstream's reset cuts off ends by a reset (%o)",
      async (fault) => {
        const rig = await asked(way, fault, [streamHead + chunk(first)]);
        rig.link.ends("server", "reset");
        await rig.run(resetMs);
        expect(dechunk(rig.received)).toEqual({ body: first, isWhole: false });
        expect(rig.clientEnd).toBe("reset");
        expect(rig.told("end")).toMatchObject([{ how: "cut" }]);
      },
    );

    it.each([sampleFaults["stream.drop"], null])(
      "a body without a length ends by the upstream's FIN, and is cut off by its reset (%o)",
      async (fault) => {
        for (const how of ["fin", "reset"] as const) {
          const rig = await asked(way, fault, [untilClose + everything]);
          rig.link.ends("server", how);
          await rig.run(resetMs);
          const body = fault ? everything.replace(sampleEvents[1] ?? "", "") : everything;
          expect(rig.received).toBe(untilClose + body);
          expect(rig.clientEnd).toBe(how);
          expect(rig.told("end")).toMatchObject([{ how: how === "fin" ? "complete" : "cut" }]);
        }
      },
    );

    it("a client's reset ends the upstream's connection at once, whatever is held", async () => {
      const stall: Fault = { ...sampleFaults["connection.stall"], forMs: null };
      const rig = await asked(way, stall, [ok], post, false);
      const before = rig.link.got("server").length;
      rig.link.ends("client", "reset");
      await rig.run(resetMs);
      expect(rig.upstreamEnd).toBe("reset");
      expect(rig.link.got("server").length).toBe(before);
      rig.link.ends("server");
      await rig.run(1);
      expect([rig.link.isClosed, rig.link.remains]).toEqual([true, 0]);
    });

    it("a client that ends its half gets the answer that is still to come late", async () => {
      const late: Fault = {
        ...errorFault("anthropic/overloaded_error"),
        delay: { beforeHead: fixed(300), beforeBody: null, perChunk: null },
      } as Fault;
      const rig = await asked(way, late, [ok], post, false);
      if (isTls) rig.tls.client.socket.end();
      else rig.link.ends("client");
      await rig.run(100);
      expect([rig.upstreamEnd, rig.hasEnded]).toEqual(["fin", false]);
      await rig.run(300);
      expect(rig.received.slice(ok.length)).toMatch(/^HTTP\/1\.1 529 /);
      expect([rig.clientEnd, rig.told("done").length]).toEqual(["fin", 1]);
      expect(rig.link.isClosed).toBe(true);
    });

    it.each([
      { what: "a response", at: { kind: "bytes", from: "server", bytes: 60 } },
      { what: "a request", at: { kind: "moment", moment: "request" } },
    ] as const)(
      "a silence in $what that lasts for ever is woken by nothing, and ends with both peers",
      async ({ at }) => {
        const rig = await asked(way, { kind: "connection.stall", at, forMs: null }, [stream]);
        await rig.run(100);
        expect([rig.hasEnded, rig.link.timers.armed]).toEqual([false, 0]);
        if (isTls) rig.tls.client.socket.destroy();
        else rig.link.ends("client");
        await rig.run(100);
        expect(rig.upstreamEnd).toBe("fin");
        expect([rig.link.isClosed, rig.link.remains]).toEqual([true, 0]);
      },
    );

    it("heads say of the connection what their senders said, though a fault is to end it", async () => {
      const message = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 40\r\n\r\n";
      const request = post.replace("Host:", "Connection: keep-alive\r\nHost:");
      const rig = await asked(way, sampleFaults["http.truncate"], [message + "x".repeat(40)], request);
      expect(rig.upstreamText).toBe(readablePost.replace("Host:", "Connection: keep-alive\r\nHost:"));
      expect(rig.received).toBe(message + "x".repeat(20));
      expect([rig.clientEnd, rig.upstreamEnd]).toEqual(["fin", "fin"]);
    });

    it("a changed response that its upstream ends the connection with does so at the client's", async () => {
      const message =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
      const rig = await asked(way, sampleFaults["http.delay"], [message, null]);
      await rig.run(700);
      expect(rig.received).toBe(message);
      expect([rig.clientEnd, rig.told("done").length]).toEqual(["fin", 1]);
    });
  });

  describe.each(allWays)("a slow line (%s)", (way) => {
    it.each([
      { kind: "connection.throttle", from: "server", bytesPerSecond: 5000 },
      { kind: "connection.latency", per: "chunk", duration: fixed(200) },
      { kind: "connection.slice", from: "server", bytes: 200, gapMs: 20 },
    ] as const)(
      "brings what the upstream has said before its end, and then that end: $kind",
      async (fault) => {
        const rig = new FaultRig({ carrier, way, connection: fault, answer: () => [ok, null] });
        await rig.run(60);
        rig.send(post);
        await rig.run(3000);
        expect(rig.received).toBe(ok);
        expect([rig.clientEnd, rig.link.isClosed]).toEqual(["fin", true]);
      },
    );
  });

  describe("TLS that is opened", () => {
    it("takes what a client says in one go with the end of its handshake, and its own end behind that", async () => {
      for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
        const only = { minVersion: version, maxVersion: version } as const;
        const tls = { client: only, upstream: only };
        const rig = new FaultRig({ carrier, way: "decrypted", answer: () => [ok], tls });
        const { socket } = rig.tls.client;
        socket.once("secureConnect", () => socket.end(post, "latin1"));
        await rig.run(60);
        expect(rig.upstreamText).toBe(post);
        expect(rig.received).toBe(ok);
        expect([rig.clientEnd, rig.clientError]).toEqual(["fin", undefined]);
      }
    });

    it("tells of an upstream that ends in the middle of the handshake; either peer's end goes on", async () => {
      for (const from of ["server", "client"] as const) {
        const rig = new FaultRig({ carrier, way: "decrypted" });
        rig.link.says("client", await rig.tls.client.take());
        await rig.link.run(5);
        rig.link.ends(from, "reset");
        await rig.link.run(resetMs);
        expect(rig.link.endOf(from === "server" ? "client" : "server")).toBe("reset");
        await rig.link.close();
        const failed = rig.link.events.filter(({ type }) => type === "session-failed");
        expect(failed.length).toBe(from === "server" ? 1 : 0);
      }
    });
  });
}
