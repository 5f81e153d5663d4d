/** A client that resets its connection: its upstream's connection ends at once, though that upstream says nothing. */
import { connectTunnel, type Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { FaultRig } from "../../../../packages/fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../../packages/fault-session/test/support/sample-faults.ts";
import { proxied } from "../support/proxy-link.ts";
import { runProxy } from "../support/running-proxy.ts";

const request = "GET /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
const begun = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: e\ndata: {}\n\nevent: e\n";

async function through(host: string): Promise<{ client: Peer; origin: TcpOrigin }> {
  const origin = await startTcpOrigin();
  const { proxy } = await runProxy("[]", { resolve: { "*": origin.authority } });
  const client = await connectTunnel(proxy.port, host);
  onTestFinished(async () => {
    client.socket.destroy();
    await origin.close();
  });
  return { client, origin };
}

describe.each([
  ["a tunnel to another host than a target", "elsewhere.test:443", "\u0001no TLS"],
  ["HTTP to a target", "api.test:80", request],
] as const)("%s", (_, host, said) => {
  it("ends its upstream's connection, which is in the middle of an answer and silent", async () => {
    const { client, origin } = await through(host);
    client.send(said);
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.send(begun);
    await client.until("the answer", ({ length }) => length > 0);
    client.socket.resetAndDestroy();
    await upstream.until("the end", ({ ended, closed }) => ended || closed);
  });

  it("ends it as well while the client has said more than its upstream reads", async () => {
    const { client, origin } = await through(host);
    client.send(said);
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.socket.pause();
    const part = new Uint8Array(1_000_000).fill(120);
    for (let sent = 0; sent < 16; sent++) client.send(part);
    await client.until("a client that is not read", ({ socket }) => socket.writableLength > 0);
    client.socket.resetAndDestroy();
    await new Promise((resolve) => setImmediate(resolve));
    upstream.socket.resume();
    await upstream.until("the end", ({ ended, closed }) => ended || closed);
  });
});

describe.each(["decrypted", "plain"] as const)("a fault that is under way (%s)", (way) => {
  it.each([
    "stream.pace",
    "connection.stall",
    "connection.slice",
    "http.delay",
    "connection.throttle",
  ] as const)("%s", async (kind) => {
    const fault = sampleFaults[kind];
    const isOfBytes = kind.startsWith("connection.");
    const rig = new FaultRig({
      carrier: proxied("connect"),
      way,
      ...(isOfBytes ? { connection: fault } : { requests: [fault] }),
      answer: () => [begun],
    });
    await rig.handshake();
    rig.send(request);
    await rig.run(20);
    rig.link.ends("client", "reset");
    // A reset is kept back for a moment behind bytes, which systems would throw away.
    await rig.run(60);
    expect(rig.upstreamEnd).toBe("reset");
    expect(rig.link.isClosed).toBe(true);
  });
});
