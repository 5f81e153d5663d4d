/** Tunnels at rest: a host does not tell whether they are over. They cost little, and go on as if nothing had been. */
import { queryObjects } from "node:v8";
import { ConnectionSession } from "@faultwire/fault-session";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { describe, expect, it } from "vitest";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import {
  errorFault,
  type ScriptedPolicy,
  scriptedPolicy,
} from "../../../fault-session/test/support/scripted-policy.ts";
import { openedByTests, TlsPeers } from "../../../fault-session/test/support/tls-peers.ts";
import { tunnelLimits } from "../../src/index.ts";
import { Lane } from "../../src/lane/lane.ts";
import { Ticks } from "../../src/ticks.ts";
import { Tunnel } from "../../src/tunnel.ts";
import { recordings } from "../fuzz/recordings.ts";
import { get, QuietHost, short } from "../support/quiet-host.ts";
import { ticks } from "../support/ticks-carrier.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const first = get.replace("/v1/x", "/first");
type Speak = (host: QuietHost, id: string) => Promise<void>;

const plain: Speak = async (host, id) => {
  host.says(id, "client", first);
  await host.run(20);
  host.says(id, "server", short);
  await host.run(10);
};
/** A request whose upstream thinks, with none of its answer. */
const thinking: Speak = async (host, id) => {
  await plain(host, id);
  host.says(id, "client", first);
  await host.run(20);
};
/** In the middle of a stream of events. */
const streaming: Speak = async (host, id) => {
  await thinking(host, id);
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  host.says(id, "server", `${head}8\r\ndata: x\n\r\n`);
  await host.run(20);
};
const unread: Speak = async (host, id) => {
  host.says(id, "client", "\u00fe\u00fe\u00fe hello");
  await host.run(20);
  host.says(id, "server", "hello");
  await host.run(10);
};
/** Where the record ends that begins there. */
const recordEnd = (said: Uint8Array, at: number): number => at + 5 + ((said[at + 3]! << 8) | said[at + 4]!);
/** Where the first record of a peer ends, which is its hello. */
const helloEnd = (said: Uint8Array): number => recordEnd(said, 0);
/** Where the last one begins. */
function lastRecord(said: Uint8Array): number {
  let at = 0;
  while (recordEnd(said, at) < said.length) at = recordEnd(said, at);
  return at;
}

/** TLS 1.3 that stays closed, as Node's peers speak it, from its hello to a response. How long a flight is, OpenSSL decides. */
async function closedTls(): Promise<Speak> {
  const [client, server] = (await recordings())[1]!;
  const asked = helloEnd(client);
  // The response is the server's last record; its handshake comes before the client's.
  const flight = lastRecord(server);
  const turns = [client.slice(0, asked), server.slice(0, flight), client.slice(asked), server.slice(flight)];
  return async (host, id) => {
    for (const [at, bytes] of turns.entries()) {
      host.saysBytes(id, at % 2 === 0 ? "client" : "server", bytes);
      await host.run(20);
    }
  };
}

