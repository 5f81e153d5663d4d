/** A proxy that is asked, by whatever door, for itself: it answers or refuses at once, and never dials itself on and on. */
import { createServer } from "node:net";
import { connectPeer, type Peer } from "@faultwire/testkit/host-peers";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

/** A free port, which a proxy then takes: something has to lead there before the proxy listens. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** What it gets, until the other end has ended. */
async function say(port: number, bytes: string | Uint8Array): Promise<string> {
  const peer = await connectPeer(port);
  onTestFinished(() => void peer.socket.destroy());
  peer.send(bytes);
  // A refused CONNECT leaves its connection open.
  const isOver = ({ ended, closed }: Peer): boolean =>
    ended || closed || /^HTTP\/1\.1 50[28] .*\}/s.test(peer.text());
  await peer.until("the end", isOver);
  peer.socket.destroy();
  return peer.text();
}

/** The most connections that a proxy has at one time while something is done. */
async function mostOf(proxies: readonly ProxyUnderTest[], act: () => Promise<void>): Promise<number> {
  let most = 0;
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      for (const { proxy } of proxies) most = Math.max(most, proxy.connections());
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const watching = watch();
  await act();
  isOver = true;
  await watching;
  for (const { proxy } of proxies) await expect.poll(() => proxy.connections()).toBe(0);
  return most;
}

const get = (target: string, host = "localhost"): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
const names = ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] as const;
const socks = (name: string, port: number): Uint8Array =>
  Uint8Array.from([5, 1, 0, 5, 1, 0, 3, name.length, ...Buffer.from(name), port >> 8, port & 255]);

const self = expect.stringMatching(/leads back to this proxy/);
/** The page that says what this is, or why it is not dialled. */
const answered = expect.stringMatching(/^HTTP\/1\.1 200 |leads back to this proxy/);

describe.each(names)("as %s", (name) => {
  it.each([
    [
      "by CONNECT",
      (port: number) =>
        `CONNECT ${name}:${port} HTTP/1.1\r\nConnection: close\r\n\r\n${get("/", `127.0.0.1:${port}`)}`,
      answered,
    ],
    ["in absolute form", (port: number) => get(`http://${name}:${port}/`), answered],
    ["in absolute form with TLS", (port: number) => get(`https://${name}:${port}/`), answered],
    ["by a base URL", (port: number) => get(`/upstream/http/${name}:${port}/`), self],
    ["by a base URL with TLS", (port: number) => get(`/upstream/https/${name}:${port}/`), self],
    [
      "by SOCKS",
      (port: number) =>
        Buffer.concat([socks(name.replace(/[[\]]/g, ""), port), Buffer.from(get("/", `127.0.0.1:${port}`))]),
      // Greeted, and an answer, after which nothing comes.
      expect.stringContaining("\u0005\0\u0005"),
    ],
  ])("%s it is not dialled", async (_, said, answer) => {
    const running = await runProxy();
    const most = await mostOf([running], async () => {
      expect(await say(running.proxy.port, said(running.proxy.port))).toEqual(answer);
    });
    expect(most).toBe(1);
  });
});

it("a request for nothing but the port is answered here", async () => {
  const running = await runProxy();
  const { port } = running.proxy;
  const most = await mostOf([running], async () => {
    expect(await say(port, get("/", `127.0.0.1:${port}`))).toMatch(/^HTTP\/1\.1 200 /);
    await expect.poll(() => running.proxy.connections()).toBe(0);
    expect(await say(port, get("/nothing", `127.0.0.1:${port}`))).toMatch(/^HTTP\/1\.1 404 /);
  });
  expect(most).toBe(1);
});

it("TLS to the port, for a name that leads back, ends with a reason in the log", async () => {
  const port = await freePort();
  const running = await runProxy("[]", { port, resolve: { "*:443": `127.0.0.1:${port}` } });
  const hello = await TlsMemoryPeer.client({ servername: "elsewhere.test" }).take();
  const most = await mostOf([running], async () => void (await say(port, hello)));
  expect(most).toBeLessThanOrEqual(2);
  expect(running.logged("upstream-unreachable")).toMatchObject([{ code: "SELF" }]);
});

it("a port that stands for itself refuses each request", async () => {
  const port = await freePort();
  const running = await runProxy("[]", { port, reverse: `http://127.0.0.1:${port}` });
  const most = await mostOf([running], async () => {
    expect(await say(port, get("/v1", `127.0.0.1:${port}`))).toEqual(self);
  });
  expect(most).toBe(1);
});

describe("two proxies that lead to each other", () => {
  async function pair(of: (to: number) => ProxySettings): Promise<[ProxyUnderTest, ProxyUnderTest]> {
    const [one, two] = [await freePort(), await freePort()];
    return [await runProxy("[]", { ...of(two), port: one }), await runProxy("[]", { ...of(one), port: two })];
  }

  it.each(["http", "absolute-form", "connect"] as const)("on the way to an upstream: %s", async (door) => {
    const both = await pair((to) => ({ upstreamProxy: `http://127.0.0.1:${to}` }));
    const port = both[0].proxy.port;
    const said = {
      http: get("/upstream/http/plain.test/"),
      "absolute-form": get("http://plain.test/"),
      connect: "CONNECT plain.test:443 HTTP/1.1\r\nConnection: close\r\n\r\n",
    }[door];
    const most = await mostOf(both, async () => {
      expect(await say(port, said)).toMatch(/^HTTP\/1\.1 50[28] /);
    });
    expect(most).toBeLessThanOrEqual(3);
  });

  it("as ports that stand for one upstream each: 508, behind a hundred turns at the most", async () => {
    const both = await pair((to) => ({ reverse: `http://127.0.0.1:${to}` }));
    const port = both[0].proxy.port;
    const most = await mostOf(both, async () => {
      expect(await say(port, get("/v1", `127.0.0.1:${port}`))).toMatch(
        /^HTTP\/1\.1 508 [\s\S]*was here before/,
      );
    });
    expect(most).toBeLessThanOrEqual(100);
    expect([...both[0].logged("refused"), ...both[1].logged("refused")].length).toBeGreaterThan(0);
  });
});
