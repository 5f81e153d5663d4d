import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { connect, createServer, type SecureVersion, type Server, type TLSSocket } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { type BridgeSide, bridgeSocketsLimits } from "../../src/index.ts";
import { resetStream } from "../../src/sockets/reset-stream.ts";
import { MemoryPeer } from "../support/memory-peers.ts";
import { alertIn } from "../support/openssl-errors.ts";
import { HOST, listening, proxyTo, type TestProxy } from "../support/processes.ts";

const authority = new TestAuthority("bridge sockets");
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

interface Connected {
  readonly client: TLSSocket;
  readonly upstream: TLSSocket;
  readonly proxy: TestProxy;
  /** The peers' own ends of their connections. */
  readonly wires: Readonly<Record<BridgeSide, Socket>>;
}

async function tlsOrigin(version: SecureVersion): Promise<[Server, number]> {
  const { cert, key } = authority.issue(HOST);
  const server = createServer({ cert, key, minVersion: version, maxVersion: version, allowHalfOpen: true });
  server.on("tlsClientError", () => {});
  return [server, await listening(server)];
}

async function connected(version: SecureVersion): Promise<Connected> {
  const [server, port] = await tlsOrigin(version);
  const proxy = await proxyTo(port, authority);
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const socket = connectTcp({ host: "127.0.0.1", port: proxy.port, allowHalfOpen: true });
  const client = connect({ socket, servername: HOST, ca: authority.caPem });
  const tcpAccepted = once(server, "connection") as Promise<[Socket]>;
  const [[upstream], [wire]] = await Promise.all([accepted, tcpAccepted, once(client, "secureConnect")]);
  for (const peer of [client, upstream]) {
    peer.on("error", () => {});
    onTestFinished(() => {
      peer.destroy();
    });
  }
  return { client, upstream, proxy, wires: { client: socket, server: wire } };
}

interface Wired {
  /** The client's connection, which knows nothing of TLS: no end but those that the test makes. */
  readonly wire: Socket;
  /** The client, in memory. */
  readonly peer: MemoryPeer;
  /** What has come to it and was not given to it. */
  readonly seen: Buffer[];
  readonly talk: (isOver: () => boolean) => Promise<void>;
  readonly upstream: TLSSocket;
  readonly proxy: TestProxy;
}

async function wired(version: SecureVersion): Promise<Wired> {
  const [server, port] = await tlsOrigin(version);
  const proxy = await proxyTo(port, authority);
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const wire = connectTcp({ host: "127.0.0.1", port: proxy.port });
  const peer = MemoryPeer.client({ servername: HOST, ca: authority.caPem });
  const seen: Buffer[] = [];
  wire.on("data", (chunk: Buffer) => seen.push(chunk));
  const talk = async (isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      const bytes = await peer.take();
      if (bytes.length > 0) wire.write(bytes);
      for (const chunk of seen.splice(0)) peer.give(chunk);
    }
  };
  let isAccepted = false;
  void accepted.then(() => {
    isAccepted = true;
  });
  await talk(() => peer.socket.authorized && isAccepted && proxy.bridges[0]?.bridge.state === "established");
  const [upstream] = await accepted;
  upstream.on("error", () => {});
  onTestFinished(() => {
    wire.destroy();
    upstream.destroy();
  });
  return { wire, peer, seen, talk, upstream, proxy };
}

/** Resolves when that number has not changed for many turns of the loop. */
async function rest(number: () => number): Promise<void> {
  for (let same = 0, last = number(); same < 500; same++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (number() === last) continue;
    last = number();
    same = 0;
  }
}

/** The digest of all that a socket gets. */
async function digestOf(socket: TLSSocket): Promise<string> {
  const hash = createHash("sha256");
  socket.on("data", (chunk: Buffer) => hash.update(chunk));
  await soon(once(socket, "end"), "the event end of socket");
  return hash.digest("hex");
}

