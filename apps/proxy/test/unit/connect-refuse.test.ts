/** `connect.refuse`: what exactly a client gets, by CONNECT, by SOCKS and in absolute form, and what is told of it. */
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { connectPeer, type Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

const start = (refuse: string, more = ""): Promise<ProxyUnderTest> =>
  runProxy(`[{ name: no-way, ${more} fault: { connect: { refuse: ${refuse} } } }]`, {
    resolve: { "*": origin.authority },
  });

const connectTo = (authority: string): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: agent/1\r\n\r\n`;
const get = (host: string, method = "GET"): string =>
  `${method} http://${host}/v1?x HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: agent/1\r\n\r\n`;
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function say({ proxy }: ProxyUnderTest, bytes: string | Uint8Array): Promise<Peer> {
  const peer = await connectPeer(proxy.port);
  peer.send(bytes);
  return peer;
}

/** All that comes until the connection ends. */
async function ask(running: ProxyUnderTest, bytes: string | Uint8Array): Promise<Peer> {
  const peer = await say(running, bytes);
  await peer.until("the end", ({ ended, closed }) => ended || closed);
  peer.socket.end();
  return peer;
}

const socks = (host: string): Uint8Array =>
  Uint8Array.from([5, 1, 0, 5, 1, 0, 3, host.length, ...Buffer.from(host), 1, 187]);
const socksReply = (code: number): number[] => [5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];

/** The fault is told as done, once, and no upstream was ever spoken to. */
async function isDone({ told, proxy, logged }: ProxyUnderTest, client = "agent/1"): Promise<void> {
  const of = { rule: "no-way", fault: "connect.refuse", request: null, connection: `${client}#connect-1` };
  await expect.poll(() => told("done")).toMatchObject([of]);
  expect(told("connection")).toMatchObject([{ host: "api.test", client }]);
  expect(told("decision")).toMatchObject([{ ...of, matchNumber: 1 }]);
  expect(told("undone")).toEqual([]);
  expect(logged("fault")).toMatchObject([of]);
  expect(origin.peers).toHaveLength(0);
  await expect.poll(() => proxy.connections()).toBe(0);
}

const body = (text: string): string => `content-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`;

describe("a status", () => {
  it("is all that a CONNECT gets, with its body and headers", async () => {
    const running = await start("{ status: 503, body: { why: policy }, headers: { retry-after: 5 } }");
    const peer = await ask(running, `${connectTo("api.test:443")}\x16\x03\x01 said too early`);
    expect(peer.text()).toBe(
      `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\nx-faultwire: no-way\r\n${body('{"why":"policy"}')}`,
    );
    expect(peer.error).toBeUndefined();
    await isDone(running);
  });

  it("407 asks for what RFC 9110 wants it to ask for, unless the rule does", async () => {
    const running = await start("{ status: 407, body: who? }");
    expect((await ask(running, connectTo("api.test:443"))).text()).toBe(
      `HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="proxy"\r\ncontent-type: text/plain; charset=utf-8\r\nx-faultwire: no-way\r\n${body("who?")}`,
    );
    await isDone(running);
    const own = await start("{ status: 407, headers: { Proxy-Authenticate: Negotiate } }");
    const text = (await ask(own, connectTo("api.test:443"))).text();
    expect(text.match(/proxy-authenticate: .*/gi)).toEqual(["Proxy-Authenticate: Negotiate"]);
  });

  it("answers a request in absolute form, whose connection it would have needed", async () => {
    const running = await start("{ status: 504, body: late }");
    expect((await ask(running, get("api.test"))).text()).toBe(
      `HTTP/1.1 504 Gateway Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nx-faultwire: no-way\r\n${body("late")}`,
    );
    await isDone(running);
    const head = await start("{ status: 504, body: late }");
    expect((await ask(head, get("api.test", "HEAD"))).text()).toMatch(/content-length: 4\r\n.*\r\n\r\n$/s);
  });

  it.each([
    ["{ status: 403 }", 2],
    ["{ status: 407 }", 2],
    ["{ status: 502 }", 5],
    ["{ status: 503 }", 1],
    ["{ status: 504 }", 4],
    ["{ status: 504, socks: ttl-expired }", 6],
    ["dns", 4],
  ])("%s is %i in SOCKS", async (refuse, code) => {
    const running = await start(refuse);
    expect([...(await ask(running, socks("api.test"))).received()]).toEqual(socksReply(code));
    await isDone(running, "unknown");
  });

  it("comes late where that is asked for", async () => {
    const running = await start("{ status: 504, after: 80ms }");
    const askedAtMs = performance.now();
    expect((await ask(running, connectTo("api.test:443"))).text()).toMatch(/^HTTP\/1\.1 504 /);
    // A timer may be a millisecond early.
    expect(performance.now() - askedAtMs).toBeGreaterThan(75);
    await isDone(running);
  });

  it("is undone where the client has gone before it came", async () => {
    const running = await start("{ status: 504, after: 1h }");
    const peer = await say(running, connectTo("api.test:443"));
    await expect.poll(() => running.told("decision")).toHaveLength(1);
    peer.socket.end();
    await peer.until("the end", ({ ended }) => ended);
    expect(peer.length).toBe(0);
    await expect.poll(() => running.told("undone")).toMatchObject([{ reason: "the connection ended first" }]);
    expect(running.told("done")).toEqual([]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("carries no marker where markers are off", async () => {
    const running = await runProxy("[{ name: a, fault: { connect: { refuse: dns } } }]\nmarker: false", {
      resolve: { "*": origin.authority },
    });
    expect((await ask(running, connectTo("api.test:443"))).text()).not.toContain("x-faultwire");
    await expect.poll(() => running.told("done")).toHaveLength(1);
  });
});

describe("a reset", () => {
  it.each([
    ["CONNECT", connectTo("api.test:443"), ""],
    ["SOCKS", socks("api.test"), "\x05\x00"],
    ["absolute form", get("api.test"), ""],
  ])("is a reset to a client of %s", async (_front, bytes, before) => {
    const running = await start("reset");
    const peer = await ask(running, bytes);
    await peer.until("the close", ({ closed }) => closed);
    expect(peer.error).toMatchObject({ code: "ECONNRESET" });
    expect(peer.text()).toBe(before);
    await isDone(running, bytes instanceof Uint8Array ? "unknown" : "agent/1");
  });
});

describe("a name that does not resolve", () => {
  const json =
    '{"error":{"type":"upstream_unreachable","message":"api.test:PORT can\'t be reached: its name does not resolve (ENOTFOUND)"}}\n';
  it.each([
    ["CONNECT", connectTo("api.test:443"), "443"],
    ["absolute form", get("api.test"), "80"],
  ])("is said as of any name that does not, to a client of %s", async (_front, bytes, port) => {
    const running = await start("dns");
    expect((await ask(running, bytes)).text()).toBe(
      `HTTP/1.1 502 Bad Gateway\r\ncontent-type: application/json\r\nx-faultwire: no-way\r\n${body(json.replace("PORT", port))}`,
    );
    // It is the rule that says so, and no upstream.
    expect(running.logged("upstream-unreachable")).toEqual([]);
    await isDone(running);
  });
});

describe("no answer", () => {
  it.each([
    ["CONNECT", connectTo("api.test:443"), 0],
    ["SOCKS", socks("api.test"), 2],
    ["absolute form", get("api.test"), 0],
  ])("is silence for good to a client of %s, and ends at a shutdown", async (_front, bytes, before) => {
    const running = await start("timeout");
    const peer = await say(running, bytes);
    await expect.poll(() => running.told("done")).toHaveLength(1);
    // What else the client says is heard by nobody, and other connections go on.
    peer.send("hello?");
    const other = await say(running, connectTo("plain.test:443"));
    await other.until("200", (peer) => peer.text().startsWith("HTTP/1.1 200"));
    other.send("hi");
    const upstream = await origin.accept();
    await upstream.untilText("hi");
    expect([peer.length, peer.ended, peer.closed]).toEqual([before, false, false]);
    other.socket.destroy();
    upstream.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(1);
    await Promise.all([running.proxy.close(10_000), peer.until("the FIN", ({ ended }) => ended)]);
    expect(peer.length).toBe(before);
    expect(peer.error).toBeUndefined();
  });

  it("ends with a FIN after its time", async () => {
    const running = await start("{ timeout: 50ms }");
    const peer = await ask(running, connectTo("api.test:443"));
    expect(peer.text()).toBe("");
    expect(peer.error).toBeUndefined();
    await isDone(running);
  });
});

describe("who is refused", () => {
  it("is no host that is no target, and the connection is asked about once", async () => {
    const running = await start("{ status: 503 }", "match: { host: api.test }, when: { nth: [2] },");
    for (const host of ["plain.test", "other.test"]) {
      const client = await say(running, connectTo(`${host}:80`));
      await client.until("200", (peer) => peer.text().startsWith("HTTP/1.1 200"));
      client.socket.destroy();
    }
    const first = await say(running, connectTo("api.test:80"));
    await first.until("200", (peer) => peer.text().startsWith("HTTP/1.1 200"));
    first.clear();
    first.send("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    // The one for plain.test came first.
    await origin.accept();
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.send(answer);
    await first.untilText(answer);
    first.socket.destroy();
    expect((await ask(running, connectTo("api.test:80"))).text()).toMatch(/^HTTP\/1\.1 503 /);
    await expect.poll(() => running.told("done")).toMatchObject([{ connection: "agent/1#connect-3" }]);
  });

  it("is told by the port that it asks for", async () => {
    const running = await start("{ status: 503 }", "match: { port: 8443 },");
    expect((await ask(running, connectTo("api.test:8443"))).text()).toMatch(/^HTTP\/1\.1 503 /);
    const client = await say(running, connectTo("api.test:443"));
    await client.until("200", (peer) => peer.text().startsWith("HTTP/1.1 200"));
    client.socket.destroy();
  });

  it("is each client by itself", async () => {
    const running = await start("{ status: 503 }", "when: { first: 1, per: client },");
    const by = (agent: string): string => connectTo("api.test:443").replace("agent/1", agent);
    const seen: string[] = [];
    for (const agent of ["a", "a", "b"]) {
      const peer = await say(running, by(agent));
      await peer.until("an answer", ({ length }) => length > 0);
      seen.push(peer.text().slice(9, 12));
      peer.socket.destroy();
    }
    expect(seen).toEqual(["503", "200", "503"]);
  });

  it("is one upstream of a client in absolute form, behind the answers of another", async () => {
    const running = await start("{ status: 503, body: no }", "match: { host: api.test },");
    const peer = await say(running, get("other.test") + get("api.test"));
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    expect(peer.length).toBe(0);
    upstream.send(answer);
    await peer.until("the end", ({ ended }) => ended);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP\/1\.1 503 .*no$/s);
    peer.socket.end();
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "no-way" }]);
  });

  it("is a client of a base URL, too", async () => {
    const running = await start("{ status: 504, body: late }");
    const { port } = running.proxy;
    const target = "/upstream/http/api.test/v1";
    const peer = await ask(
      running,
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: agent/1\r\n\r\n`,
    );
    expect(peer.text()).toMatch(/^HTTP\/1\.1 504 Gateway Timeout\r\n.*x-faultwire: no-way\r\n.*late$/s);
    await isDone(running);
  });

  it.each([
    ["reset", "done"],
    ["{ status: 503 }", "undone"],
  ] as const)("is a client of TLS straight at the port by %s, which is %s", async (refuse, outcome) => {
    const running = await start(refuse);
    const { port } = running.proxy;
    const hello = connectTls({ port, host: "127.0.0.1", servername: "api.test" });
    const [error] = (await soon(once(hello, "error"), "the event error of hello").catch((reason: unknown) => [
      reason,
    ])) as [Error];
    expect(error).toBeInstanceOf(Error);
    await expect.poll(() => running.told(outcome)).toMatchObject([{ rule: "no-way" }]);
    expect(origin.peers).toHaveLength(0);
  });

  it("is closed, and the fault undone, where the client's protocol has no answer", async () => {
    const running = await start("{ status: 503 }");
    const named = [2, 0, 8, ...Buffer.from("api.test")];
    const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
    const body = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, ...named];
    const peer = await ask(running, Uint8Array.from([...signature, 0x21, 0x11, 0, body.length, ...body]));
    expect(peer.length).toBe(0);
    await expect
      .poll(() => running.told("undone"))
      .toMatchObject([{ reason: "the client's protocol has no answer; its connection is closed instead" }]);
    expect(running.told("done")).toEqual([]);
    expect(origin.peers).toHaveLength(0);
  });

  it("is undone where the host is known only when the connection is there", async () => {
    const running = await start("{ status: 503 }");
    const client = await say(running, connectTo("127.0.0.1:80"));
    await client.until("200", (peer) => peer.text().startsWith("HTTP/1.1 200"));
    client.clear();
    client.send("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.send(answer);
    await client.untilText(answer);
    client.socket.destroy();
    await expect
      .poll(() => running.told("undone"))
      .toMatchObject([
        {
          rule: "no-way",
          reason: "the client has its connection already; only a proxy of our own is asked before that",
        },
      ]);
  });
});
