/** Peers that read slowly, or never: what the other one says is read no further, and little is kept. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { sessionLimits } from "../../src/index.ts";
import { openWays } from "../support/fault-cases/fault-case.ts";
import { FaultRig } from "../support/fault-rig.ts";
import { sampleFaults } from "../support/sample-faults.ts";
import { errorFault, scriptedPolicy } from "../support/scripted-policy.ts";
import { highWaterBytes, SocketPair, sockets } from "../support/socket-pair.ts";

const get = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
const body = "0123456789abcdef".repeat(131_072);
const large = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** What one read brings on top of a limit, decrypted or not. */
const oneRead = 32_768;

describe.each(openWays)("%s", (way) => {
  const rigWith = (fault: Fault | null): FaultRig<SocketPair> =>
    new FaultRig({ carrier: sockets, way, requests: [fault], answer: () => [large], chunkBytes: 16_384 });

  it("an upstream waits for a client that reads nothing, and all of it arrives in the end", async () => {
    const rig = rigWith(null);
    await rig.handshake();
    rig.link.reads("client", false);
    await rig.exchange(get, 20);
    expect(rig.link.keptBytes("server")).toBeLessThan(highWaterBytes + oneRead);
    expect(rig.link.unreadBytes("server")).toBeGreaterThan(body.length - highWaterBytes - oneRead);
    rig.link.reads("client", true);
    await rig.run(20);
    expect(rig.received === large).toBe(true);
  });

  it.each([
    { kind: "connection.throttle", from: "server", bytesPerSecond: 10_000 },
    { kind: "stream.stall", at: { kind: "events", events: 1 }, forMs: null, pingEveryMs: null },
    { kind: "connection.stall", at: { kind: "bytes", from: "server", bytes: 60 }, forMs: null },
    sampleFaults["http.delay"],
  ] as const satisfies Fault[])("little of a large response is kept by $kind", async (fault) => {
    const rig = rigWith(fault);
    await rig.handshake();
    await rig.exchange(get, 50);
    expect(rig.link.keptBytes("server")).toBeLessThan(sessionLimits.maxHeldBytes + oneRead);
  });

  it("little is kept of a client that goes on behind a request which is held for ever", async () => {
    const rig = rigWith({ ...sampleFaults["connection.stall"], forMs: null });
    await rig.handshake();
    await rig.exchange(
      `POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      20,
    );
    expect(rig.link.keptBytes("client")).toBeLessThan(sessionLimits.maxHeldBytes + oneRead);
    expect(rig.link.unreadBytes("client")).toBeGreaterThan(0);
  });
});

it("a client that takes none of its answers is asked for no more requests", () => {
  const policy = scriptedPolicy({ request: () => errorFault("anthropic/overloaded_error") });
  const pair = new SocketPair({ policy });
  pair.reads("client", false);
  pair.says("client", get.repeat(20_000), 4096);
  const decided = (): number => policy.events.filter(({ type }) => type === "decision").length;
  // An answer has more than 300 bytes.
  expect(decided()).toBeLessThan(highWaterBytes / 300 + 4096 / get.length);
  pair.reads("client", true);
  expect(decided()).toBe(20_000);
});