describe("a tunnel that rests, whose client may have gone without a word", () => {
  const tunnels = 300;
  /** 6 to 12 kB before a tunnel was taken apart at rest. */
  const mostBytes = 2000;

  it.each([
    ["plain HTTP", async () => plain],
    ["a request without an answer", async () => thinking],
    ["a part of an answer", async () => streaming],
    ["bytes that nothing reads", async () => unread],
    ["TLS that is not opened", closedTls],
  ])("costs little: %s", async (_, made) => {
    const speak = await made();
    const host = new QuietHost(sampleFaults["stream.pace"]);
    const open = async (name: string): Promise<void> => {
      for (let number = 0; number < tunnels; number++)
        await speak(host, `${name}-${number}-0123-4567-89ab-0123456789ab`);
      await host.run(tunnelLimits.maxWholeMs + 2500);
      host.tunnels.sweep();
      host.told.splice(0);
      host.policy.events.splice(0);
      host.cancels.clear();
      host.got.clear();
    };
    await open("first");
    const growths: number[] = [];
    let before = await usedBytes();
    for (const name of ["second", "third", "fourth"]) {
      await open(name);
      const after = await usedBytes();
      growths.push(after - before);
      before = after;
    }
    // What a tunnel keeps shows each time; code that is compiled meanwhile does not.
    expect(Math.min(...growths)).toBeLessThan(tunnels * mostBytes);
    expect(host.tunnels.size).toBe(4 * tunnels);
    expect(host.tunnels.resting).toBe(4 * tunnels);
    expect(host.timers.armed).toBe(0);
  });

  /** The first record that each peer of TLS 1.3 says: its hello. */
  async function hellos(): Promise<Record<"client" | "server", Uint8Array>> {
    const [client, server] = (await recordings())[1]!;
    return { client: client.slice(0, helloEnd(client)), server: server.slice(0, helloEnd(server)) };
  }

  it.each([
    ["that has failed", "fails", 0],
    ["that a peer has left", "stops", tunnelLimits.maxHandshakeMs],
  ] as const)("is one, too, in a handshake %s, and what still comes passes", async (_, how, afterMs) => {
    const { client, server } = await hellos();
    const host = new QuietHost(sampleFaults["stream.pace"]);
    host.saysBytes("tls", "client", client);
    await host.run(20);
    // A fatal handshake_failure, or a ServerHello.
    host.saysBytes("tls", "server", how === "fails" ? Uint8Array.of(21, 3, 3, 0, 2, 2, 40) : server);
    await host.run(tunnelLimits.maxWholeMs + 2500);
    host.tunnels.sweep();
    expect(host.tunnels.resting).toBe(how === "fails" ? 1 : 0);
    host.timers.advance(afterMs);
    host.tunnels.sweep();
    expect(host.tunnels.resting).toBe(1);
    expect(host.told.filter(({ type }) => type === "handshake")).toHaveLength(1);
    const before = host.got.get("tls") ?? 0;
    host.saysBytes("tls", "server", server);
    await host.run(20);
    expect(host.got.get("tls")).toBe(before + server.length);
  });

  it("is whole while a fault waits for a later moment of a handshake that a peer has left", async () => {
    const { client, server } = await hellos();
    const host = new QuietHost({
      kind: "connection.close",
      at: { kind: "moment", moment: "established" },
    });
    host.saysBytes("tls", "client", client);
    await host.run(20);
    host.saysBytes("tls", "server", server);
    await host.run(20);
    host.timers.advance(2 * tunnelLimits.maxHandshakeMs);
    host.tunnels.sweep();
    expect([host.tunnels.size, host.tunnels.resting]).toEqual([1, 0]);
    expect(host.policy.events.map(({ type }) => type)).toEqual(["connection", "decision"]);
  });

  it("is one, too, once a stall of its handshake is over, and not before", async () => {
    const { client, server } = await hellos();
    const host = new QuietHost({
      kind: "connection.stall",
      at: { kind: "moment", moment: "server-hello" },
      forMs: 60_000,
    });
    host.saysBytes("tls", "client", client);
    await host.run(20);
    host.saysBytes("tls", "server", server);
    await host.run(20);
    host.timers.advance(40_000);
    host.tunnels.sweep();
    expect([host.tunnels.resting, host.got.get("tls")]).toEqual([0, undefined]);
    host.timers.advance(20_000);
    await host.run(20);
    expect(host.got.get("tls")).toBe(server.length);
    host.timers.advance(tunnelLimits.maxWholeMs);
    host.tunnels.sweep();
    expect(host.tunnels.resting).toBe(1);
    expect(host.policy.events.map(({ type }) => type)).toEqual(["connection", "decision", "done"]);
  });

  it("is whole as long as something is under way", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"]);
    host.says("half", "client", get.slice(0, 20));
    await plain(host, "changed");
    host.says("changed", "client", get);
    await host.run(20);
    await plain(host, "between");
    host.says("between", "client", get.slice(0, 20));
    await host.run(tunnelLimits.maxWholeMs + 2500);
    host.tunnels.sweep();
    expect(host.tunnels.resting).toBe(0);
  });

  it("ends like others: by a cancelled call, by the limits, and with the table", async () => {
    const host = new QuietHost(sampleFaults["stream.pace"], { maxTunnels: 3, maxIdleMs: 100_000 });
    const closed = (): unknown[] =>
      host.told.flatMap((event) => (event.type === "closed" ? [`${event.tunnel} ${event.why}`] : []));
    const rest = async (id: string): Promise<void> => {
      await plain(host, id);
      await host.run(tunnelLimits.maxWholeMs + 2500);
      host.tunnels.sweep();
    };
    for (const id of ["a", "b", "c", "d"]) await rest(id);
    expect(host.tunnels.resting).toBe(3);
    expect(closed()).toEqual(["a evicted"]);
    host.tunnels.cancelled("b");
    await host.run(88_000);
    host.tunnels.sweep();
    expect(closed()).toEqual(["a evicted", "b cancelled", "c idle"]);
    host.tunnels.close();
    expect(closed()).toEqual(["a evicted", "b cancelled", "c idle", "d shutdown"]);
    expect(host.told.at(-1)).toMatchObject({ bytesFromClient: first.length, bytesFromServer: short.length });
  });
});

