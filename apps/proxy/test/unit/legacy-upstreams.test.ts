/** Upstreams, and proxies on the way, with certificates that current clients refuse: by every way in, and with the way out. */
import { createServer, type TLSSocket } from "node:tls";
import { connectPeer } from "@faultwire/testkit/host-peers";
import { type LegacyTrait, TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { curl } from "../support/curl.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import { startSecureOrigin } from "../support/secure-origin.ts";

const authority = new TestAuthority("an old upstream's own");
const traits = ["common-name-only", "rsa-1024", "sha-1"] as const satisfies readonly LegacyTrait[];
const weak = { ciphers: "DEFAULT:@SECLEVEL=0" };
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

async function withUpstream(
  trait: LegacyTrait,
  legacy: boolean,
): Promise<ProxyUnderTest & { heard: () => number }> {
  const { cert, key } = authority.issueLegacy("api.test", trait);
  const origin = await startSecureOrigin({ cert, key, ...weak, ALPNProtocols: ["http/1.1"] });
  const running = await runProxy(
    "[]",
    { resolve: { "api.test:443": origin.authority } },
    authority.caPem,
    undefined,
    { legacy },
  );
  if (legacy) void origin.accept().then((peer) => peer.send(ok));
  return { ...running, heard: () => origin.peers.reduce((sum, { length }) => sum + length, 0) };
}

describe.each(traits)("an upstream's certificate with %s", (trait) => {
  it("is refused in HTTPS that is opened: the client gets 502 with the reason, the upstream nothing", async () => {
    const running = await withUpstream(trait, false);
    const { out } = await curl(running, "-w", " %{http_code}", "https://api.test/");
    expect(out).toMatch(/no current client takes that.* 502$/s);
    expect(running.heard()).toBe(0);
    expect(running.seen).toContainEqual(
      expect.objectContaining({
        type: "session-failed",
        code: "upstream-untrusted",
        message: expect.stringContaining("no current client takes that"),
      }),
    );
  });

  it("is refused for a request in absolute form as well", async () => {
    const running = await withUpstream(trait, false);
    const client = await connectPeer(running.proxy.port);
    onTestFinished(() => void client.socket.destroy());
    client.send("GET https://api.test/ HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n");
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 502 .*no current client takes that/s);
    expect(running.heard()).toBe(0);
  });

  it("is taken by both where legacy upstreams are, and that is said", async () => {
    const running = await withUpstream(trait, true);
    expect((await curl(running, "https://api.test/")).out).toBe("ok");
    expect(running.logged("upstream-legacy")).toHaveLength(1);
  });

  it("is refused of a proxy on the way, too", async () => {
    for (const legacy of [false, true]) {
      const { cert, key } = authority.issueLegacy("api.test", trait);
      const corp = createServer({ cert, key, ...weak, ALPNProtocols: ["http/1.1"] }, (socket: TLSSocket) => {
        socket.on("error", () => {});
        socket.once("data", () => socket.end("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
      });
      corp.on("tlsClientError", () => {});
      await new Promise<void>((resolve) => corp.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void corp.close());
      const { port } = corp.address() as { port: number };
      const { proxy } = await runProxy(
        "[]",
        {
          upstreamProxy: `https://api.test:${port}`,
          lookup: (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
        },
        authority.caPem,
        undefined,
        { legacy },
      );
      const client = await connectPeer(proxy.port);
      client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
      await client.until("the end", ({ ended }) => ended);
      expect(client.text()).toMatch(legacy ? /403/ : /no current client takes that/);
      client.socket.destroy();
    }
  });
});
