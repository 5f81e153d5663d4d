import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { connect, createServer, type SecureVersion, type Server, type TLSSocket } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { MemoryPeer } from "../support/memory-peers.ts";
import { HOST, listening, proxyTo, type TestProxy } from "../support/processes.ts";

const authority = new TestAuthority("bridge sockets");
afterAll(() => authority.dispose());
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

interface Connected {
  readonly client: TLSSocket;
  readonly upstream: TLSSocket;
  readonly proxy: TestProxy;
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
  const [[upstream]] = await Promise.all([accepted, once(client, "secureConnect")]);
  for (const socket of [client, upstream]) {
    socket.on("error", () => {});
    onTestFinished(() => {
      socket.destroy();
    });
  }
  return { client, upstream, proxy };
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
  await once(socket, "end");
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
    await once(upstream, "end");
    expect(proxy.bridges[0]!.bridge.state).toBe("established");
    upstream.write("answer, ");
    const [chunk] = (await once(client, "data")) as [Buffer];
    expect(chunk.toString()).toBe("answer, ");
    const rest = once(client, "data") as Promise<[Buffer]>;
    upstream.end("at length");
    expect((await rest)[0].toString()).toBe("at length");
    await proxy.bridges[0]!.closed;
    expect(proxy.bridges[0]!.bridge.state).toBe("closed");
    expect(proxy.failures).toEqual([]);
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
      expect(proxy.bridges[0]!.bridge.state).toBe("closed");
    },
  );
});

describe("sockets", () => {
  it("no upstream is opened for a client that does not speak TLS, which is told so", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp(proxy.port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\n\r\n");
    const [chunk] = (await once(client, "data")) as [Buffer];
    expect([...chunk]).toEqual([21, 3, 3, 0, 2, 2, 10]);
    await once(client, "close");
    await proxy.bridges[0]!.closed;
    expect(proxy.upstreams).toEqual([]);
  });

  it("a client that goes before it has said anything is let go", async () => {
    const proxy = await proxyTo(1, authority);
    const client = connectTcp(proxy.port, "127.0.0.1");
    client.end();
    client.resume();
    await once(client, "close");
    await proxy.bridges[0]!.closed;
  });

  it("where nobody listens upstream the client is let go", async () => {
    const vacant = createTcpServer();
    vacant.listen(0, "127.0.0.1");
    await once(vacant, "listening");
    const port = (vacant.address() as { port: number }).port;
    vacant.close();
    await once(vacant, "close");
    const proxy = await proxyTo(port, authority);
    const client = connect({ host: "127.0.0.1", port: proxy.port, servername: HOST, ca: authority.caPem });
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    await proxy.bridges[0]!.closed;
  });

  it("a FIN without close_notify is passed on as just that", async () => {
    const [server, port] = await tlsOrigin("TLSv1.3");
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
    await talk(() => peer.socket.authorized);
    void talk(() => peer.text !== "");
    const [upstream] = await accepted;
    upstream.write("cut off");
    await talk(() => peer.text === "cut off");
    upstream.destroy();
    await once(wire, "end");
    expect(seen).toEqual([]);
    await proxy.bridges[0]!.closed;
  });
});
