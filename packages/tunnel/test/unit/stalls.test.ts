/**
 * A receiver that pauses, in the host that forgets the rest of a write that was taken in part (docs/fault-host.md, "Short
 * writes wait for a wake-up"). The receiver reads an odd number of bytes at a time, so the first write that it has no room for is
 * short, and so is any other whose length is not a divisor.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { openedByTests, TlsPeers } from "../../../fault-session/test/support/tls-peers.ts";
import { HostLink } from "../support/host-link.ts";

const total = 400_000;
const firstRoom = 100_001;
const step = 7_919;
/** After so many steps a socket that was full says that it has room. */
const stepsToRoom = 6;
/** What a transfer may take behind the last byte that the receiver had to read; the longest timers are 5 s. */
const restMs = 12_000;

type Way = "opaque" | "opened";

/** Moves bytes through a tunnel whose receiver pauses again and again. @returns how many of them arrived. */
async function pausedTransfer(way: Way, version: "TLSv1.2" | "TLSv1.3", to: "client" | "server") {
  const link = new HostLink({
    policy: scriptedPolicy({}),
    ...(way === "opened" && { intercept: openedByTests() }),
  });
  onTestFinished(() => link.close());
  const peers = new TlsPeers(link, { client: { maxVersion: version, minVersion: version } });
  peers.client.socket.write("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  await peers.settle();
  peers.takeUpstream();
  const socket = link.host[to];
  socket.holdRoom(firstRoom);
  if (to === "client") {
    peers.upstream.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    peers.upstream.socket.write(Buffer.alloc(total, 1));
  } else {
    peers.upstream.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await peers.settle();
    peers.client.socket.write(`POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${total}\r\n\r\n`);
    peers.client.socket.write(Buffer.alloc(total, 1));
  }
  await peers.settle();
  await link.run(restMs);
  for (let before = -1; before < link.gotBytes(to); ) {
    before = link.gotBytes(to);
    for (let steps = 0; steps < stepsToRoom; steps++) {
      socket.reads(step);
      await peers.settle(20);
    }
  }
  await link.run(restMs);
  socket.reads(Number.POSITIVE_INFINITY);
  await peers.settle(200);
  const received = to === "client" ? peers.takeClient() : peers.takeUpstream();
  return received.split("\u0001").length - 1;
}

describe("a receiver that pauses", () => {
  const cases = (["opaque", "opened"] as const).flatMap((way) =>
    (["TLSv1.2", "TLSv1.3"] as const).flatMap((version) =>
      (["client", "server"] as const).map((to) => [way, version, to] as const),
    ),
  );
  it.each(cases)(
    "%s %s, to the %s: gets everything",
    async (way, version, to) => {
      expect(await pausedTransfer(way, version, to)).toBe(total);
    },
    60_000,
  );
});
