/** When an upstream is dialled, and what a client gets while one is late, silent, or speaks first. */
import type { AddressInfo, LookupFunction } from "node:net";
import { connect as connectTls, createServer, type TLSSocket } from "node:tls";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { connectPeer, connectTunnel, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { SecureContextCache, TlsClient } from "@faultwire/tls-bridge";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { curl } from "../support/curl.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

const once = "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 429 } } }]";
const always = "[{ name: busy, fault: { http: { status: 429 } } }]";
const status = ["-w", "%{http_code} ", "-o", "/dev/null"];
const versions = [["--tls-max", "1.2"], ["--tlsv1.3"]];

async function tcpOrigin(): Promise<TcpOrigin> {
  const origin = await startTcpOrigin();
  onTestFinished(() => origin.close());
  return origin;
}

/** A proxy, and an HTTPS origin for `api.test` with a certificate of the proxy's own CA. */
async function withOrigin(
  rules: string,
  settings: (authority: string) => ProxySettings,
): Promise<{ running: ProxyUnderTest; origin: Origin }> {
  let origin: Origin | undefined;
  const running = await runProxy(rules, async ({ authority }) => {
    const identity = await authority?.forHost("api.test");
    origin = await startByteOrigin({
      tls: { key: identity?.privateKeyPem(), cert: identity?.certificateChainPem },
    });
    return settings(`127.0.0.1:${origin.port}`);
  });
  if (!origin) throw new Error("no origin was started");
  const started = origin;
  onTestFinished(() => started.close());
  return { running, origin };
}

/** A lazy proxy, and a TLS server for `api.test` behind it that does this once it hears something. */
async function secureServer(
  heard: (socket: TLSSocket) => void,
): Promise<{ running: ProxyUnderTest; port: number }> {
  let port = 0;
  const running = await runProxy("[]", async ({ authority }) => {
    const identity = await authority?.forHost("api.test");
    const server = createServer(
      { key: identity?.privateKeyPem() ?? "", cert: identity?.certificateChainPem ?? "" },
      (socket) => {
        socket.on("error", () => {});
        socket.once("data", () => heard(socket));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    ({ port } = server.address() as AddressInfo);
    return { upstream: "lazy", resolve: { "*": `127.0.0.1:${port}` } };
  });
  return { running, port };
}

describe("a lazy proxy", () => {
  const lazily = (authority: string): ProxySettings => ({
    upstream: "lazy",
    resolve: { "*": authority },
  });

  it.each(versions)("opens no connection where a rule answers, with %j", async (...version) => {
    const origin = await tcpOrigin();
    const running = await runProxy(always, lazily(origin.authority));
    const url = "https://api.test/v1/messages";
    const twice = await curl(running, ...version, ...status, url, ...status, url);
    expect(twice).toEqual({ exit: 0, out: "429 429 " });
    await expect.poll(() => running.proxy.connections()).toBe(0);
    expect(origin.peers).toHaveLength(0);
    expect(running.logged("upstream-unreachable")).toEqual([]);
    expect(running.told("end")).toMatchObject([{ how: "complete" }, { how: "complete" }]);
  });

  it.each(versions)("opens one for the first request that passes, with %j", async (...version) => {
    const { running, origin } = await withOrigin(once, lazily);
    const url = "https://api.test/bytes/100000?seed=1";
    const all = await curl(running, ...version, ...status, url, ...status, url, ...status, url);
    expect(all).toEqual({ exit: 0, out: "429 200 200 " });
    expect(origin.connections).toHaveLength(1);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("gives a stranger in the upstream's place nothing of a request", async () => {
    const stranger = new TestAuthority("a stranger");
    const { key, cert } = stranger.issue("api.test");
    const origin = await startByteOrigin({ tls: { key, cert } });
    onTestFinished(() => origin.close());
    const running = await runProxy(once, lazily(`127.0.0.1:${origin.port}`));
    const url = "https://api.test/";
    expect((await curl(running, ...status, url)).out).toBe("429 ");
    const refused = await curl(running, "-i", "-H", "x-api-key: secret", url);
    expect(refused.out).toMatch(/^HTTP\/1\.1 502 .*x-faultwire: upstream-unreachable.*does not verify/s);
    expect(origin.connections).toEqual([]);
  });

  it("says 502 where the upstream can't be had", async () => {
    const running = await runProxy(once, lazily("127.0.0.1:1"));
    expect((await curl(running, ...status, "https://api.test/")).out).toBe("429 ");
    expect((await curl(running, "-i", "https://api.test/")).out).toMatch(/^HTTP\/1\.1 502 .*ECONNREFUSED/s);
  });

  it.each([
    // 56: an end without TLS's farewell cuts off a body that lasts until the end.
    ["ends with the farewell of TLS", (socket: TLSSocket) => socket.end(), 0],
    ["breaks off", (socket: TLSSocket) => socket.destroy(), 56],
  ])("passes on how an upstream %s", async (_how, finish, exit) => {
    const { running } = await secureServer((socket) =>
      socket.write("HTTP/1.1 200 OK\r\n\r\nhalf of it", () => finish(socket)),
    );
    const got = await curl(running, "https://api.test/");
    expect(got).toEqual({ exit, out: "half of it" });
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("says goodbye in TLS to a client whose upstream ends between two requests", async () => {
    const { port, running } = await secureServer((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    );
    const peer = await connectTunnel(running.proxy.port, `api.test:${port}`);
    const heard: string[] = [];
    const client = new TlsClient({
      host: "api.test",
      trust: { caPem: [running.caPem] },
      contexts: new SecureContextCache(),
      handler: {
        send: (bytes) => peer.send(bytes),
        established: () => client.write(Buffer.from("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n")),
        data: (bytes) => heard.push(Buffer.from(bytes).toString()),
        closeNotify: () => heard.push("goodbye"),
        truncated: () => heard.push("cut off"),
        failed: ({ message }) => heard.push(message),
      },
    });
    peer.socket.on("data", (bytes: Buffer) => client.push(bytes)).on("end", () => client.pushEnd());
    await peer.until("the end", ({ ended }) => ended);
    expect(heard.join("")).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokgoodbye");
    peer.socket.end();
  });

  it("reads HTTP in clear without an upstream, too", async () => {
    const origin = await tcpOrigin();
    const running = await runProxy(always, lazily(origin.authority));
    const client = await connectTunnel(running.proxy.port, "api.test:80");
    client.send("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    await client.until("the answer", (peer) => peer.text().startsWith("HTTP/1.1 429"));
    client.socket.end();
    await expect.poll(() => running.proxy.connections()).toBe(0);
    expect(origin.peers).toHaveLength(0);
  });
});

/** A look-up that answers when the test lets it. */
function heldLookup(): { lookup: LookupFunction; asked: () => number; answer: () => void } {
  const waiting: (() => void)[] = [];
  let asked = 0;
  return {
    lookup: (_name, _options, callback) => {
      asked++;
      waiting.push(() => callback(null, [{ address: "127.0.0.1", family: 4 }]));
    },
    asked: () => asked,
    answer() {
      for (const go of waiting.splice(0)) go();
    },
  };
}

describe("an upstream that does not answer", () => {
  const limits = { upstreamAnswerMs: 50, connectMs: 600_000 };

  it.each(versions)("keeps no rule from answering: a dial that hangs, with %j", async (...version) => {
    const { lookup, asked } = heldLookup();
    const running = await runProxy(always, { lookup, limits });
    const answered = await curl(running, ...version, ...status, "https://api.test/");
    expect(answered).toEqual({ exit: 0, out: "429 " });
    expect(asked()).toBe(1);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is spoken to when it comes after all, on the connection that was being opened", async () => {
    const held = heldLookup();
    let port = 0;
    const { running, origin } = await withOrigin(once, (authority) => {
      port = Number(authority.split(":")[1]);
      return { lookup: held.lookup, limits, resolve: { [`passes.test`]: authority } };
    });
    const url = `https://api.test:${port}/`;
    const both = curl(running, ...status, url, ...status, url);
    await expect.poll(() => running.told("request")).toHaveLength(2);
    held.answer();
    expect(await both).toEqual({ exit: 0, out: "429 200 " });
    expect(held.asked()).toBe(1);
    expect(origin.connections).toHaveLength(1);
  });

  it("keeps no rule from answering where it accepts and says nothing, and the rest gets 504", async () => {
    const origin = await tcpOrigin();
    const running = await runProxy(once, {
      resolve: { "*": origin.authority },
      limits: { upstreamAnswerMs: 50, connectMs: 200 },
    });
    const url = "https://api.test/";
    expect((await curl(running, ...status, url, "-i", url)).out).toMatch(
      /^429 .*HTTP\/1\.1 502 .*did not finish/s,
    );
    // Its first connection has got a ClientHello that leads nowhere.
    expect(origin.peers).toHaveLength(2);
    await origin.peers[0]?.until("the end", ({ ended, closed }) => ended || closed);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("holds no connection of a client that gives up in its handshake", async () => {
    const { lookup, asked } = heldLookup();
    const running = await runProxy(always, { lookup, limits: { ...limits, upstreamAnswerMs: 600_000 } });
    const client = await connectTunnel(running.proxy.port, "api.test:443");
    const tls = connectTls({ socket: client.socket, servername: "api.test", rejectUnauthorized: false });
    tls.on("error", () => {});
    await expect.poll(asked).toBe(1);
    client.socket.end();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is told where it fails behind the answer", async () => {
    const held = heldLookup();
    const running = await runProxy(once, { lookup: held.lookup, limits });
    // Port 1 of loopback: nothing listens.
    const url = "https://api.test:1/";
    const both = curl(running, ...status, url, "-i", url);
    await expect.poll(() => running.told("request")).toHaveLength(2);
    held.answer();
    expect((await both).out).toMatch(/^429 .*HTTP\/1\.1 502 .*ECONNREFUSED/s);
    expect(running.logged("upstream-unreachable")).toHaveLength(1);
  });
});

describe("an upstream that speaks first", () => {
  const limits = { silentClientMs: 30 };

  it.each(["api.test:25", "127.0.0.1:PORT"])("is heard in a tunnel to %s", async (asked) => {
    const origin = await tcpOrigin();
    const running = await runProxy("[]", { resolve: { "api.test:25": origin.authority }, limits });
    const client = await connectTunnel(running.proxy.port, asked.replace("PORT", String(origin.port)));
    const upstream = await origin.accept();
    upstream.send("220 ready\r\n");
    await client.untilText("220 ready\r\n");
    client.send("EHLO x\r\n");
    await upstream.untilText("EHLO x\r\n");
    client.socket.end();
    await upstream.until("the FIN", ({ ended }) => ended);
    upstream.socket.end();
    await expect.poll(() => running.proxy.connections()).toBe(0);
    expect(running.logged("unread")).toMatchObject([{ reason: "other-protocol", from: "server" }]);
  });

  it("is heard by a client of SOCKS", async () => {
    const origin = await tcpOrigin();
    const running = await runProxy("[]", { resolve: { "api.test:25": origin.authority }, limits });
    const client = await connectPeer(running.proxy.port);
    client.send(Uint8Array.from([5, 1, 0, 5, 1, 0, 3, 8, ...Buffer.from("api.test"), 0, 25]));
    (await origin.accept()).send("220 ready\r\n");
    await client.until("the greeting", (peer) => peer.text().endsWith("220 ready\r\n"));
    client.socket.destroy();
  });

  it("keeps no slow client from being answered by rule, though it can't be reached", async () => {
    const running = await runProxy(always, { resolve: { "*": "127.0.0.1:1" }, limits });
    const client = await connectTunnel(running.proxy.port, "api.test:80");
    await expect.poll(() => running.logged("upstream-unreachable")).toHaveLength(1);
    client.send("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    await client.until("the answer", (peer) => peer.text().startsWith("HTTP/1.1 429"));
    client.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is never dialled for a silent client of a lazy proxy", async () => {
    const origin = await tcpOrigin();
    const running = await runProxy(always, {
      resolve: { "*": origin.authority },
      upstream: "lazy",
      limits: { silentClientMs: 1 },
    });
    const silent = await connectTunnel(running.proxy.port, "api.test:25");
    // Longer than that by any clock: a whole answer for another client.
    expect((await curl(running, ...status, "https://api.test/")).out).toBe("429 ");
    expect(origin.peers).toHaveLength(0);
    silent.socket.destroy();
  });
});
