/** What is left of tunnels whose clients went away in the middle: nothing, within seconds, whatever the host tells of it. */
import type { Fault } from "@faultwire/fault-engine";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { beforeEach, describe, expect, it } from "vitest";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import { errorFault } from "../../../fault-session/test/support/scripted-policy.ts";
import { tunnelLimits } from "../../src/index.ts";
import { recordings } from "../fuzz/recordings.ts";
import { ascii, events, get, QuietHost, short } from "../support/quiet-host.ts";
import { ticks } from "../support/ticks-carrier.ts";

const whys = (host: QuietHost): string[] => [
  ...new Set(host.told.flatMap((event) => (event.type === "closed" ? [event.why] : []))),
];
const atEstablished = { kind: "moment", moment: "established" } as const;
/** Where the first record of a peer ends. */
const recordEnd = (said: Uint8Array): number => 5 + ((said[3]! << 8) | said[4]!);
const faults = {
  "stream.pace of 100 ms": { ...sampleFaults["stream.pace"], firstEventMs: 100 },
  "connection.slice of 16 bytes": { kind: "connection.slice", from: "server", bytes: 16, gapMs: 20 },
} as const satisfies Record<string, Fault>;

describe.each(Object.entries(faults))("100 clients that go away in mid-stream, under %s", (_, fault) => {
  let host: QuietHost;
  beforeEach(() => {
    host = new QuietHost(fault);
  });

  /** 100 clients that go away; what is left of them is what tests have of them, too. */
  async function dieOf(host: QuietHost): Promise<void> {
    host.isGone = false;
    await host.open(100);
    expect(host.got.size).toBe(100);
    host.isGone = true;
    await host.run(40_000);
    host.tunnels.sweep();
    host.told.splice(0);
    host.policy.events.splice(0);
    host.cancels.clear();
    host.got.clear();
  }

  it("leave nothing behind some seconds later, though the host tells nothing of it", async () => {
    await dieOf(host);
    const before = await usedBytes();
    await dieOf(host);
    expect(host.tunnels.heldBytes).toBe(0);
    expect(host.tunnels.size).toBe(0);
    expect(host.timers.armed).toBe(0);
    expect((await usedBytes()) - before).toBeLessThan(1_000_000);
  });

  it("are told of as clients that did not come for their answers", async () => {
    await host.open(2);
    host.isGone = true;
    await host.run(40_000);
    host.tunnels.sweep();
    expect(whys(host)).toEqual(["unclaimed"]);
  });

  it("leave nothing behind at once where the host cancels a call", async () => {
    await host.open(100);
    host.isGone = true;
    for (const cancel of [...host.cancels.values()]) cancel();
    // A host has a write call in hand as long as parts of an answer wait for their time.
    expect(host.tunnels.heldBytes).toBe(0);
    expect(host.tunnels.size).toBe(0);
  });

  it("are not taken for dead while the host comes for what it is given", async () => {
    await host.open(3);
    for (let second = 0; second < 20; second++) {
      await host.run(1000);
      host.tunnels.sweep();
    }
    expect(host.tunnels.size).toBe(3);
  });
});

