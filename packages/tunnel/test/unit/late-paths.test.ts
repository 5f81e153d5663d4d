/** What happens late or on the way out: a close while something waits, a drain, a failure that the other side has to hear of. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";
import { ticks } from "../support/ticks-carrier.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const get = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const events = Array.from({ length: 20 }, (_, number) => `event: e\ndata: {"n":${number}}\n\n`).join("");
const stream = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${events.length}\r\n\r\n${events}`;
const settled = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Faults that hold a call, or bytes, at the moment at which the table is closed. */
const holding: Readonly<Record<string, { readonly connection?: Fault; readonly request?: Fault }>> = {
  "a stall": {
    connection: { kind: "connection.stall", at: { kind: "moment", moment: "request" }, forMs: null },
  },
  "a pace": { request: sampleFaults["stream.pace"] },
  slices: { connection: sampleFaults["connection.slice"] },
  "slices of what the client says": {
    connection: { kind: "connection.slice", from: "client", bytes: 10, gapMs: 20 },
  },
  latency: { connection: sampleFaults["connection.latency"] },
  "a throttle": { connection: sampleFaults["connection.throttle"] },
  "a delay": { request: sampleFaults["http.delay"] },
  "an answer of ours, without a call to go with": { request: errorFault("anthropic/overloaded_error", 1) },
  "a reset at a point, with a reserve": {
    request: { kind: "stream.cut", after: { events: 2 }, stop: "reset" } as never,
  },
};

describe.each(["plain", "decrypted"] as const)("a close of the table (%s)", (way) => {
  it.each(Object.entries(holding))(
    "while %s waits: nothing comes of it later",
    async (_, { connection, request }) => {
      const rig = new FaultRig({
        carrier: ticks,
        way,
        ...(connection && { connection }),
        requests: [null, request ?? null],
        answer: () => [stream],
        onQuestion: [],
        keepsOpen: true,
      });
      await rig.handshake();
      await rig.exchange(get, 600);
      rig.send(get);
      await rig.run(60);
      const { link } = rig;
      link.close();
      expect(link.timers.armed).toBe(0);
      expect(link.tunnels.size).toBe(0);
      expect(link.tunnels.heldBytes).toBe(0);
      const before = {
        got: link.got("client").length,
        server: link.got("server").length,
        events: link.events.length,
        told: rig.policy.events.length,
        ended: link.ended.size,
      };
      // Requests that were under way are told of before the close is over, each once.
      const ends = rig.told("end").map((event) => event.request);
      expect(new Set(ends).size).toBe(ends.length);
      expect(
        rig
          .told("request")
          .map((event) => event.request)
          .filter((name) => !ends.includes(name)),
      ).toEqual([]);
      link.timers.advance(100_000);
      await settled();
      expect({
        got: link.got("client").length,
        server: link.got("server").length,
        events: link.events.length,
        told: rig.policy.events.length,
        ended: link.ended.size,
      }).toEqual(before);
    },
  );
});

it("a close in the middle of a handshake's arithmetic: nothing comes of it later", async () => {
  const tunnel = new HttpsTunnel({ policy: scriptedPolicy() });
  for (let turn = 0; turn < 3; turn++) {
    tunnel.probe.says("client", await tunnel.client.take());
    await tunnel.probe.run(1);
  }
  const { probe } = tunnel;
  const events = probe.events.length;
  probe.tunnels.close();
  const got = probe.got("server").length;
  await probe.run(50);
  expect(probe.got("server").length).toBe(got);
  expect(probe.events.slice(events).map(({ type }) => type)).not.toContain("bug");
  expect(probe.timers.armed).toBe(0);
});

it("one side only: a request that is under way is told as abandoned at the close", async () => {
  const policy = scriptedPolicy({ request: () => errorFault("anthropic/overloaded_error", 1) });
  const probe = new TunnelProbe({ policy, sides: ["server"] });
  probe.says("client", get);
  probe.tunnels.close();
  expect(policy.events.map(({ type }) => type)).toEqual(expect.arrayContaining(["undone", "end"]));
  expect(policy.events.at(-1)).toMatchObject({ type: "end", how: "abandoned" });
});

