/** Faults of connections: what arrives, when, and how it ends. */
import type { Fault, Moment } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { EndKind } from "../../../src/index.ts";
import { FaultRig, type Setting } from "../fault-rig.ts";
import { post, sampleFaults } from "../sample-faults.ts";
import {
  allWays,
  exchangeWith,
  expectEnd,
  type FaultCase,
  handshakeMs,
  openWays,
  tlsWays,
} from "./fault-case.ts";

const body = "0123456789".repeat(100);
const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const serverBytes = (bytes: number) => ({ kind: "bytes", from: "server", bytes }) as const;
const clientBytes = (bytes: number) => ({ kind: "bytes", from: "client", bytes }) as const;

/** A connection with a fault, up to the answer to a request. */
async function connectWith(on: Setting, fault: Fault, ms: number): Promise<FaultRig> {
  const rig = new FaultRig({ ...on, connection: fault, answer: () => [whole] });
  if (on.way !== "plain") await rig.run(handshakeMs);
  rig.send(post);
  await rig.run(ms);
  return rig;
}

function closings(kind: "connection.close" | "connection.reset"): FaultCase[] {
  const how: EndKind = kind === "connection.close" ? "fin" : "reset";
  const early: readonly Moment[] = ["client-hello", "server-hello", "established"];
  return [
    ...early.map(
      (moment): FaultCase => ({
        kind,
        does: `ends the client's connection at ${moment}, and the upstream sees no request`,
        ways: tlsWays,
        async run(on) {
          const rig = await connectWith(on, { kind, at: { kind: "moment", moment } }, 100);
          expectEnd(rig, how);
          expect(rig.received).toBe("");
          expect(rig.upstreamText).toBe("");
          expect(rig.hasCloseNotify).toBe(false);
          expect(rig.told("done").map(({ fault }) => fault)).toEqual([kind]);
        },
      }),
    ),
    {
      kind,
      does: "ends it at the first record behind the handshake",
      ways: ["opaque"],
      async run(on) {
        const rig = await connectWith(on, { kind, at: { kind: "moment", moment: "request" } }, 100);
        expectEnd(rig, how);
        expect([rig.received, rig.upstreamText]).toEqual(["", ""]);
        expect(rig.told("done").length).toBe(1);
      },
    },
    {
      kind,
      does: "ends it at a request, which the upstream does not see",
      ways: openWays,
      async run(on) {
        const { rig, text } = await exchangeWith(on, sampleFaults[kind], undefined);
        expect(text).toBe("");
        expect(rig.upstreamText).not.toContain("POST");
        expectEnd(rig, how);
        expect(rig.hasCloseNotify).toBe(on.way === "decrypted" && how === "fin");
        const isReset = on.way === "decrypted" && rig.clientEnd === "reset";
        expect(rig.clientError).toBe(isReset ? "ECONNRESET" : undefined);
        expect(rig.told("end").map(({ how }) => how)).toEqual(["failed"]);
      },
    },
    {
      kind,
      does: "ends it in place of the response's head",
      ways: openWays,
      async run(on) {
        const fault = { kind, at: { kind: "moment", moment: "response-head" } } as const;
        const { rig, text } = await exchangeWith(on, fault, () => [whole]);
        expect(text).toBe("");
        expect(rig.upstreamRequests[0]).toContain("POST /v1/messages");
        expectEnd(rig, how);
        expect(rig.told("done").length).toBe(1);
      },
    },
    {
      kind,
      does: "ends it after exactly so many bytes of a response, whatever the chunks",
      ways: openWays,
      async run(on) {
        for (const chunkBytes of [7, 4096])
          for (const bytes of [1, 60, 500]) {
            const fault = { kind, at: serverBytes(bytes) } as const;
            const more = { chunkBytes };
            const { rig, text } = await exchangeWith(on, fault, () => [whole], 3000, more);
            expect(text).toBe(whole.slice(0, bytes));
            expectEnd(rig, how);
            expect(rig.told("end").map(({ how }) => how)).toEqual(["cut"]);
          }
      },
    },
    {
      kind,
      does: "ends a whole connection at exactly that byte, or in place of the chunk with it, either way",
      ways: allWays,
      async run(on) {
        const isPlain = on.way === "plain";
        for (const at of [serverBytes(isPlain ? 30 : 800), clientBytes(isPlain ? 30 : 200)]) {
          const rig = await connectWith(on, { kind, at }, 200);
          expectEnd(rig, how);
          const reached = at.from === "server" ? "client" : "server";
          const isExact = on.carrier.isExact;
          if (isExact) expect(rig.link.got(reached).length).toBe(at.bytes);
          const isShown = isExact && isPlain && at.from === "server";
          expect(rig.received).toBe(isShown ? whole.slice(0, at.bytes) : "");
          expect(rig.told("done").length).toBe(1);
        }
      },
    },
    {
      kind,
      does: "says so where the connection ends before the point",
      ways: allWays,
      async run(on) {
        const rig = await connectWith(on, { kind, at: serverBytes(1_000_000) }, 100);
        expect(rig.received).toBe(whole);
        await rig.link.close();
        expect(rig.told("undone")[0]?.reason).toMatch(/bytes before that$/);
      },
    },
  ];
}