describe("what all tunnels hold together", () => {
  const fault = faults["stream.pace of 100 ms"];

  it("has a limit: tunnels give way whose answers are unclaimed, then those that were quiet for longest", async () => {
    const host = new QuietHost(fault, { maxHeldBytes: 40_000_000 });
    await host.open(3);
    const one = host.tunnels.heldBytes / 3;
    expect(one).toBeGreaterThan(events.length / 2);
    const small = new QuietHost(fault, { maxHeldBytes: Math.floor(one * 2.5) });
    await small.open(3);
    expect(small.tunnels.size).toBe(2);
    expect(whys(small)).toEqual(["memory"]);
    expect(small.tunnels.heldBytes).toBeLessThanOrEqual(one * 2.5);
    // The answer of a tunnel that was given up is told as such, with what it held.
    expect(small.told).toContainEqual(
      expect.objectContaining({ type: "closed", why: "memory", heldBytes: expect.any(Number) }),
    );
  });

  it("is kept by tunnels in an order: unclaimed answers first, then the one that was quiet for longest", async () => {
    const host = new QuietHost(fault, { maxHeldBytes: 60_000 });
    const begun = (bytes: number): string => `GET /v1/x HTTP/1.1\r\nx: ${"a".repeat(bytes)}`;
    for (const id of ["first-0", "second-0"]) {
      host.says(id, "client", begun(16_000));
      await host.run(50);
    }
    // An exchange proves that both sides are wrapped; for the answer to the next call the host does not come.
    host.says("gone-0", "client", get.replace("/v1/x", "/first"));
    await host.run(50);
    host.says("gone-0", "server", short);
    await host.run(200);
    host.says("gone-0", "client", get);
    host.isGone = true;
    await host.run(50);
    host.isGone = false;
    const closed = (): string[] =>
      host.told.flatMap((event) => (event.type === "closed" ? [`${event.tunnel} ${event.why}`] : []));
    expect([closed(), host.tunnels.size]).toEqual([[], 3]);
    host.says("more-0", "client", begun(28_000));
    await host.run(100);
    expect(closed()).toEqual(["gone-0 memory", "first-0 memory"]);
  });

  it("counts requests without a response by what they cost, and not by their few bytes", async () => {
    const host = new QuietHost(fault);
    const pipelined = get.replace("/v1/x", "/").repeat(100);
    const open = async (name: string, count: number): Promise<void> => {
      for (let number = 0; number < count; number++) {
        host.says(`${name}${number}-0123-4567-89ab-0123456789ab`, "client", pipelined);
        await host.run(20);
      }
      host.told.splice(0);
      host.policy.events.splice(0);
    };
    await open("before", 30);
    const before = { used: await usedBytes(), held: host.tunnels.heldBytes };
    await open("then", 60);
    const used = (await usedBytes()) - before.used;
    const held = host.tunnels.heldBytes - before.held;
    expect(host.tunnels.size).toBe(90);
    expect(used).toBeLessThan(held * 1.5);
    expect(held).toBeLessThan(used * 2);
  });

  it("a tunnel that was given up is closed, not passed on: the host may hold bytes that no peer may get", async () => {
    const host = new QuietHost(fault);
    await host.open(1);
    host.isGone = true;
    await host.run(40_000);
    host.tunnels.sweep();
    const answers: (string | undefined)[] = [];
    for (const kind of ["read", "write"] as const)
      host.tunnels.handle({ id: "t0-0", side: "client", kind, chunk: new Uint8Array(8192) }, ({ action }) =>
        answers.push(action.case),
      );
    expect(answers).toEqual(["close", "close"]);
    expect(host.tunnels.size).toBe(0);
  });
});

describe("a receiver that may be alive, and reads nothing", () => {
  it("has its tunnel left alone for minutes", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    const large = `HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n${"x".repeat(90_000)}`;
    host.says("t0-0", "client", get.replace("/v1/x", "/first"));
    await host.run(50);
    host.says("t0-0", "server", large);
    await host.run(2000);
    expect(host.got.get("t0-0")).toBe(large.length);
    host.says("t0-0", "server", "x");
    host.isGone = true;
    await host.run(60_000);
    host.tunnels.sweep();
    expect(host.tunnels.size).toBe(1);
    await host.run(tunnelLimits.maxPausedMs);
    host.tunnels.sweep();
    expect(host.tunnels.size).toBe(0);
  });
});