describe.each(["plain", "decrypted"] as const)("a drain (%s)", (way) => {
  it.each([
    "stream.pace",
    "http.delay",
    "connection.slice",
    "connection.latency",
    "connection.throttle",
  ] as const)("sends what %s holds, at once, and loses no byte", async (kind) => {
    const fault = sampleFaults[kind];
    const isOfBytes = kind.startsWith("connection.");
    const rig = new FaultRig({
      carrier: ticks,
      way,
      ...(isOfBytes ? { connection: fault } : { requests: [null, fault] }),
      answer: (_, number) => [number === 0 ? ok : stream],
    });
    await rig.handshake();
    rig.send(get);
    await rig.runUntil(() => rig.received.endsWith("ok"), 8000);
    rig.send(get);
    await rig.runUntil(
      () => rig.upstreamRequests.filter((head) => !head.startsWith("OPTIONS")).length === 2,
      8000,
    );
    await rig.run(20);
    expect(rig.received).not.toContain('{"n":19}');
    rig.link.tunnels.drain();
    await rig.run(60);
    expect(rig.received).toBe(ok + stream);
  });

  it("lets go of what the client has said, too, once both sides are proven to be wrapped", async () => {
    const hold: Fault = { kind: "connection.slice", from: "client", bytes: 10, gapMs: 500 };
    const slow = new FaultRig({ carrier: ticks, way, connection: hold, answer: () => [ok] });
    await slow.handshake();
    for (let number = 1; number <= 2; number++) {
      slow.send(get);
      if (number === 1) await slow.runUntil(() => slow.received === ok, 15_000);
    }
    await slow.run(20);
    expect(slow.upstreamText.length).toBeLessThan(2 * get.length);
    slow.link.tunnels.drain();
    await slow.run(30);
    expect(slow.upstreamText).toBe(get + get);
    expect(slow.received).toBe(ok + ok);
  });

  it("lets go of what the client says first", async () => {
    const hold: Fault = { kind: "connection.slice", from: "client", bytes: 10, gapMs: 500 };
    const rig = new FaultRig({ carrier: ticks, way: "plain", connection: hold, answer: () => [ok] });
    rig.send(get);
    await rig.run(20);
    expect(rig.upstreamText.length).toBeLessThan(get.length);
    rig.link.tunnels.drain();
    await rig.run(30);
    expect(rig.upstreamText).toBe(get);
    expect(rig.received).toBe(ok);
  });
});

describe("an echo that is not what was given", () => {
  it.each(["client", "server"] as const)(
    "of what the %s said ends the other direction as well",
    async (from) => {
      const probe = new TunnelProbe({ policy: scriptedPolicy({ isTarget: () => false }) });
      const to = from === "client" ? "server" : "client";
      // Both directions have proven that they are wrapped.
      probe.says("client", "\u0001hello");
      await probe.run(30);
      probe.says("server", "\u0002welcome");
      await probe.run(30);
      const answers: string[] = [];
      const call = (side: "client" | "server", kind: "read" | "write", text: string): void => {
        probe.tunnels.handle({ id: "t", side, kind, chunk: new TextEncoder().encode(text) }, ({ action }) => {
          answers.push(`${side} ${kind} ${action.case}`);
        });
      };
      call(from, "read", "more");
      await probe.run(30);
      call(to, "write", "something else than it was given");
      await probe.run(30);
      expect(answers).toEqual([`${from} read replace`, `${to} write close`]);
      expect(probe.events.map(({ type }) => type)).toContain("mismatch");
      // The other direction has nothing wrong with it, and ends all the same.
      // The upstream is made to speak first where the client's end needs that.
      const isOver = (): boolean => answers.includes(`${to} read close`);
      for (let number = 0; number < 3 && !isOver(); number++) {
        call(to, "read", "behind it");
        await probe.run(6000);
      }
      expect(isOver()).toBe(true);
    },
  );
});

describe("a host that turns out to have wrapped one side, in the middle of a changed connection", () => {
  it("has both directions ended: neither peer could go on with a part", async () => {
    const changed = sampleFaults["stream.pace"];
    const policy = scriptedPolicy({ request: (number) => (number === 1 ? changed : null) });
    const probe = new TunnelProbe({ policy, wraps: ["client"] });
    probe.says("client", get);
    await probe.run(30);
    probe.says("client", get);
    await probe.run(11_000);
    expect(probe.events.map(({ type }) => type)).toContain("unpaired");
    probe.says("client", get);
    probe.says("server", ok);
    await probe.run(30);
    expect([...probe.ended].sort()).toEqual(["client", "server"]);
    expect(probe.got("client").length).toBe(0);
  });
});
