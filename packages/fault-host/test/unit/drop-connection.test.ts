/** `onCrash: "drop-connection"`: what ends the whole host by default ends one connection, and is told. */
import { type FaultHost, type FaultHostEvent, startFaultHost } from "@faultwire/fault-host";
import { connectPeer, connectTunnel } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { crashCases, upstreamAnswers } from "../suite/crashes.ts";
import { requestAt } from "../suite/forwarding.ts";
import { origin, plugin } from "../suite/host-under-test.ts";

/** A host that drops connections, a tunnel through it, and a check that both are still good afterwards. */
async function withBystander(plugins: readonly string[]): Promise<{
  host: FaultHost;
  events: FaultHostEvent[];
  expectUntouched: () => Promise<void>;
}> {
  const events: FaultHostEvent[] = [];
  const onEvent = (event: FaultHostEvent): void => void events.push(event);
  const host = await startFaultHost({ plugins, proxyPort: 0, onCrash: "drop-connection", onEvent });
  onTestFinished(() => host.close());
  const other = await origin();
  const bystander = await connectTunnel(host.proxyPort, other.authority);
  onTestFinished(() => void bystander.socket.destroy());
  const far = await other.accept();
  return {
    host,
    events,
    async expectUntouched() {
      bystander.send("still here");
      await far.untilText("still here");
      const next = await connectTunnel(host.proxyPort, other.authority);
      next.send("new ones, too");
      await (await other.accept()).untilText("new ones, too");
      next.socket.destroy();
    },
  };
}

describe("a host that drops connections where the binary would end", () => {
  it.each(crashCases)("%s", async (_name, script, upstreamAnswer) => {
    const side = await plugin({ forward: true, ...script });
    const target = await origin();
    const { host, events, expectUntouched } = await withBystander([side.url]);
    const client = await connectPeer(host.proxyPort);
    client.send(`GET http://${target.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    // Some of the cases never ask the upstream.
    void requestAt(target).then(
      ({ peer }) => peer.send(upstreamAnswers[upstreamAnswer]),
      () => {},
    );
    await client.until("the end", () => client.ended || client.closed);
    expect(client.length).toBe(0);
    const crashes = events.filter(({ type }) => type === "crashed");
    expect(crashes).toEqual([
      { type: "crashed", where: target.authority, reason: expect.stringMatching(/./) },
    ]);
    expect(host.crashed).toBe((crashes[0] as { reason: string }).reason);
    await expectUntouched();
  });

  it("a CONNECT to a name that can't be resolved", async () => {
    const { host, events, expectUntouched } = await withBystander([]);
    const client = await connectPeer(host.proxyPort);
    client.send("CONNECT no-such-host.invalid:443 HTTP/1.1\r\nHost: no-such-host.invalid\r\n\r\n");
    await client.until("the end", () => client.ended || client.closed, 30_000);
    expect(events).toContainEqual({
      type: "crashed",
      where: "no-such-host.invalid:443",
      reason: expect.stringMatching(/^the name no-such-host\.invalid can't be resolved: /),
    });
    await expectUntouched();
  }, 40_000);
});

describe("what comes to nothing without a crash is told, too", () => {
  it("a port that refuses, by CONNECT and by a request", async () => {
    const gone = await origin();
    const where = gone.authority;
    await gone.close();
    const side = await plugin({ forward: true });
    const { host, events, expectUntouched } = await withBystander([side.url]);
    const refused = { type: "error", where, message: expect.stringContaining("ECONNREFUSED") };
    const tunnel = await connectPeer(host.proxyPort);
    tunnel.send(`CONNECT ${where} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await tunnel.until("the end", () => tunnel.ended || tunnel.closed);
    expect(events.filter(({ type }) => type === "error")).toEqual([refused]);
    const request = await connectPeer(host.proxyPort);
    request.send(`GET http://${where}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await request.until("the answer", (peer) => peer.text().includes("ECONNREFUSED"));
    expect(events.filter(({ type }) => type === "error")).toEqual([refused, refused]);
    request.socket.destroy();
    await expectUntouched();
  });

  it("an upstream that resets a tunnel, whose client does not hang then", async () => {
    const target = await origin();
    const side = await plugin({ side: "client" });
    const { host, events, expectUntouched } = await withBystander([side.url]);
    const client = await connectTunnel(host.proxyPort, target.authority);
    const upstream = await target.accept();
    client.send("hello");
    await upstream.untilText("hello");
    upstream.socket.resetAndDestroy();
    await client.until("the end", () => client.ended || client.closed);
    expect(events).toContainEqual({
      type: "tunnel-closed",
      id: side.tunnelCalls()[0]!.id,
      target: target.authority,
      error: expect.stringContaining("ECONNRESET"),
    });
    await expectUntouched();
  });

  it("a request that names no host", async () => {
    const { host, events, expectUntouched } = await withBystander([]);
    const client = await connectPeer(host.proxyPort);
    client.send("GET / HTTP/1.0\r\n\r\n");
    await client.until("the end", () => client.ended || client.closed);
    expect(events.filter(({ type }) => type === "error")).toEqual([
      { type: "error", where: "the proxy", message: "a request that names no host" },
    ]);
    await expectUntouched();
  });
});