/** Opens a tunnel of a host, has a request of its connection answered, and leaves it. */
async function opened(
  policy: ScriptedPolicy,
  beside: TunnelProbe | undefined,
  id: string,
): Promise<TunnelProbe> {
  const probe = new TunnelProbe({ policy, intercept: openedByTests(), id, beside });
  const peers = new TlsPeers(probe, {});
  peers.serve(() => short);
  expect(await peers.exchange(get)).toBe(short);
  // A host does not tell that they have gone.
  peers.client.socket.destroy();
  peers.upstream.socket.destroy();
  return probe;
}

describe("an opened tunnel that rests", () => {
  const counted: readonly (new (...args: never) => object)[] = [Tunnel, ConnectionSession, Lane, Ticks];
  /** How many of each are alive in this process. Each look collects what can go, in half a second. */
  const alive = (): number[] => counted.map((made) => Number(queryObjects(made, { format: "count" })));

  it("keeps its keys, and nothing of what has spoken on it", async () => {
    // Test files share a process. A TLS socket of Node that an earlier one left in a handshake may be there for good.
    const before = alive();
    const policy = scriptedPolicy();
    const first = await opened(policy, undefined, "t0");
    for (let number = 1; number < 6; number++) await opened(policy, first, `t${number}`);
    const { timers, tunnels } = first;
    timers.advance(tunnelLimits.maxWholeMs + 2500);
    tunnels.sweep();
    expect([tunnels.size, tunnels.resting, timers.armed]).toEqual([6, 6, 0]);
    // The peers of the test are sockets of Node, which let go of what they spoke to when they have closed.
    const more = (): number => Math.max(...alive().map((count, at) => count - before[at]!));
    await expect.poll(more, { timeout: 20_000 }).toBeLessThanOrEqual(0);
  });
});

const rest = async (rig: FaultRig<ReturnType<typeof ticks.link>>): Promise<void> => {
  await rig.run(2500);
  rig.link.timers.advance(tunnelLimits.maxWholeMs);
  rig.link.tunnels.sweep();
  expect(rig.link.tunnels.resting).toBe(1);
};