describe.each(versions)("sockets in %s", (version) => {
  it.each(["client", "upstream"] as const)(
    "a %s that does not read makes the other one wait, and loses nothing",
    async (reader) => {
      const { client, upstream, proxy } = await connected(version);
      const [sink, source] = reader === "client" ? [client, upstream] : [upstream, client];
      const block = randomBytes(1 << 20);
      const blocks = 24;
      const sent = createHash("sha256");
      let hasWaited = false;
      for (let index = 0; index < blocks; index++) {
        block[0] = index;
        sent.update(block);
        hasWaited = !source.write(Uint8Array.from(block)) || hasWaited;
      }
      source.end();
      expect(hasWaited).toBe(true);
      const [ours] = reader === "client" ? proxy.accepted : proxy.upstreams;
      await rest(() => source.writableLength);
      expect(source.writableLength).toBeGreaterThan(0);
      expect(ours!.writableLength).toBeLessThan(1 << 20);
      expect(await digestOf(sink)).toBe(sent.digest("hex"));
      sink.end();
      source.resume();
      await proxy.bridges[0]!.closed;
      expect(proxy.failures).toEqual([]);
    },
  );

  it("a connection that is closed on one side stays open on the other one", async () => {
    const { client, upstream, proxy } = await connected(version);
    client.end("question");
    upstream.resume();
    await soon(once(upstream, "end"), "the event end of upstream");
    expect(proxy.bridges[0]!.bridge.state).toBe("established");
    upstream.write("answer, ");
    const [chunk] = (await soon(once(client, "data"), "the event data of client")) as [Buffer];
    expect(chunk.toString()).toBe("answer, ");
    const rest = once(client, "data") as Promise<[Buffer]>;
    upstream.end("at length");
    expect((await rest)[0].toString()).toBe("at length");
    await proxy.bridges[0]!.closed;
    expect(proxy.bridges[0]!.bridge.state).toBe("closed");
    expect([proxy.failures, proxy.truncated]).toEqual([[], []]);
  });

  it("a reset of the upstream goes on as a reset, and is told", async () => {
    const { client, proxy, wires } = await connected(version);
    const broken = once(client.resume(), "error") as Promise<[NodeJS.ErrnoException]>;
    wires.server.resetAndDestroy();
    expect((await broken)[0].code).toBe("ECONNRESET");
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "connection-lost", from: "server", reason: "ECONNRESET" }]);
    expect(proxy.truncated).toEqual([]);
  });

  it("a reset of the client goes on as a reset, and is told", async () => {
    const { wire, upstream, proxy } = await wired(version);
    const broken = once(upstream.resume(), "error") as Promise<[NodeJS.ErrnoException]>;
    wire.resetAndDestroy();
    expect((await broken)[0].code).toBe("ECONNRESET");
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "connection-lost", from: "client", reason: "ECONNRESET" }]);
    expect(proxy.truncated).toEqual([]);
  });

  it("a reset behind a half-close goes on as well", async () => {
    const { client, upstream, proxy, wires } = await connected(version);
    client.end("question");
    upstream.resume();
    await soon(once(upstream, "end"), "the event end of upstream");
    const broken = once(client.resume(), "error") as Promise<[NodeJS.ErrnoException]>;
    wires.server.resetAndDestroy();
    expect((await broken)[0].code).toBe("ECONNRESET");
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "connection-lost", from: "server" }]);
  });

  it.each(["accepted", "upstreams"] as const)(
    "a connection that breaks takes the other one with it: %s",
    async (which) => {
      const { client, upstream, proxy } = await connected(version);
      const ends = [client, upstream].map(
        // A reset is as good an end as any.
        (socket) => new Promise((resolve) => socket.resume().once("end", resolve).once("error", resolve)),
      );
      proxy[which][0]!.destroy(new Error("broken"));
      await Promise.all(ends);
      await proxy.bridges[0]!.closed;
      expect(proxy.failures).toMatchObject([{ code: "connection-lost" }]);
    },
  );
});

