/** `faultwire proxy --connection-plugin`, with `faultwire serve` as the plugin: two processes, as a user runs them. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunningFaultwire, runFaultwire, startFaultwire } from "../faultwire-process.ts";

async function start(command: "serve" | "proxy", ...flags: readonly string[]): Promise<RunningFaultwire> {
  const running = await startFaultwire(command, ...flags);
  onTestFinished(async () => void (await running.stop()));
  return running;
}

function curl(proxy: RunningFaultwire, ...args: string[]): Promise<{ exit: number; out: string }> {
  const all = ["-sS", "-i", "--noproxy", "", "--proxy", proxy.ready.proxy ?? "", ...args];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), out: stdout }));
  });
}

async function origin(): Promise<number> {
  const server = createServer((_request, response) => response.end("from the origin"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return (server.address() as { readonly port: number }).port;
}

describe("faultwire proxy --connection-plugin", () => {
  it("has the plugin's rules, its CA for HTTPS, and its counts; other hosts pass", async () => {
    const plugin = await start(
      "serve",
      "--target-host",
      "api.anthropic.com",
      "--error-probability",
      "1",
      "--status-code",
      "529",
    );
    const port = await origin();
    const proxy = await start(
      "proxy",
      "--connection-plugin",
      plugin.ready.plugins[0] ?? "",
      "--resolve",
      `other.test:80:127.0.0.1:${port}`,
    );
    expect(proxy.stdout()).toContain(`those of the plugin at ${plugin.ready.plugins[0]}`);
    expect(proxy.stdout()).toContain("https://HOST/");
    expect(proxy.stdout()).not.toContain("anthropic");
    expect(proxy.ready).toEqual({ plugins: [], proxy: proxy.ready.proxy, pid: proxy.pid });
    const opened = await curl(proxy, "--cacert", plugin.ready.caCert, "https://api.anthropic.com/v1/models");
    expect(opened.exit).toBe(0);
    expect(opened.out).toMatch(/^HTTP\/1.1 200 [\s\S]*HTTP\/1.1 529 [\s\S]*x-faultwire/);
    expect((await curl(proxy, "http://api.anthropic.com/v1/models")).out).toMatch(/^HTTP\/1.1 529 /);
    expect((await curl(proxy, "http://other.test/")).out).toContain("from the origin");
    const { stdout } = await plugin.stop();
    expect(stdout).toMatch(/2 requests/);
  });

  it("lets everything pass while the plugin is away, and says so once", async () => {
    const port = await origin();
    const proxy = await start(
      "proxy",
      "--connection-plugin",
      "http://127.0.0.1:1",
      "--resolve",
      `api.anthropic.com:80:127.0.0.1:${port}`,
    );
    for (let number = 0; number < 3; number++)
      expect((await curl(proxy, "http://api.anthropic.com/")).out).toContain("from the origin");
    const { stderr } = await proxy.stop();
    expect(stderr.match(/"event":"connection-plugin-away"/g)?.length).toBe(1);
    expect(stderr).toContain("connections pass untouched until it is back");
  });

  it("refuses a URL that is none, and rules, which the plugin has", async () => {
    const refused = (...flags: string[]): ReturnType<typeof runFaultwire> =>
      runFaultwire(["proxy", "--port", "0", "--connection-plugin", ...flags]);
    expect(await refused("localhost:50051")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `faultwire: "localhost:50051" is no connection plugin; http://HOST:PORT expected\n`,
    });
    expect(await refused("http://127.0.0.1:50051", "--status-code", "500")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("--connection-plugin and --status-code contradict each other"),
    });
  });
});