describe("a tunnel that can't rest, because something is held in the middle", () => {
  it("is given up where a record of TLS has begun and its rest does not come", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    const [client, server] = (await recordings())[1]!;
    host.saysBytes("t0-0", "client", client.slice(0, 600));
    await host.run(20);
    host.saysBytes("t0-0", "server", server.slice(0, 60));
    await host.run(20);
    host.timers.advance(tunnelLimits.maxPausedMs - 1000);
    host.tunnels.sweep();
    expect([host.tunnels.size, host.tunnels.resting]).toEqual([1, 0]);
    host.timers.advance(1000);
    host.tunnels.sweep();
    expect(whys(host)).toEqual(["in-record"]);
    expect(host.tunnels.size).toBe(0);
  });

  it("is given up in the middle of a fault's work, later than any client waits, and is closed if it speaks", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    host.says("t0-0", "client", get.replace("/v1/x", "/first"));
    await host.run(30);
    host.says("t0-0", "server", short);
    await host.run(30);
    host.says("t0-0", "client", get);
    await host.run(30);
    host.timers.advance(tunnelLimits.maxInMessageMs - 1000);
    host.tunnels.sweep();
    expect([host.tunnels.size, host.tunnels.resting]).toEqual([1, 0]);
    host.timers.advance(1000);
    host.tunnels.sweep();
    expect(whys(host)).toEqual(["in-message"]);
    expect(host.policy.events.at(-1)).toMatchObject({ type: "end", how: "abandoned" });
    const answers: (string | undefined)[] = [];
    const chunk = ascii(short);
    host.tunnels.handle({ id: "t0-0", side: "server", kind: "read", chunk }, ({ action }) =>
      answers.push(action.case),
    );
    expect(answers).toEqual(["close"]);
  });
});

describe("a tunnel that can't rest, whatever is spoken", () => {
  const sweptAt = (host: QuietHost, ms: number): readonly string[] => {
    host.timers.advance(ms);
    host.tunnels.sweep();
    return whys(host);
  };

  it("is given up where a fault waits for a moment that does not come", async () => {
    const host = new QuietHost({ ...sampleFaults["connection.stall"], at: atEstablished });
    const [client, server] = (await recordings())[1]!;
    host.saysBytes("t0-0", "client", client.slice(0, recordEnd(client)));
    await host.run(20);
    host.saysBytes("t0-0", "server", server.slice(0, recordEnd(server)));
    await host.run(20);
    expect(sweptAt(host, tunnelLimits.maxInMessageMs - 1000)).toEqual([]);
    expect([host.tunnels.size, host.tunnels.resting]).toEqual([1, 0]);
    expect(sweptAt(host, 1000)).toEqual(["in-message"]);
    expect(host.policy.events.filter(({ type }) => type === "undone")).toHaveLength(1);
    // Nothing of it was changed or held, so what is still said passes.
    const answers: (string | undefined)[] = [];
    const chunk = ascii("x");
    host.tunnels.handle({ id: "t0-0", side: "server", kind: "read", chunk }, ({ action }) =>
      answers.push(action.case),
    );
    expect(answers).toEqual(["replace"]);
  });

  it("is closed if it speaks where something of it was held: the rest alone would be another message", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    host.says("t0-0", "client", "GET /v1/x HT");
    await host.run(20);
    expect(host.tunnels.heldBytes).toBe(12);
    expect(sweptAt(host, tunnelLimits.maxInMessageMs)).toEqual(["in-message"]);
    const answers: (string | undefined)[] = [];
    const chunk = ascii("TP/1.1\r\nHost: api.test\r\n\r\n");
    host.tunnels.handle({ id: "t0-0", side: "client", kind: "read", chunk }, ({ action }) =>
      answers.push(action.case),
    );
    expect(answers).toEqual(["close"]);
  });
});

