/** TLS straight at the port, from clients whose hosts file, DNS or `--resolve` has led them here. */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { connectPeer, Peer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import { secureOrigins, startSecureOrigin } from "../support/secure-origin.ts";

/** A client of TLS at the port; told apart what it says and hears in clear. */
async function client({ proxy, caPem }: ProxyUnderTest, options: ConnectionOptions): Promise<Peer> {
  const socket = connectTls({
    port: proxy.port,
    host: "127.0.0.1",
    ca: [caPem],
    ALPNProtocols: ["http/1.1"],
    // Verified for the name that is asked for, not for the address.
    ...(options.servername ? {} : { servername: "" }),
    ...options,
  });
  const peer = new Peer(socket);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once("secureConnect", () => resolve());
    socket.once("close", () => resolve());
  });
  return peer;
}

const get = (host: string, target = "/"): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a target by its name in TLS", () => {
  it("is opened, and led to its upstream at port 443", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running, { servername: "api.test" });
    peer.send(get("api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.untilText(get("api.test"));
    upstream.send(answer);
    await peer.untilText(answer);
    expect(running.told("response")).toMatchObject([{ status: 200, injected: false }]);
  });

  it("is answered by rule without any network, as curl with --resolve asks", async () => {
    const running = await runProxy("[{ name: busy, fault: { http: { status: 429 } } }]", {
      resolve: { "*": "127.0.0.1:1" },
    });
    const url = `https://api.test:${running.proxy.port}/`;
    const args = [
      "--resolve",
      `api.test:${running.proxy.port}:127.0.0.1`,
      "--cacert",
      running.caPath,
      "-w",
      "%{http_code}",
    ];
    const out = await new Promise<string>((resolve) => {
      execFile("curl", ["-sS", "--noproxy", "*", ...args, "-o", "/dev/null", url], (_error, stdout) =>
        resolve(stdout),
      );
    });
    expect(out).toBe("429");
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("costs a 502 where it would lead back to the proxy, and says how to mend that", async () => {
    // A free port, which the proxy then takes: the name has to lead there before the proxy listens.
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const running = await runProxy("[]", { port, resolve: { "*:443": `127.0.0.1:${port}` } });
    const peer = await client(running, { servername: "api.test" });
    peer.send(get("api.test"));
    await peer.until("the end", (each) => each.ended || each.closed);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 502 [\s\S]*it leads back to this proxy.*resolve/);
    const other = await connectPeer(port);
    other.send(Buffer.from(await hello("elsewhere.test")));
    await other.until("the end", (each) => each.ended);
    other.socket.destroy();
    expect(running.logged("upstream-unreachable")).toMatchObject([
      { upstream: "api.test:443", code: "SELF" },
      { upstream: "elsewhere.test:443", code: "SELF" },
    ]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });
});

/** A ClientHello. */
async function hello(servername: string): Promise<Uint8Array> {
  const peer = TlsMemoryPeer.client(servername === "" ? {} : { servername });
  return peer.take();
}

