import { createServer } from "node:net";
import {
  FaultHostError,
  type FaultHostEvent,
  type FaultHostOptions,
  startFaultHost,
} from "@faultwire/fault-host";
import { connectPeer, connectTunnel } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { origin, plugin } from "../suite/host-under-test.ts";

async function start(options: FaultHostOptions) {
  const host = await startFaultHost({ proxyPort: 0, ...options });
  onTestFinished(() => host.close());
  return host;
}

const codeOf = (options: FaultHostOptions): Promise<string> =>
  startFaultHost({ proxyPort: 0, ...options }).then(
    () => "started",
    (error: unknown) => (error instanceof FaultHostError ? error.code : String(error)),
  );

describe("starting a reference host", () => {
  it("refuses options that make no sense, by code", async () => {
    expect(await codeOf({ plugins: ["127.0.0.1:50051"] })).toBe("invalid-plugin-url");
    expect(await codeOf({ plugins: ["https://127.0.0.1:50051"] })).toBe("invalid-plugin-url");
    expect(await codeOf({ plugins: [], upstreams: ["api.example"] })).toBe("invalid-upstream");
    expect(await codeOf({ plugins: [], mappings: [{ port: 0, remote: "api.example" }] })).toBe(
      "invalid-mapping",
    );
    expect(await codeOf({ plugins: [], reverse: [{ port: 0, remote: "api.example:443" }] })).toBe(
      "invalid-mapping",
    );
  });

  it("says which port can't be bound, and leaves nothing behind", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const side = await plugin();
    await expect(startFaultHost({ plugins: [side.url], proxyPort: port })).rejects.toMatchObject({
      code: "listen-failed",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it("sends a name where resolve says, and plugins see nothing of that", async () => {
    const target = await origin();
    const side = await plugin({ side: "client" });
    const host = await start({
      plugins: [side.url],
      upstreams: ["api.anthropic.com:443"],
      resolve: { "api.anthropic.com:443": target.authority },
    });
    const client = await connectTunnel(host.proxyPort, "api.anthropic.com:443");
    onTestFinished(() => void client.socket.destroy());
    client.send("hello");
    await (await target.accept()).untilText("hello");
    expect(side.count("ProcessTunnelData")).toBe(1);
  });

  it("tells what it does as events, and how its plugins are", async () => {
    const events: FaultHostEvent[] = [];
    const target = await origin();
    const side = await plugin({ name: "told", side: "any", forward: true });
    const host = await start({ plugins: [side.url], onEvent: (event) => events.push(event) });
    expect(host.plugins).toEqual([
      { url: side.url, name: "told", side: "server", forward: true, state: "enabled" },
    ]);
    expect(host.proxyUrl).toBe(`http://127.0.0.1:${host.proxyPort}`);
    const client = await connectTunnel(host.proxyPort, target.authority);
    const upstream = await target.accept();
    client.socket.end("x");
    await upstream.until("the end", () => upstream.ended);
    upstream.socket.end();
    await client.until("the end", () => client.ended);
    await expect.poll(() => events.some(({ type }) => type === "tunnel-closed")).toBe(true);
    expect(events.find(({ type }) => type === "plugin")).toEqual({ type: "plugin", plugin: host.plugins[0] });
    const opened = events.find((event) => event.type === "tunnel-opened");
    expect(opened).toMatchObject({ target: target.authority, intercepted: true });
    expect(events.find((event) => event.type === "tunnel-closed")).toEqual({
      type: "tunnel-closed",
      id: side.tunnelCalls()[0]!.id,
      target: target.authority,
    });
    expect(events).toContainEqual({ type: "call", plugin: side.url, method: "ProcessTunnelData" });
  });

  it("close ends tunnels and held calls, frees the port, and may be called again", async () => {
    const target = await origin();
    const side = await plugin({ side: "client", tunnel: () => new Promise(() => {}) });
    const host = await startFaultHost({ plugins: [side.url], proxyPort: 0 });
    const client = await connectTunnel(host.proxyPort, target.authority);
    client.send("held");
    await side.until("the call", () => side.count("ProcessTunnelData") === 1);
    await Promise.all([host.close(), host.close()]);
    await client.until("the end", () => client.ended || client.closed);
    await side.until("the cancellation", () => side.tunnelCalls()[0]!.cancelled);
    await expect(connectPeer(host.proxyPort)).rejects.toThrow("ECONNREFUSED");
  });
});