describe("a tunnel that lives", () => {
  it("keeps nothing of the calls that were answered, the first one included", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    const chunk = new Uint8Array(1000).fill(0xfe);
    /** Begins tunnels by calls that the host keeps much for, until they are answered. */
    const begin = (name: string): void => {
      for (let number = 0; number < 40; number++) {
        const ofHost = new Uint8Array(100_000);
        const id = `${name}-${number}`;
        host.tunnels.handle({ id, side: "client", kind: "read", chunk }, () => ofHost.fill(1));
        host.tunnels.handle({ id, side: "server", kind: "write", chunk }, () => ofHost.fill(2));
      }
    };
    begin("before");
    const before = await usedBytes();
    begin("then");
    expect((await usedBytes()) - before).toBeLessThan(1_000_000);
    expect(host.tunnels.size).toBe(80);
    expect(host.tunnels.heldBytes).toBe(0);
  });

  it("keeps nothing of a handshake that is over, where TLS is not opened", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "opaque" });
    await rig.handshake();
    const told = rig.link.events.splice(0);
    const hellos = told.flatMap((event) =>
      event.type === "handshake" && event.clientHello ? [new WeakRef(event.clientHello)] : [],
    );
    expect(hellos.length).toBe(1);
    told.splice(0);
    rig.policy.events.splice(0);
    await usedBytes();
    expect(hellos[0]?.deref()).toBe(undefined);
    expect(rig.link.tunnels.size).toBe(1);
  });
});

describe("a tunnel both of whose directions were closed", () => {
  it("is forgotten at once, and what was done is told before", async () => {
    const host = new QuietHost(sampleFaults["http.empty"]);
    host.says("t0-0", "client", get);
    await host.run(50);
    host.says("t0-0", "server", short);
    await host.run(50);
    // The client has its end. What it still says goes nowhere.
    expect(host.tunnels.size).toBe(1);
    host.says("t0-0", "client", get);
    await host.run(50);
    expect(whys(host)).toEqual(["closed"]);
    expect(host.tunnels.size).toBe(0);
  });
});

describe("a client whose connection is to end, and whose upstream says nothing to end it with", () => {
  const silent = { carrier: ticks, way: "plain", answer: () => [], onQuestion: [], keepsOpen: true } as const;

  it("has its tunnel forgotten once that end counts as not sent; a later byte ends it", async () => {
    const rig = new FaultRig({ ...silent, requests: [sampleFaults["connection.close"]] });
    rig.send(get);
    await rig.run(14_000);
    const { tunnels, events: told } = rig.link;
    tunnels.sweep();
    expect(tunnels.size).toBe(1);
    expect(rig.hasEnded).toBe(false);
    await rig.run(3000);
    tunnels.sweep();
    expect(told.at(-1)).toMatchObject({ type: "closed", why: "end-due" });
    expect(tunnels.size).toBe(0);
    rig.link.says("server", short);
    await rig.run(5);
    expect(rig.received).toBe("");
    expect(rig.hasEnded).toBe(true);
  });
});