export const connectionCases: readonly FaultCase[] = [
  ...closings("connection.close"),
  ...closings("connection.reset"),
  ...(["client-hello", "server-hello", "established"] as const).map(
    (moment): FaultCase => ({
      kind: "connection.stall",
      does: `lets nothing reach the client from ${moment} on, for so long`,
      ways: tlsWays,
      async run(on) {
        const at = { kind: "moment", moment } as const;
        const rig = await connectWith(on, { kind: "connection.stall", at, forMs: 400 }, 250);
        expect(rig.received).toBe("");
        await rig.run(400);
        expect(rig.received).toBe(whole);
        expect(rig.hasEnded).toBe(false);
      },
    }),
  ),
  {
    kind: "connection.stall",
    does: "keeps a request back for so long",
    ways: openWays,
    async run(on) {
      const { rig, arrivals, text } = await exchangeWith(
        on,
        sampleFaults["connection.stall"],
        () => [whole],
        400,
      );
      expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(300);
      expect(text).toBe(whole);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "connection.stall",
    does: "for ever: nothing arrives and nothing ends, whatever the upstream does",
    ways: openWays,
    async run(on) {
      for (const at of [sampleFaults["connection.stall"].at, serverBytes(60)] as const) {
        const fault = { kind: "connection.stall", at, forMs: null } as const;
        const { rig, text } = await exchangeWith(on, fault, () => [whole, null], 3000);
        expect(text).toBe(at.kind === "bytes" ? whole.slice(0, 60) : "");
        expect(rig.hasEnded).toBe(false);
      }
    },
  },
  {
    kind: "connection.stall",
    does: "in a response: exactly so many bytes, then silence for so long, then the rest",
    ways: openWays,
    async run(on) {
      const fault = { kind: "connection.stall", at: serverBytes(60), forMs: 500 } as const;
      const { arrivals, text } = await exchangeWith(on, fault, () => [whole], 700);
      expect(text).toBe(whole);
      const early = arrivals.filter(({ atMs }) => atMs < 500);
      expect(early.map((arrival) => arrival.text).join("")).toBe(whole.slice(0, 60));
      expect(early.at(-1)?.atMs).toBeLessThan(100);
    },
  },
  {
    kind: "connection.latency",
    does: "makes a whole connection late once",
    ways: allWays,
    async run(on) {
      const rig = await connectWith(
        on,
        { kind: "connection.latency", per: "connection", duration: fixed(300) },
        200,
      );
      expect(rig.received).toBe("");
      await rig.run(300);
      expect(rig.received).toBe(whole);
      const arrivals = await rig.exchange(post, 100);
      expect(arrivals[0]?.atMs).toBeLessThan(100);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "connection.latency",
    does: "makes every chunk late",
    ways: allWays,
    async run(on) {
      const rig = await connectWith(on, sampleFaults["connection.latency"], 1500);
      expect(rig.received).toBe(whole);
      for (let request = 0; request < 2; request++) {
        const arrivals = await rig.exchange(post, 400);
        expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(200);
        expect(arrivals[0]?.atMs).toBeLessThan(300);
      }
    },
  },
  {
    kind: "connection.latency",
    does: "makes one request late",
    ways: openWays,
    async run(on) {
      const fault = { kind: "connection.latency", per: "request", duration: fixed(250) } as const;
      const { arrivals, text } = await exchangeWith(on, fault, () => [whole], 400);
      expect(text).toBe(whole);
      expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(250);
    },
  },
  {
    kind: "connection.throttle",
    does: "lets a response through at so many bytes a second, in pieces of a twentieth of a second",
    ways: openWays,
    async run(on) {
      const { rig, arrivals, text } = await exchangeWith(
        on,
        sampleFaults["connection.throttle"],
        () => [whole],
        1300,
      );
      expect(text).toBe(whole);
      const lastMs = arrivals.at(-1)?.atMs ?? 0;
      expect(lastMs).toBeGreaterThanOrEqual(1000);
      expect(arrivals.length).toBeGreaterThanOrEqual(18);
      expect(rig.hasEnded).toBe(false);
    },
  },
  {
    kind: "connection.throttle",
    does: "slows the bytes of a whole connection, either way",
    ways: allWays,
    async run(on) {
      for (const from of ["server", "client", "both"] as const) {
        const fault = { kind: "connection.throttle", from, bytesPerSecond: 4000 } as const;
        const rig = await connectWith(on, fault, 3000);
        expect(rig.received).toBe(whole);
        const arrivals = await rig.exchange(post, 2000);
        const firstMs = arrivals[0]?.atMs ?? 0;
        const lastMs = arrivals.at(-1)?.atMs ?? 0;
        if (from !== "server") expect(firstMs).toBeGreaterThanOrEqual(Math.floor(post.length / 4));
        if (from !== "client") expect(lastMs).toBeGreaterThanOrEqual(200);
        expect(rig.received).toBe(whole + whole);
      }
    },
  },
  {
    kind: "connection.slice",
    does: "sends a response in slices, with gaps",
    ways: openWays,
    async run(on) {
      const { arrivals, text } = await exchangeWith(
        on,
        { ...sampleFaults["connection.slice"], bytes: 100 },
        () => [whole],
        600,
      );
      expect(text).toBe(whole);
      const inBody = arrivals.filter(({ text: piece }) => piece.length === 100);
      expect(inBody.length).toBeGreaterThanOrEqual(9);
      for (const [at, { atMs }] of inBody.entries())
        if (at > 0) expect(atMs - (inBody[at - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(10);
    },
  },
  {
    kind: "connection.slice",
    does: "sends the bytes of a whole connection in slices",
    ways: allWays,
    async run(on) {
      const rig = await connectWith(
        on,
        { kind: "connection.slice", from: "server", bytes: 200, gapMs: 10 },
        1500,
      );
      expect(rig.received).toBe(whole);
      const before = rig.link.writeSizes("client").length;
      await rig.exchange(post, 300);
      expect(rig.received).toBe(whole + whole);
      const sizes = rig.link.writeSizes("client").slice(before);
      expect(sizes.length).toBeGreaterThanOrEqual(Math.floor(whole.length / 200));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    },
  },
  {
    kind: "connection.corrupt",
    does: "flips a bit of every byte of a response's body",
    ways: openWays,
    async run(on) {
      const { arrivals, text } = await exchangeWith(on, sampleFaults["connection.corrupt"], () => [whole]);
      expect(arrivals.length).toBeGreaterThan(0);
      const start = whole.length - body.length;
      expect(text.slice(0, start)).toBe(whole.slice(0, start));
      for (let at = 0; at < body.length; at++) {
        const flipped = text.charCodeAt(start + at) ^ body.charCodeAt(at);
        expect(flipped > 0 && (flipped & (flipped - 1)) === 0).toBe(true);
      }
    },
  },
  {
    kind: "connection.corrupt",
    does: "flips bits of a whole connection: what is broken is noticed, or arrives",
    ways: allWays,
    async run(on) {
      const fault = { ...sampleFaults["connection.corrupt"], fromByte: 100, toByte: 200 };
      const rig = await connectWith(on, fault, 200);
      expect(rig.told("done").length).toBe(1);
      if (on.way === "plain") {
        expect(rig.received.length).toBe(whole.length);
        expect(rig.received).not.toBe(whole);
      } else expect(rig.clientError).toBeDefined();
    },
  },
];
