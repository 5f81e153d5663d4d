import { connectTunnel } from "@faultwire/testkit/host-peers";
import {
  type HealthAnswer,
  type ScriptedPlugin,
  startScriptedPlugin,
} from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HostImplementation,
  type HostUnderTest,
  held,
  openTunnel,
  origin,
  plugin,
  quiet,
  startHost,
} from "./host-under-test.ts";

/** How plugins come, go and come back. */
export function lifeCycle(implementation: HostImplementation): void {
  const rounds = (count: number): number => count * implementation.healthCheckIntervalMs + 10_000;
  const methods = (side: ScriptedPlugin): string[] => side.calls.map(({ method }) => method);

  /** Whether a new tunnel shows its bytes to the plugin. */
  async function isWrapped(host: HostUnderTest, side: ScriptedPlugin): Promise<boolean> {
    const target = await origin();
    const before = side.count("ProcessTunnelData");
    const client = await connectTunnel(host.proxyPort, target.authority);
    onTestFinished(() => void client.socket.destroy());
    client.send("probe");
    await (await target.accept()).untilText("probe");
    return side.count("ProcessTunnelData") > before;
  }

  /** Waits for a health check to come and for what follows it to be over. */
  async function nextRound(side: ScriptedPlugin, settled: () => boolean): Promise<void> {
    const before = side.count("HealthCheck");
    await side.until("a health check", () => side.count("HealthCheck") > before, rounds(1));
    await side.until("its consequences", settled);
    await quiet();
  }

  describe("the life of a plugin", { timeout: rounds(4) + 20_000 }, () => {
    it("reads info, then capabilities at the start, checks health at once, and again at every interval", async () => {
      const side = await plugin();
      await startHost(implementation, { plugins: [side.url] });
      await side.until("two rounds", () => side.count("GetPluginCapabilities") >= 3, rounds(1));
      const round = ["HealthCheck", "GetPluginInfo", "GetPluginCapabilities"];
      expect(methods(side).slice(0, 8)).toEqual([
        "GetPluginInfo",
        "GetPluginCapabilities",
        ...round,
        ...round,
      ]);
      const [first, second] = side.calls.filter(({ method }) => method === "HealthCheck");
      expect(first!.at - side.calls[0]!.at).toBeLessThan(implementation.healthCheckIntervalMs / 2 + 1_000);
      const gap = second!.at - first!.at;
      expect(gap).toBeGreaterThan(implementation.healthCheckIntervalMs * 0.1);
    });

    const unwell: readonly (readonly [string, HealthAnswer])[] = [
      ["an unhealthy plugin", { kind: "unhealthy" }],
      ["a plugin whose health check fails", { kind: "error", code: 13, message: "unwell on purpose" }],
    ];
    for (const [name, answer] of unwell)
      it(`${name} is disabled until its next healthy answer; running tunnels keep it`, async () => {
        const side = await plugin({ side: "client" });
        const { host, client, upstream } = await openTunnel(implementation, [side]);
        side.script.health = () => answer;
        await nextRound(side, () => true);
        expect(await isWrapped(host, side)).toBe(false);
        client.send("kept");
        await upstream.untilText("kept");
        expect(side.count("ProcessTunnelData")).toBe(1);
        side.script.health = () => ({ kind: "healthy" });
        const before = side.count("GetPluginCapabilities");
        await nextRound(side, () => side.count("GetPluginCapabilities") > before);
        expect(await isWrapped(host, side)).toBe(true);
      });

    it("a plugin that is offline at the start is kept, disabled, and enabled when it answers", async () => {
      const gone = await startScriptedPlugin();
      await gone.close();
      const host = await startHost(implementation, { plugins: [gone.url] });
      const target = await origin();
      const client = await connectTunnel(host.proxyPort, target.authority);
      onTestFinished(() => void client.socket.destroy());
      client.send("unseen");
      await (await target.accept()).untilText("unseen");
      const side = await startScriptedPlugin({}, { port: gone.port });
      onTestFinished(() => side.close());
      await side.until("the round", () => side.count("GetPluginCapabilities") === 1, rounds(2));
      await quiet();
      expect(await isWrapped(host, side)).toBe(true);
    });

    it("a plugin that restarts is called over a new connection", async () => {
      const side = await plugin();
      const host = await startHost(implementation, { plugins: [side.url] });
      expect(await isWrapped(host, side)).toBe(true);
      side.disconnect();
      await quiet();
      expect(await isWrapped(host, side)).toBe(true);
      expect(side.connections).toBe(2);
    });

    it("a plugin whose capabilities can't be read at the start is dropped for good", async () => {
      let broken = true;
      const side = await plugin({
        capabilities: () => (broken ? { kind: "error", code: 13, message: "not yet" } : undefined),
      });
      const witness = await plugin({ side: "client" });
      const host = await startHost(implementation, { plugins: [side.url, witness.url] });
      broken = false;
      await witness.until("two rounds", () => witness.count("HealthCheck") >= 2, rounds(2));
      await quiet();
      expect(side.count("HealthCheck")).toBe(0);
      expect(await isWrapped(host, side)).toBe(false);
    });

    it("what a plugin announces at a health check holds for the tunnels that follow", async () => {
      const side = await plugin({ side: "client" });
      const host = await startHost(implementation, { plugins: [side.url] });
      side.script.side = "server";
      const before = side.count("GetPluginCapabilities");
      await nextRound(side, () => side.count("GetPluginCapabilities") > before);
      await isWrapped(host, side);
      expect(side.tunnelCalls().map((call) => [call.side, call.direction])).toEqual([["server", "egress"]]);
    });

    it("while a health check is held, new tunnels wait, whatever plugin they belong to", async () => {
      const answer = held<HealthAnswer>();
      const side = await plugin({ side: "client" });
      const host = await startHost(implementation, { plugins: [side.url] });
      const before = side.count("HealthCheck");
      side.script.health = () => answer.promise;
      await side.until("the held check", () => side.count("HealthCheck") > before, rounds(1));
      const target = await origin();
      const client = await connectTunnel(host.proxyPort, target.authority);
      onTestFinished(() => void client.socket.destroy());
      const upstream = await target.accept();
      client.send("waits");
      await quiet();
      expect(side.count("ProcessTunnelData")).toBe(0);
      expect(upstream.length).toBe(0);
      side.script.health = () => ({ kind: "healthy" });
      answer.release({ kind: "healthy" });
      await upstream.untilText("waits");
      expect(side.count("ProcessTunnelData")).toBe(1);
    });
  });
}
