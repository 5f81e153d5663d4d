/** The proxy as the host of a connection plugin that a test plays by hand. */
import { createServer } from "node:http2";
import { connectionLimits, EndKind } from "@faultwire/connection-protocol";
import { connectPeer, connectTunnel, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startProxy } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import {
  type PlayedConnection,
  playPlugin,
  type ScriptedPlugin,
} from "../support/scripted-connection-plugin.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

const accept = (connection: PlayedConnection): void => connection.accept();
const everything = "[{ name: all, fault: { http: { status: 418 } } }]";

/** A proxy whose own rules make everything fail, so that it shows where they are asked. */
const proxyWith = (plugin: Pick<ScriptedPlugin, "url">): Promise<ProxyUnderTest> =>
  runProxy(everything, { connectionPlugin: plugin.url, resolve: { "*": origin.authority } });

describe("a connection plugin", () => {
  it("is told who wants what, and says whether the client is connected", async () => {
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    const { localPort } = client.socket;
    expect(connection.all("open")).toMatchObject([
      {
        minVersion: 1,
        maxVersion: 1,
        host: "api.test",
        port: 443,
        peer: `127.0.0.1:${localPort}`,
        entrance: 1,
        abilities: { reset: true, halfClose: true, dial: true },
        creditBytes: connectionLimits.creditBytes,
      },
    ]);
    client.send("hello");
    await expect.poll(() => connection.from(0)).toBe("hello");
    connection.stream.sendBytes(0, Buffer.from("hello yourself"));
    await client.until("what the plugin says", () => client.text() === "hello yourself");
    expect(origin.peers).toEqual([]);
  });

  it("has the proxy dial, and then both ends are its own: half-closes and what goes behind them", async () => {
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    connection.tell("dial", { peer: 1 });
    connection.stream.sendBytes(1, Buffer.from("early"));
    const upstream = await origin.accept();
    await expect.poll(() => connection.all("dialled")).toMatchObject([{ peer: 1 }]);
    await upstream.until("bytes that were sent with the dial", () => upstream.text() === "early");
    client.socket.end("last");
    await expect.poll(() => connection.all("end")).toMatchObject([{ peer: 0, kind: EndKind.FIN }]);
    expect(connection.from(0)).toBe("last");
    connection.tell("end", { peer: 1, kind: EndKind.FIN });
    await upstream.until("the FIN", () => upstream.ended);
    upstream.send("answer");
    await expect.poll(() => connection.from(1)).toBe("answer");
    connection.stream.sendBytes(0, Buffer.from("answer"));
    await client.until("what goes behind a half-close", () => client.text() === "answer");
    expect(client.ended).toBe(false);
  });

  it.each([
    { to: "client", peer: 0 },
    { to: "upstream", peer: 1 },
  ])("can reset the $to, which sees ECONNRESET, and is told when that has gone out", async ({ peer }) => {
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    connection.tell("dial", { peer: 1 });
    const upstream = await origin.accept();
    const reset = peer === 0 ? client : upstream;
    connection.stream.sendBytes(peer, Buffer.from("before"));
    connection.tell("end", { peer, kind: EndKind.RESET });
    connection.tell("watch", { id: 7, peer, isEnd: true });
    await reset.until("the reset", () => reset.error !== undefined);
    expect(reset.error).toMatchObject({ code: "ECONNRESET" });
    expect(reset.text()).toBe("before");
    await expect.poll(() => connection.all("gone")).toMatchObject([{ id: 7 }]);
  });

  it("hears of a client's reset as a reset", async () => {
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    client.socket.resetAndDestroy();
    await expect.poll(() => connection.all("end")).toMatchObject([{ peer: 0, kind: EndKind.RESET }]);
    await expect.poll(() => connection.all("closed")).toMatchObject([{ peer: 0 }]);
    connection.stream.end();
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("makes a client wait by giving no credit: no byte beyond it is sent, and the client's own writes stop", async () => {
    const { minCreditBytes } = connectionLimits;
    const plugin = await playPlugin((connection) => connection.accept(minCreditBytes));
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    const all = 64 << 20;
    client.socket.write(Buffer.alloc(all));
    await expect.poll(() => connection.bytesFrom(0)).toBe(minCreditBytes);
    // Another connection to the same plugin shows that what came before has been read.
    await connectTunnel(proxy.port, "other.test:443");
    expect(connection.bytesFrom(0)).toBe(minCreditBytes);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    const credit = 2 * minCreditBytes;
    connection.tell("credit", { peer: 0, bytes: credit });
    await expect.poll(() => connection.bytesFrom(0)).toBe(minCreditBytes + credit);
  });

  it("gets no credit for a client that does not read, and the proxy holds no more than it gave", async () => {
    const { creditBytes, maxBytes } = connectionLimits;
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    client.socket.pause();
    const connection = await plugin.connection();
    let sent = 0;
    const credit = (): number =>
      creditBytes + connection.all("credit").reduce((sum, { bytes }) => sum + bytes, 0);
    let others = 1;
    // Until a whole connection has been asked about without any more credit: the system's buffers are full then.
    for (let before = -1; before !== credit(); ) {
      before = credit();
      for (; credit() - sent >= maxBytes; sent += maxBytes)
        connection.stream.sendBytes(0, new Uint8Array(maxBytes));
      await connectTunnel(proxy.port, "other.test:443");
      await plugin.connection(others);
      others++;
    }
    expect(credit() - sent).toBeLessThan(maxBytes);
    client.socket.resume();
    await expect.poll(() => client.length).toBe(sent);
    await expect.poll(() => credit() - sent).toBeGreaterThanOrEqual(maxBytes);
  });

  it("that sends beyond its credit is left, with the reason, and the client's connection is reset", async () => {
    const plugin = await playPlugin(accept);
    const { proxy, logged } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    client.socket.pause();
    const { creditBytes, maxBytes } = connectionLimits;
    // More than the system takes for a client that does not read.
    for (let sent = 0; sent <= 128 * creditBytes; sent += maxBytes)
      connection.stream.sendBytes(0, new Uint8Array(maxBytes));
    await expect.poll(() => connection.isOver).toBe(true);
    client.socket.resume();
    await client.until("the reset", () => client.error !== undefined);
    expect(client.error).toMatchObject({ code: "ECONNRESET" });
    expect(logged("connection-plugin-broken")).toMatchObject([
      { why: expect.stringMatching(/bytes came where there was credit for/) },
    ]);
  });

  it.each<[string, (connection: PlayedConnection) => void, RegExp]>([
    ["decides a second time", (connection) => connection.accept(), /a second decision \(accept\)/],
    [
      "speaks of a peer that is none",
      (connection) => connection.tell("end", { peer: 2, kind: EndKind.FIN }),
      /peer 2 was never dialled/,
    ],
    ["dials out of turn", (connection) => connection.tell("dial", { peer: 5 }), /dial 5 behind 0/],
    [
      "dials without end",
      (connection) => {
        for (let peer = 1; peer <= connectionLimits.maxDials + 1; peer++) connection.tell("dial", { peer });
      },
      /dial 17 behind 16; one after the other, up to 16/,
    ],
    ["ends in a way that is none", (connection) => connection.tell("end", { peer: 0, kind: 9 }), /of kind 9/],
    ["sends nothing at all", (connection) => connection.stream.sendBytes(0, new Uint8Array(0)), /bytes of 0/],
    [
      "gives credit beyond all bounds",
      (connection) => connection.tell("credit", { peer: 0, bytes: connectionLimits.maxCreditBytes }),
      /that are unused/,
    ],
    ["says nothing that is known", (connection) => connection.say({ case: undefined }), /says nothing/],
  ])("that %s is left, and the client's connection is reset", async (_does, act, why) => {
    const plugin = await playPlugin(accept);
    const { proxy, logged, seen } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    act(await plugin.connection());
    await client.until("the reset", () => client.error !== undefined);
    expect(logged("connection-plugin-broken")).toMatchObject([{ why: expect.stringMatching(why) }]);
    expect(seen.filter(({ type }) => type === "bug")).toEqual([]);
  });

  it("that goes away takes its connections with it, as resets; new ones pass, which is told once, and so is its return", async () => {
    const plugin = await playPlugin(accept);
    const { proxy, logged } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    connection.tell("dial", { peer: 1 });
    const upstream = await origin.accept();
    plugin.kill();
    await client.until("the client's reset", () => client.error !== undefined);
    await upstream.until("the upstream's reset", () => upstream.error !== undefined);
    expect(client.error).toMatchObject({ code: "ECONNRESET" });
    expect(logged("connection-plugin-broken").length).toBe(1);
    for (let number = 0; number < 3; number++) {
      const passed = await connectTunnel(proxy.port, "api.test:443");
      passed.send(`hello ${number}`);
      const end = await origin.accept();
      await end.until("what passes", () => end.text() === `hello ${number}`);
    }
    expect(logged("connection-plugin-away").filter(({ level }) => level === 40)).toMatchObject([
      { msg: expect.stringMatching(/is away: ECONNREFUSED.*; connections pass untouched until it is back/) },
    ]);
    const again = await playPlugin(accept, Number(new URL(plugin.url).port));
    await connectTunnel(proxy.port, "api.test:443");
    await again.connection();
    expect(logged("connection-plugin-back").length).toBe(1);
  });

  it("that does not want a connection gets no byte of it", async () => {
    const plugin = await playPlugin((connection) => {
      connection.tell("passThrough", { reason: "no target" });
      connection.stream.end();
    });
    const { proxy, told } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    client.send("hello");
    const upstream = await origin.accept();
    await upstream.until("what passes", () => upstream.text() === "hello");
    client.socket.end();
    await upstream.until("the half-close", () => upstream.ended);
    expect((await plugin.connection()).heard.map((each) => each.case)).toEqual(["open"]);
    expect(told("decision")).toEqual([]);
  });

  it("may refuse a connection in the words of the client's protocol, and hears what became of that", async () => {
    const plugin = await playPlugin((connection) =>
      connection.say({
        case: "refuse",
        value: {
          $typeName: "faultwire.connection.v1.Refuse",
          how: {
            case: "answer",
            value: {
              $typeName: "faultwire.connection.v1.RefuseAnswer",
              status: 503,
              headers: [
                { $typeName: "faultwire.connection.v1.HeaderField", name: "retry-after", value: "7" },
              ],
              body: Buffer.from("not today"),
              socksReply: 1,
              afterMs: 0,
            },
          },
        },
      }),
    );
    const { proxy } = await proxyWith(plugin);
    const client = await connectPeer(proxy.port);
    client.send("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n");
    await client.until("the end", () => client.ended);
    expect(client.text()).toMatch(/^HTTP\/1.1 503 .*\r\nretry-after: 7\r\n[\s\S]*\r\n\r\nnot today$/);
    await expect
      .poll(async () => (await plugin.connection()).all("refused"))
      .toMatchObject([{ undoneReason: "" }]);
  });

  it.each<[string, (connection: PlayedConnection) => void, RegExp]>([
    [
      "accepts in a version that is not known",
      (connection) => connection.accept(262_144, 9),
      /speaks version 9 .*this proxy 1 to 1/,
    ],
    ["gives too little credit", (connection) => connection.accept(1), /credit_bytes is 1;/],
    [
      "refuses with a status that is none",
      (connection) => connection.tell("refuse", {}),
      /a refusal that says nothing/,
    ],
    ["says something else first", (connection) => connection.tell("dial", { peer: 1 }), /dial came first/],
    [
      "ends without a decision",
      (connection) => connection.stream.end(),
      /ended the stream without a decision/,
    ],
  ])("that %s is away: the connection passes", async (_does, act, why) => {
    const plugin = await playPlugin(act);
    const { proxy, logged } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    client.send("hello");
    const upstream = await origin.accept();
    await upstream.until("what passes", () => upstream.text() === "hello");
    expect(logged("connection-plugin-away")).toMatchObject([{ why: expect.stringMatching(why) }]);
  });

  it("that does not answer in time is away: the connection passes", async () => {
    const plugin = await playPlugin();
    const timers: { readonly delayMs: number; readonly act: () => void }[] = [];
    const clock = {
      now: () => performance.now(),
      after: (delayMs: number, act: () => void) => {
        timers.push({ delayMs, act });
        return () => {};
      },
    };
    const settings = { connectionPlugin: plugin.url, resolve: { "*": origin.authority } };
    const { proxy, logged } = await runProxy("[]", settings, undefined, clock);
    const client = await connectPeer(proxy.port);
    client.send("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n");
    const connection = await plugin.connection();
    timers.find(({ delayMs }) => delayMs === connectionLimits.decisionMs)?.act();
    await client.until("the tunnel", () => client.text().startsWith("HTTP/1.1 200"));
    await origin.accept();
    expect(logged("connection-plugin-away")).toMatchObject([{ why: "it did not answer within 5000 ms" }]);
    await expect.poll(() => connection.isOver).toBe(true);
    // A decision that comes too late changes nothing.
    connection.accept();
    client.send("hello");
    await expect.poll(() => origin.peers[0]?.text()).toBe("hello");
  });

  it("that is none, but another server of HTTP/2, is away, and told to be none", async () => {
    const server = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { readonly port: number };
    const { proxy, logged } = await proxyWith({ url: `http://127.0.0.1:${port}` });
    await connectTunnel(proxy.port, "api.test:443");
    await origin.accept();
    expect(logged("connection-plugin-away")).toMatchObject([
      {
        msg: expect.stringMatching(
          /does not speak faultwire.connection.v1 \(it answers HTTP 404\); is it a plugin server/,
        ),
      },
    ]);
  });

  it.each(["localhost:50051", "https://127.0.0.1:50051", "http://127.0.0.1", "http://127.0.0.1:1/path"])(
    "is no %s",
    async (connectionPlugin) => {
      const { runtime } = await runProxy();
      await expect(startProxy({ runtime, port: 0, connectionPlugin })).rejects.toMatchObject({
        code: "bad-option",
        message: `"${connectionPlugin}" is no connection plugin; http://HOST:PORT expected`,
      });
    },
  );

  it("is refused beside upstreams that are dialled lazily", async () => {
    const { runtime } = await runProxy();
    const connectionPlugin = "http://127.0.0.1:50051";
    await expect(startProxy({ runtime, port: 0, connectionPlugin, upstream: "lazy" })).rejects.toMatchObject({
      code: "bad-option",
    });
  });

  it("is told that the proxy takes leave, and may end what rests", async () => {
    const plugin = await playPlugin(accept);
    const { proxy } = await proxyWith(plugin);
    const client = await connectTunnel(proxy.port, "api.test:443");
    const connection = await plugin.connection();
    const closed = proxy.close(60_000);
    await expect.poll(() => connection.all("drain").length).toBe(1);
    connection.stream.end();
    await closed;
    await client.until("the end", () => client.closed || client.ended);
  });
});
