/** Peers that read nothing, on real sockets: the other one waits, little of ours is kept, and all of it arrives in the end. */
import { createServer, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { seededBlocks, sha256Of } from "@faultwire/testkit/byte-origin";
import { connectTunnel, Peer } from "@faultwire/testkit/host-peers";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { proxyLimits } from "../../src/index.ts";
import { runProxy } from "../support/running-proxy.ts";
import { otherEnd, socketsTo, watchSockets } from "../support/socket-watch.ts";

const mib = 1024 * 1024;
/** More than the systems' buffers of three sockets hold. */
const length = 48 * mib;
const bytes = [...seededBlocks(length, 1)];
const sha256 = sha256Of(bytes);
/** What one socket of ours keeps unsent at the most: a read, sealed, on top of what a line takes as full (256 KiB). */
const mostKept = 384 * 1024;

/** Says everything, as fast as it is taken. */
async function sayAll(socket: Socket): Promise<void> {
  for (const block of bytes)
    if (!socket.write(block))
      await soon(new Promise<void>((resolve) => socket.once("drain", resolve)), "the event drain of socket");
}

/** An upstream that waits for `begins`, and then says everything. */
interface Upstream {
  readonly authority: string;
  readonly port: number;
  readonly accepted: Promise<Socket>;
}

async function upstream(tls?: { readonly key: string; readonly cert: string }): Promise<Upstream> {
  let taken: (socket: Socket) => void = () => {};
  const accepted = new Promise<Socket>((resolve) => {
    taken = resolve;
  });
  const server = tls ? createTlsServer(tls) : createServer({ allowHalfOpen: true });
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    taken(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { authority: `127.0.0.1:${port}`, port, accepted };
}

const head = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const ask = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";

describe("a client that reads nothing makes the upstream wait, and gets all of it afterwards", () => {
  it.each(["unread", "in clear", "opened"] as const)("%s", { timeout: 120_000 }, async (way) => {
    watchSockets();
    let origin: Upstream | undefined;
    const running = await runProxy("[]", async ({ authority }) => {
      const identity = way === "opened" ? await authority?.forHost("api.test") : undefined;
      origin = await upstream(
        identity && { key: identity.privateKeyPem(), cert: identity.certificateChainPem },
      );
      return { resolve: { "*": origin.authority } };
    });
    const name = way === "unread" ? "plain.test" : "api.test";
    const tunnel = await connectTunnel(running.proxy.port, `${name}:${way === "opened" ? 443 : 80}`);
    const toClient = otherEnd(tunnel.socket);
    let client = tunnel;
    if (way === "opened") {
      tunnel.socket.removeAllListeners("data");
      const secure = connectTls({ socket: tunnel.socket, servername: name, ca: running.caPem });
      client = new Peer(secure);
      await soon(
        new Promise((resolve) => secure.once("secureConnect", resolve)),
        "the event secureConnect of secure",
      );
    }
    client.send(ask);
    const server = await origin?.accepted;
    if (!server || !toClient) throw new Error("no connection");
    client.socket.pause();
    server.write(head);
    const said = sayAll(server);
    // The proxy reads no more of the upstream: that is the moment at which it would have to keep it.
    const fromUpstream = (): Socket | undefined => socketsTo(origin?.port ?? 0)[0];
    await expect.poll(() => fromUpstream()?.isPaused() && toClient.writableNeedDrain).toBe(true);
    expect(toClient.writableLength).toBeLessThan(mostKept);
    expect(fromUpstream()?.bytesRead).toBeLessThan(length / 2);
    client.socket.resume();
    await said;
    await client.until("everything", (peer) => peer.length === head.length + length, 60_000);
    expect(sha256Of(client.received().subarray(head.length))).toBe(sha256);
    client.socket.destroy();
    server.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });
});

describe("an upstream that reads nothing makes the client wait, and gets all of it afterwards", () => {
  it.each(["unread", "in clear"] as const)("%s", { timeout: 120_000 }, async (way) => {
    watchSockets();
    const origin = await upstream();
    const running = await runProxy("[]", { resolve: { "*": origin.authority } });
    const client = await connectTunnel(running.proxy.port, `${way === "unread" ? "plain" : "api"}.test:80`);
    const post = `POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${length}\r\n\r\n`;
    client.send(post);
    const server = new Peer(await origin.accepted);
    server.socket.pause();
    const said = sayAll(client.socket);
    const fromClient = otherEnd(client.socket);
    const toUpstream = (): Socket | undefined => socketsTo(origin.port)[0];
    await expect.poll(() => fromClient?.isPaused() && toUpstream()?.writableNeedDrain).toBe(true);
    expect(toUpstream()?.writableLength).toBeLessThan(mostKept);
    expect(fromClient?.bytesRead).toBeLessThan(length / 2);
    server.socket.resume();
    await said;
    await server.until("everything", (peer) => peer.length === post.length + length, 60_000);
    expect(sha256Of(server.received().subarray(post.length))).toBe(sha256);
    client.socket.destroy();
    server.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });
});

it("a client that asks and asks, and reads none of our own answers, is read no further", {
  timeout: 120_000,
}, async () => {
  watchSockets();
  const { maxUnreadBytes } = proxyLimits;
  const running = await runProxy(
    `[{ name: r, fault: { http: { status: 503, body: ${"x".repeat(8000)} } } }]`,
  );
  const client = await connectTunnel(running.proxy.port, "api.test:80");
  const toClient = otherEnd(client.socket);
  client.socket.pause();
  // Their answers are more than the systems' buffers hold, by far. One read brings a dozen of them.
  const count = 4000;
  const padded = ask.replace("\r\n\r\n", `\r\nX: ${"x".repeat(4000)}\r\n\r\n`);
  client.send(padded.repeat(count));
  const unread = (): number => toClient?.writableLength ?? 0;
  await expect.poll(() => toClient?.isPaused() && unread() > maxUnreadBytes, { timeout: 60_000 }).toBe(true);
  // What one read asks for comes on top.
  expect(unread()).toBeLessThan(1.5 * maxUnreadBytes);
  expect(toClient?.bytesRead).toBeLessThan((padded.length * count) / 2);
  client.socket.resume();
  await client.until("everything that was asked for", (peer) => peer.length > count * 8000, 60_000);
  await expect.poll(() => client.text().split("HTTP/1.1 503").length - 1).toBe(count);
  client.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(0);
});