describe("sockets", () => {
  it("no upstream is opened for a client that does not speak TLS, which is told so", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp(proxy.port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\n\r\n");
    const [chunk] = (await soon(once(client, "data"), "the event data of client")) as [Buffer];
    expect([...chunk]).toEqual([21, 3, 3, 0, 2, 2, 10]);
    await soon(once(client, "close"), "the event close of client");
    await proxy.bridges[0]!.closed;
    expect(proxy.upstreams).toEqual([]);
  });

  it("a client that goes before it has said anything is let go", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp(proxy.port, "127.0.0.1");
    client.end();
    client.resume();
    await soon(once(client, "close"), "the event close of client");
    await proxy.bridges[0]!.closed;
  });

  it("where nobody listens upstream the client is told, and so is the handler", async () => {
    const vacant = createTcpServer();
    vacant.listen(0, "127.0.0.1");
    await once(vacant, "listening");
    const port = (vacant.address() as { port: number }).port;
    vacant.close();
    await soon(once(vacant, "close"), "the event close of vacant");
    const proxy = await proxyTo(port, authority);
    const client = connect({ host: "127.0.0.1", port: proxy.port, servername: HOST, ca: authority.caPem });
    const [error] = (await soon(once(client, "error"), "the event error of client")) as [
      NodeJS.ErrnoException,
    ];
    expect(alertIn(error)).toBe("INTERNAL_ERROR");
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "upstream-unreachable", reason: "ECONNREFUSED" }]);
  });

  it.each([
    ["while its FIN is on its way", (socket: Socket) => void socket.end()],
    ["behind its FIN", (socket: Socket) => new Promise<void>((resolve) => socket.end(resolve))],
    ["with bytes that wait", (socket: Socket) => void socket.write(new Uint8Array(1 << 24))],
    ["that is closed already", (socket: Socket) => void socket.destroy()],
  ])("a connection can be reset %s", async (_when, before) => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}));
    const socket = connectTcp({ port: await listening(server), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    await soon(once(socket, "connect"), "the event connect of socket");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await before(socket);
    resetStream(socket);
    await closed;
    // What is not TCP is closed as well.
    const other = new PassThrough();
    resetStream(other);
    expect(other.destroyed).toBe(true);
  });

  it("an upstream that can't even be tried is told the same way", async () => {
    const openUpstream = (): Socket => {
      throw Object.assign(new Error("no such route"), { code: "ENETUNREACH" });
    };
    const proxy = await proxyTo(1, authority, { openUpstream });
    const client = connect({ host: "127.0.0.1", port: proxy.port, servername: HOST, ca: authority.caPem });
    const [error] = (await soon(once(client, "error"), "the event error of client")) as [
      NodeJS.ErrnoException,
    ];
    expect(alertIn(error)).toBe("INTERNAL_ERROR");
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "upstream-unreachable", reason: "ENETUNREACH" }]);
  });

  it("a client that resets before it has said anything leaves nothing behind", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp(proxy.port, "127.0.0.1");
    client.write(Uint8Array.of(22, 3, 1));
    while (proxy.accepted[0]?.bytesRead !== 3) await new Promise((resolve) => setImmediate(resolve));
    client.resetAndDestroy();
    while (proxy.bridges.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toMatchObject([{ code: "connection-lost", from: "client", reason: "ECONNRESET" }]);
    expect(proxy.upstreams).toEqual([]);
  });

  it("a client that does not go behind the end is cut off at a limit", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => {});
    client.write("GET / HTTP/1.1\r\n\r\n");
    client.resume();
    await soon(once(client, "end"), "the event end of client");
    // It goes on as if nothing had been said.
    const chunk = new Uint8Array(65_536);
    let isClosed = false;
    void proxy.bridges[0]!.closed.then(() => {
      isClosed = true;
    });
    while (!isClosed && !client.destroyed) {
      client.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await proxy.bridges[0]!.closed;
    expect(proxy.accepted[0]!.bytesRead).toBeLessThan(2 * bridgeSocketsLimits.bytesBehindEnd);
  });

  it("sockets that are handed over paused are read", async () => {
    const [server, port] = await tlsOrigin("TLSv1.3");
    server.on("secureConnection", (socket) => socket.on("error", () => {}).end("answer"));
    const openUpstream = (): Socket => {
      const upstream = connectTcp({ host: "127.0.0.1", port, allowHalfOpen: true });
      upstream.pause();
      return upstream;
    };
    const proxy = await proxyTo(port, authority, { openUpstream, pauseOnConnect: true });
    const client = connect({ host: "127.0.0.1", port: proxy.port, servername: HOST, ca: authority.caPem });
    const [chunk] = (await soon(once(client, "data"), "the event data of client")) as [Buffer];
    expect(chunk.toString()).toBe("answer");
    client.end();
    await proxy.bridges[0]!.closed;
    expect(proxy.failures).toEqual([]);
  });

  it("a FIN without close_notify is passed on as just that, and told", async () => {
    const { wire, peer, seen, talk, upstream, proxy } = await wired("TLSv1.3");
    upstream.write("cut off");
    await talk(() => peer.text === "cut off");
    upstream.destroy();
    await soon(once(wire, "end"), "the event end of wire");
    expect(seen).toEqual([]);
    await proxy.bridges[0]!.closed;
    // The client has ended its connection as well, without a word.
    expect(proxy.truncated).toEqual(["server", "client"]);
    expect(proxy.failures).toEqual([]);
  });
});