describe("a client that is to get an answer and an end, and whose upstream says nothing to bring them with", () => {
  it("has its tunnel forgotten, so that the host gets an answer to the call that waits for the upstream", async () => {
    const rig = new FaultRig({
      ...{ carrier: ticks, way: "plain", answer: () => [], onQuestion: [], keepsOpen: true },
      requests: [errorFault("anthropic/overloaded_error", 1)],
    });
    rig.send(get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
    // Behind its last request; the host holds a read call for it, which it does not cancel when the client has gone.
    rig.send("x");
    await rig.run(14_000);
    const { tunnels, events: told } = rig.link;
    tunnels.sweep();
    expect(tunnels.size).toBe(1);
    await rig.run(3000);
    tunnels.sweep();
    expect(told.at(-1)).toMatchObject({ type: "closed", why: "end-due" });
    expect(rig.told("undone")).toHaveLength(1);
    expect(rig.link.isHeld("client")).toBe(false);
  });
});

describe("a handshake of a connection that is opened", () => {
  it("is given up where a peer has left it, which a host does not tell", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "decrypted" });
    await rig.runUntil(() => rig.link.events.some(({ type }) => type === "detected"), 100);
    const { tunnels, timers, events: told } = rig.link;
    expect(told.map(({ type }) => type)).not.toContain("opened");
    timers.advance(tunnelLimits.maxHandshakeMs - 1000);
    tunnels.sweep();
    expect(tunnels.size).toBe(1);
    timers.advance(1000);
    tunnels.sweep();
    expect(told.at(-1)).toMatchObject({ type: "closed", why: "handshake" });
    expect(tunnels.size).toBe(0);
    expect(timers.armed).toBe(0);
  });

  it("leaves the host no call without an answer, whatever moment its peer has left it at", async () => {
    const seen = new Set<string>();
    for (let ms = 1, hasOpened = false; !hasOpened; ms++) {
      const rig = new FaultRig({ carrier: ticks, way: "decrypted" });
      await rig.run(ms);
      const { tunnels, timers, events: told } = rig.link;
      hasOpened = told.some(({ type }) => type === "opened");
      if (hasOpened) continue;
      for (const from of ["client", "server"] as const) if (rig.link.isHeld(from)) seen.add(from);
      timers.advance(tunnelLimits.maxHandshakeMs);
      tunnels.sweep();
      expect([rig.link.isHeld("client"), rig.link.isHeld("server")], `after ${ms} ms`).toEqual([
        false,
        false,
      ]);
    }
    // A call of each direction was in hand at one of these moments.
    expect([...seen].sort()).toEqual(["client", "server"]);
  });

  it("is left alone while a fault keeps it back", async () => {
    const rig = new FaultRig({
      ...{ carrier: ticks, way: "decrypted" },
      connection: { ...sampleFaults["connection.latency"], duration: { kind: "fixed", ms: 90_000 } },
    });
    await rig.run(300);
    for (let second = 0; second < 60; second++) {
      rig.link.timers.advance(1000);
      await rig.run(1);
      rig.link.tunnels.sweep();
    }
    expect(rig.link.events.map(({ type }) => type)).not.toContain("closed");
    expect(rig.link.events.map(({ type }) => type)).not.toContain("opened");
  });
});

describe("an opened connection", () => {
  it("is forgotten some seconds behind the upstream's farewell, and later bytes of it reach nobody", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "decrypted", answer: () => [short, null] });
    await rig.handshake();
    await rig.exchange(get);
    const { tunnels, events: told } = rig.link;
    expect(rig.received).toBe(short);
    await rig.run(3000);
    tunnels.sweep();
    expect(tunnels.size).toBe(1);
    await rig.run(3000);
    tunnels.sweep();
    expect(told.at(-1)).toMatchObject({ type: "closed", why: "said-all" });
    // Both sides of it were wrapped all the time.
    expect(told.map(({ type }) => type)).not.toContain("unpaired");
    expect(tunnels.size).toBe(0);
    const answers: (string | undefined)[] = [];
    tunnels.handle({ id: "t", side: "client", kind: "read", chunk: ascii("x") }, ({ action }) =>
      answers.push(action.case),
    );
    expect(answers).toEqual(["close"]);
  });

  it("is not forgotten while its upstream may still speak", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "decrypted", answer: () => [short] });
    await rig.handshake();
    await rig.exchange(get);
    await rig.run(20_000);
    rig.link.tunnels.sweep();
    expect((await rig.exchange(get)).map(({ text }) => text)).toEqual([short]);
  });
});

describe("an open WebSocket", () => {
  it("is left alone for an hour, however quiet its peers are", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    host.says("t0-0", "client", get.replace("/v1/x", "/first"));
    await host.run(30);
    host.says("t0-0", "server", short);
    await host.run(30);
    const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
    host.says(
      "t0-0",
      "client",
      get.replace("/v1/x", "/first").replace("\r\n\r\n", `\r\n${upgrade}${key}\r\n`),
    );
    await host.run(30);
    host.says("t0-0", "server", `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`);
    await host.run(30);
    host.timers.advance(tunnelLimits.maxIdleMs - 1000);
    host.tunnels.sweep();
    expect(whys(host)).toEqual([]);
    expect(host.tunnels.size).toBe(1);
  });
});