describe("a tunnel that rested", () => {
  it("goes on with its next request: the same connection, whose rules are not asked again", async () => {
    const fault = errorFault("anthropic/overloaded_error", 1);
    const rig = new FaultRig({
      carrier: ticks,
      way: "plain",
      requests: [null, fault, null],
      keepsOpen: true,
    });
    expect((await rig.exchange(get)).map(({ text }) => text)).toEqual([short]);
    await rest(rig);
    expect((await rig.exchange(get)).map(({ text }) => text).join("")).toMatch(/^HTTP\/1\.1 529 /);
    await rest(rig);
    expect((await rig.exchange(get)).map(({ text }) => text)).toEqual([short]);
    expect(rig.told("connection")).toHaveLength(1);
    expect(rig.told("request").map(({ connection }) => connection)).toEqual(["c0", "c0", "c0"]);
    expect(rig.told("done")).toHaveLength(1);
    expect(rig.link.events.filter(({ type }) => type === "detected")).toHaveLength(1);
  });

  it.each(["plain", "decrypted"] as const)(
    "goes on in the middle of an answer, after more than ten minutes in which nobody said anything (%s)",
    async (way) => {
      const event = 'data: {"n":1}\n\n';
      const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
      const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
      const pieces = [head + chunk, chunk, `${chunk}0\r\n\r\n`];
      const thinksMs = 700_000;
      const rig = new FaultRig({
        ...{ carrier: ticks, way, keepsOpen: true },
        answer: (_, number) => (number === 0 ? [short] : pieces.map((text) => ({ afterMs: thinksMs, text }))),
      });
      await rig.handshake();
      expect((await rig.exchange(get)).map(({ text }) => text)).toEqual([short]);
      await rest(rig);
      rig.send(get);
      await rig.run(20);
      for (let piece = 1; piece <= pieces.length; piece++) {
        await rest(rig);
        rig.link.timers.advance(thinksMs);
        rig.link.tunnels.sweep();
        expect(rig.link.tunnels.resting).toBe(1);
        await rig.run(50);
        expect(rig.received).toBe(short + pieces.slice(0, piece).join(""));
      }
      await rest(rig);
      expect((await rig.exchange(get)).length).toBe(0);
      expect(rig.upstreamRequests).toHaveLength(3);
      expect(rig.told("connection")).toHaveLength(1);
      expect(rig.told("request").map(({ request }) => request)).toEqual(["r1", "r2", "r3"]);
      expect(rig.told("response").map(({ request, status }) => `${request} ${status}`)).toEqual([
        "r1 200",
        "r2 200",
      ]);
      expect(rig.told("end").map(({ request, how, events }) => [request, how, events])).toEqual([
        ["r1", "complete", undefined],
        ["r2", "complete", 3],
      ]);
    },
  );

  it.each(["cancelled", "evicted", "idle", "shutdown"] as const)(
    "with a request under way tells how that ended: %s",
    async (why) => {
      const host = new QuietHost(sampleFaults["stream.pace"], { maxTunnels: 1, maxIdleMs: 100_000 });
      await streaming(host, "a");
      await host.run(tunnelLimits.maxWholeMs + 2500);
      host.tunnels.sweep();
      expect(host.tunnels.resting).toBe(1);
      const before = host.policy.events.filter(({ type }) => type === "end").length;
      if (why === "cancelled") host.tunnels.cancelled("a");
      else if (why === "evicted") await plain(host, "b");
      else if (why === "shutdown") host.tunnels.close();
      else {
        host.timers.advance(100_000);
        host.tunnels.sweep();
      }
      const ends = host.policy.events.filter(({ type }) => type === "end").slice(before);
      expect(ends[0]).toMatchObject({ how: "abandoned" });
      expect(host.told.filter(({ type }) => type === "closed")[0]).toMatchObject({ tunnel: "a", why });
    },
  );

  it("still takes nothing of its upstream that nothing asked for, behind an answer of ours", async () => {
    const fault = errorFault("anthropic/overloaded_error", 1);
    const rig = new FaultRig({ carrier: ticks, way: "plain", requests: [fault], keepsOpen: true });
    await rig.exchange(get);
    const { received } = rig;
    expect(received).toMatch(/^HTTP\/1\.1 529 /);
    await rest(rig);
    rig.link.says("server", short);
    await rig.runUntil(() => rig.hasEnded, 100);
    expect(rig.hasEnded).toBe(true);
    expect(rig.received).toBe(received);
  });

  it("goes on where TLS is not opened", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "opaque", keepsOpen: true });
    await rig.handshake();
    for (let turn = 0; turn < 3; turn++) {
      expect((await rig.exchange(get)).map(({ text }) => text).join("")).toBe(short);
      await rest(rig);
    }
    expect(rig.told("connection")).toHaveLength(1);
    expect(rig.link.events.filter(({ type }) => type === "handshake")).toHaveLength(1);
  });

  it("goes on with bytes of any length where nothing is read", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "plain", policy: scriptedPolicy() });
    const said = [9, 5000, 70_000].map((length) => Buffer.alloc(length, 0xfe));
    for (const bytes of said) {
      rig.link.says("client", bytes);
      rig.link.says("server", bytes);
      await rest(rig);
    }
    expect(Buffer.from(rig.link.got("server"))).toEqual(Buffer.concat(said));
    expect(Buffer.from(rig.link.got("client"))).toEqual(Buffer.concat(said));
  });

  it("is not waited for when the plugin leaves, and is closed by what its client begins then", async () => {
    const rig = new FaultRig({ carrier: ticks, way: "plain", keepsOpen: true });
    await rig.exchange(get);
    await rest(rig);
    const { tunnels } = rig.link;
    const most = { maxRestMs: 15_000, forAnswers: false };
    expect(tunnels.awaited(most)).toBe(1);
    rig.link.timers.advance(15_000);
    expect(tunnels.awaited(most)).toBe(0);
    expect(tunnels.unended).toBe(1);
    tunnels.drain();
    tunnels.farewell("new");
    rig.send(get);
    await rig.run(20);
    expect(rig.upstreamRequests).toHaveLength(1);
    expect(tunnels.unended).toBe(0);
  });
});

describe("a connection in clear whose last message has come", () => {
  const close = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const closing = short.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

  it.each([
    ["the client says so", close, short],
    ["the upstream says so", get, closing],
  ])("is forgotten some seconds later: %s", async (_, request, answer) => {
    const rig = new FaultRig({ carrier: ticks, way: "plain", answer: () => [answer], keepsOpen: true });
    expect((await rig.exchange(request)).map(({ text }) => text)).toEqual([answer]);
    const { tunnels, events } = rig.link;
    tunnels.sweep();
    expect(tunnels.size).toBe(1);
    await rig.run(2500);
    rig.link.timers.advance(tunnelLimits.maxSaidAllMs);
    tunnels.sweep();
    expect(events.at(-1)).toMatchObject({ type: "closed", why: "said-all" });
    expect(tunnels.size).toBe(0);
  });
});