describe("anybody else by the name in TLS", () => {
  it("passes unread, as two sockets that are joined", async () => {
    const world = new TestAuthority("the world");
    const origin = await startSecureOrigin({
      ...world.issue("plain.test"),
      ALPNProtocols: ["h2", "http/1.1"],
    });
    const running = await runProxy("[]", { resolve: { "plain.test:443": origin.authority } });
    const peer = await client(running, {
      servername: "plain.test",
      ca: [world.caPem],
      ALPNProtocols: ["h2"],
    });
    peer.send("not HTTP at all");
    const upstream = await origin.accept();
    await upstream.untilText("not HTTP at all");
    expect(origin.names).toEqual(["plain.test"]);
    upstream.socket.end("bye");
    await peer.until("the end", (each) => each.ended);
    expect(peer.text()).toBe("bye");
  });

  it("may say its name byte by byte", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", { resolve: { "plain.test:443": origin.authority } });
    const bytes = await hello("PLAIN.test");
    const peer = await connectPeer(running.proxy.port);
    for (const byte of bytes) {
      peer.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    const upstream = await origin.accept();
    await upstream.until("the hello", ({ length }) => length === bytes.length);
    expect(Buffer.compare(upstream.received(), bytes)).toBe(0);
    peer.socket.destroy();
    upstream.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("that can't be reached ends with an alert, and its reason is told", async () => {
    const running = await runProxy("[]", { resolve: { "*": "127.0.0.1:1" } });
    const peer = await client(running, { servername: "plain.test" });
    expect(peer.error?.message).toMatch(/alert/);
    expect(running.logged("upstream-unreachable")).toMatchObject([
      { upstream: "plain.test:443", code: "ECONNREFUSED" },
    ]);
  });
});

describe("a client of TLS that names nobody", () => {
  it("is closed with an alert, and told why", async () => {
    const running = await runProxy();
    const peer = await client(running, {});
    expect(peer.error?.message).toMatch(/unrecognized name/);
    expect(running.logged("refused")).toMatchObject([
      { msg: expect.stringContaining("names no host (SNI)") },
    ]);
  });

  it("is whom the start has named for such clients", async () => {
    const { running, origins } = await secureOrigins(["api.test"], "[]", { sniDefault: "api.test" });
    const peer = await client(running, { checkServerIdentity: () => undefined });
    expect(peer.error).toBeUndefined();
    peer.send(get("api.test"));
    (await origins["api.test"].accept()).send(answer);
    await peer.untilText(answer);
    expect(running.told("response")).toMatchObject([{ status: 200 }]);
    for (const sniDefault of ["a b", "a:1", ""])
      await expect(runProxy("[]", { sniDefault })).rejects.toMatchObject({ code: "bad-option" });
  });

  it("in a tunnel to a target is that target", async () => {
    const { running, origins } = await secureOrigins(
      ["api.test"],
      "[{ name: busy, when: { nth: 2 }, fault: { http: { status: 529 } } }]",
    );
    const url = "https://api.test/";
    const tunnel = await connectPeer(running.proxy.port);
    tunnel.send("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n");
    await tunnel.until("the tunnel", (each) => each.text().endsWith("\r\n\r\n"));
    tunnel.clear();
    const socket = connectTls({
      socket: tunnel.socket,
      servername: "",
      ca: [running.caPem],
      checkServerIdentity: () => undefined,
    });
    const peer = new Peer(socket);
    onTestFinished(() => void socket.destroy());
    peer.send(get("api.test", url) + get("api.test", url));
    (await origins["api.test"].accept()).send(answer);
    await peer.until("both answers", (each) => each.text().includes("HTTP/1.1 529"));
    expect(running.told("unread")).toEqual([]);
  });
});

/** Alerts of RFC 8446 section 6. */
const unexpectedMessage = 10;
const decodeError = 50;

describe("what only begins as TLS", () => {
  it.each([
    ["a message that is too long", "\x16\x03\x01\x00\x05hello", decodeError],
    ["a Finished", "\x16\x03\x03\x00\x10\x14\x00\x00\x0c0123456789ab", unexpectedMessage],
    ["a message without an end", `\x16\x03\x01\x40\x00${"x".repeat(200_000)}`, decodeError],
    ["an empty hello", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", decodeError],
    ["a hello that is cut off", `\x16\x03\x01\x00\x26\x01\x00\x00\x22\x03\x03${"r".repeat(32)}`, decodeError],
  ])("is closed with the alert that says why, and told: %s", async (_what, said, description) => {
    const running = await runProxy();
    const peer = await connectPeer(running.proxy.port);
    peer.send(Buffer.from(said, "latin1"));
    await peer.until("the end", (each) => each.ended || each.closed);
    expect([...peer.received()]).toEqual([0x15, 3, 3, 0, 2, 2, description]);
    expect(running.logged("refused")).toMatchObject([{ msg: expect.stringContaining("a client of TLS") }]);
    peer.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is closed where a hello of 40 kB comes in records of a byte each, which are six times as much", async () => {
    const running = await runProxy();
    const peer = await connectPeer(running.proxy.port);
    const begun = Buffer.concat([Uint8Array.of(1, 0, 0x9c, 0x40, 3, 3), Buffer.alloc(39_000, 0x72)]);
    const inRecords = (from: number, to: number): Uint8Array =>
      Buffer.concat([...begun.subarray(from, to)].map((byte) => Uint8Array.of(0x16, 3, 1, 0, 1, byte)));
    // 128 KiB are 21,845 such records and two bytes.
    peer.send(inRecords(0, 21_000));
    await expect.poll(() => running.proxy.connections()).toBe(1);
    expect(running.logged("refused")).toEqual([]);
    peer.send(inRecords(21_000, begun.length));
    await peer.until("the end", (each) => each.ended || each.closed);
    expect(running.logged("refused")).toHaveLength(1);
    peer.socket.destroy();
  });

  it("is closed where it says nothing more in time", async () => {
    const running = await runProxy("[]", { limits: { headMs: 50, sweepMs: 10 } });
    const peer = await connectPeer(running.proxy.port);
    peer.send(Uint8Array.of(0x16, 3, 1));
    await peer.until("the end", (each) => each.ended || each.closed);
    peer.socket.destroy();
  });

  it("does not get in where a password is asked for", async () => {
    const running = await runProxy("[]", { proxyAuth: "user:secret" });
    const peer = await client(running, { servername: "api.test" });
    expect(peer.error?.message).toMatch(/alert/);
    expect(running.logged("refused")).toMatchObject([
      { msg: expect.stringContaining("can give no password") },
    ]);
  });
});

describe("a name of the proxy's own in TLS", () => {
  const settings = { ownNames: ["other.test"] };

  it("is the proxy as in clear: pages, base URLs, absolute form, CONNECT", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", { ...settings, resolve: { "plain.test": origin.authority } });
    const peer = await client(running, { servername: "other.test" });
    peer.send(
      get("other.test", "/ca.pem") +
        get("other.test", "/upstream/http/plain.test/x") +
        get("x", "http://plain.test/y"),
    );
    const first = await origin.accept();
    await first.untilText(get("plain.test", "/x"));
    first.send("HTTP/1.1 302 Found\r\nLocation: http://plain.test/y\r\nContent-Length: 0\r\n\r\n");
    const second = await origin.accept();
    await second.untilText(get("plain.test", "/y"));
    second.send(answer);
    await peer.until("all", (each) => each.text().endsWith("ok"));
    expect(peer.text()).toContain(running.caPem);
    expect(peer.text()).toContain("Location: https://other.test/upstream/http/plain.test/y\r\n");

    const tunnel = await client(running, { servername: "other.test" });
    tunnel.send("CONNECT plain.test:80 HTTP/1.1\r\n\r\nthrough");
    const third = await origin.accept();
    await third.untilText("through");
    third.socket.end("back");
    await tunnel.until("the end", (each) => each.ended);
    expect(tunnel.text()).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nback$/);
    for (const each of [peer, tunnel]) each.socket.destroy();
    for (const each of [first, second, third]) each.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("needs the Host and the password as in clear", async () => {
    const running = await runProxy("[]", { ...settings, proxyAuth: "user:secret" });
    const peer = await client(running, { servername: "other.test" });
    peer.send(get("other.test", "/ca.pem"));
    await peer.until("the end", (each) => each.ended);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 407 /);
  });

  it("for which the CA may have no certificate is closed, and told how to mend that", async () => {
    const running = await runProxy();
    const peer = await client(running, { servername: "localhost" });
    expect(peer.error?.message).toMatch(/unrecognized name/);
    expect(running.logged("refused")).toMatchObject([
      { msg: expect.stringMatching(/as localhost, .*use plain http/) },
    ]);
  });

  it.each([
    ["which it has for its clients, says whom they mean, whatever the Host", "faultwire.local", 200],
    ["of its start is one that a page could have, so that the Host has to say it too", "other.test", 421],
  ])("%s", async (_what, servername, status) => {
    const names = ["api.test", "other.test", "faultwire.local"];
    const running = await runProxy("[]", settings, undefined, undefined, {}, names);
    const peer = await client(running, { servername });
    peer.send("GET /ca.pem HTTP/1.1\r\nHost: page.test\r\nConnection: close\r\n\r\n");
    await peer.until("the end", (each) => each.ended);
    expect(peer.text().slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  it("that a client does not trust is told", async () => {
    const running = await runProxy("[]", settings);
    const at = `other.test:${running.proxy.port}`;
    const args = ["-sS", "--noproxy", "*", "--resolve", `${at}:127.0.0.1`, `https://${at}/`];
    const exit = await new Promise((resolve) => {
      execFile("curl", args, (error) => resolve(error?.code));
    });
    // 60: the certificate does not verify.
    expect(exit).toBe(60);
    await expect.poll(() => running.proxy.connections()).toBe(0);
    expect(running.logged("session-failed")).toMatchObject([{ host: "other.test" }]);
  });
});
