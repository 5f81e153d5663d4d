/** Upstreams that are reached through another proxy: one that the test speaks for, and one of our own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import {
  connectPeer,
  connectTunnel,
  type Peer,
  startTcpOrigin,
  type TcpOrigin,
} from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { curl } from "../support/curl.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

/** The upstream proxy, for which the test speaks. */
let corp: TcpOrigin;
beforeEach(async () => {
  corp = await startTcpOrigin();
  onTestFinished(() => corp.close());
});

const through = (more: ProxySettings = {}, scheme = "http", user = "me:s%2Fcret@"): ProxySettings => ({
  upstreamProxy: `${scheme}://${user}${corp.authority}`,
  ...more,
});
const authorization = `Proxy-Authorization: Basic ${Buffer.from("me:s/cret").toString("base64")}\r\n`;

/** What a client has said up to the end of a head, without our name in `Via`. */
async function headOf(peer: Peer): Promise<string> {
  await peer.until("a head", () => peer.text().includes("\r\n\r\n"));
  const text = peer.text();
  peer.clear();
  expect(text).toMatch(/^Via: 1\.1 faultwire-[0-9a-f]{12}\r$/m);
  return text.replace(/^Via: .*\r\n/m, "");
}

/** Neither a log nor a client ever hears the password. */
function keepsSecret({ logged }: ProxyUnderTest, ...heard: string[]): void {
  const all = JSON.stringify([
    logged("upstream-proxy"),
    logged("upstream-unreachable"),
    logged("refused"),
    heard,
  ]);
  expect(all).not.toMatch(/cret|bWU6/);
}

describe("a tunnel through an upstream proxy", () => {
  it.each(["plain.test:443", "api.test:443"])("is asked for by CONNECT: %s", async (target) => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send(`CONNECT ${target} HTTP/1.1\r\n\r\nhello, `);
    const proxy = await corp.accept();
    expect(await headOf(proxy)).toBe(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
    // Whatever the upstream says at once comes behind the proxy's answer, in one piece.
    proxy.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\nwelcome");
    await client.until("welcome", () => client.text().endsWith("\r\n\r\nwelcome"));
    client.send("you");
    await proxy.untilText("hello, you");
    client.socket.end();
    await proxy.until("the FIN", ({ ended }) => ended);
    proxy.send("bye");
    proxy.socket.end();
    await client.until("the FIN", ({ ended }) => ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nwelcomebye$/s);
    expect(running.logged("upstream-proxy")).toMatchObject([{ proxy: `http://${corp.authority}` }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
    keepsSecret(running);
  });

  it("may be answered byte by byte, and reset", async () => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    const proxy = await corp.accept();
    await headOf(proxy);
    for (const byte of Buffer.from("HTTP/1.1 200 \r\n\r\nhi")) {
      proxy.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.until("hi", () => client.text().endsWith("\r\n\r\nhi"));
    proxy.socket.resetAndDestroy();
    await client.until("the reset", ({ closed }) => closed);
    expect(client.error).toMatchObject({ code: "ECONNRESET" });
  });

  it.each([
    [
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nsecret",
      "502",
      "it refuses the connection with 403 Forbidden (PROXY_REFUSED)",
    ],
    [
      "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n",
      "502",
      "it asks for a user and a password that it takes, by 407 Proxy Authentication Required (PROXY_AUTH)",
    ],
    ["HTTP/1.1 504 x\r\n\r\n", "504", "it refuses the connection with 504 Gateway Timeout (PROXY_REFUSED)"],
    ["HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n", "502", "with 302 Found (PROXY_REFUSED)"],
    ["SSH-2.0-x\r\n", "502", "it does not answer as a proxy of HTTP (PROXY_BROKEN)"],
    ["", "502", "it ended the connection without an answer (PROXY_BROKEN)"],
  ])("is refused: %j", async (answer, status, why) => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    const proxy = await corp.accept();
    await headOf(proxy);
    if (answer === "") proxy.socket.end();
    else proxy.send(answer);
    await client.until("the end", ({ ended }) => ended);
    expect(client.text().slice(9, 12)).toBe(status);
    const { error } = JSON.parse(client.text().split("\r\n\r\n")[1] ?? "");
    expect(error.message).toBe(
      `plain.test:443 can't be reached through the proxy http://${corp.authority}: ${error.message.split(": ").slice(1).join(": ")}`,
    );
    expect(error.message.endsWith(why)).toBe(true);
    expect(running.logged("upstream-unreachable")).toMatchObject([{ code: /\((\w+)\)/.exec(why)?.[1] }]);
    keepsSecret(running, client.text());
  });

  it("is refused for a head without an end", async () => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    const proxy = await corp.accept();
    await headOf(proxy);
    proxy.send(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`);
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toContain("it does not answer as a proxy of HTTP (PROXY_BROKEN)");
  });

  it("is given up where the proxy does not answer, or can't be connected to", async () => {
    const silent = await runProxy("[]", through({ limits: { connectMs: 50 } }));
    const client = await connectPeer(silent.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 504 .*did not answer within 50 ms \(PROXY_TIMEOUT\)/s);
    const none = await runProxy("[]", { upstreamProxy: "http://127.0.0.1:1" });
    const other = await connectPeer(none.proxy.port);
    other.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    await other.until("the end", ({ ended }) => ended);
    expect(other.text()).toContain(
      "through the proxy http://127.0.0.1:1: nothing listens there (ECONNREFUSED) (PROXY_UNREACHABLE)",
    );
  });

  it("keeps no rule from answering, and its refusal is the reason of a 502", async () => {
    const running = await runProxy(
      "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 429 } } }]",
      through(),
    );
    const status = ["-w", "%{http_code} ", "-o", "/dev/null"];
    const url = "https://api.test/";
    const both = curl(running, ...status, url, "-i", url);
    const proxy = await corp.accept();
    await headOf(proxy);
    proxy.send("HTTP/1.1 403 Forbidden\r\n\r\n");
    expect((await both).out).toMatch(/^429 .*HTTP\/1\.1 502 .*it refuses the connection with 403 Forbidden/s);
    keepsSecret(running);
  });
});

describe("an upstream proxy that is spoken to by TLS", () => {
  /** A proxy that answers every CONNECT and echoes what is said in the tunnel. */
  async function secureProxy(name: string): Promise<{ running: ProxyUnderTest; heads: string[] }> {
    const heads: string[] = [];
    const running = await runProxy("[]", async ({ authority }) => {
      const identity = await authority?.forHost("api.test");
      const server = createTlsServer(
        { key: identity?.privateKeyPem() ?? "", cert: identity?.certificateChainPem ?? "" },
        (socket) => {
          socket.on("error", () => {});
          socket.once("data", (head: Buffer) => {
            heads.push(head.toString());
            socket.write("HTTP/1.1 200 OK\r\n\r\n");
            socket.pipe(socket);
          });
        },
      );
      server.on("tlsClientError", () => {});
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      return {
        upstreamProxy: `https://me:secret@${name}:${port}`,
        lookup: (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
      };
    });
    return { running, heads };
  }

  it("is verified, and carries tunnels", async () => {
    const { running, heads } = await secureProxy("api.test");
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\nhello");
    await client.until("the echo", () => client.text().endsWith("\r\n\r\nhello"));
    expect(heads[0]).toMatch(/^CONNECT plain\.test:443 HTTP\/1\.1\r\n.*Proxy-Authorization: Basic /s);
    client.socket.end();
    await client.until("the FIN", ({ ended }) => ended);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("hears nothing where it does not verify", async () => {
    const { running, heads } = await secureProxy("other.test");
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toMatch(
      /through the proxy https:\/\/other\.test:\d+: .*does not verify.*\(PROXY_UNREACHABLE\)/,
    );
    expect(heads).toEqual([]);
    keepsSecret(running, client.text());
  });
});

describe("SOCKS 5 toward an upstream proxy", () => {
  const port = [1, 187];
  it.each([
    ["plain.test", [3, 10, ...Buffer.from("plain.test")]],
    ["192.0.2.7", [1, 192, 0, 2, 7]],
    ["[2001:db8::5]", [4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]],
  ])("asks for %s, with a password", async (host, address) => {
    const running = await runProxy("[]", through({}, "socks5"));
    const client = await connectPeer(running.proxy.port);
    client.send(`CONNECT ${host}:443 HTTP/1.1\r\n\r\nhello`);
    const proxy = await corp.accept();
    const heard = async (expected: readonly number[]): Promise<void> => {
      await proxy.until("what is said", ({ length }) => length >= expected.length);
      expect([...proxy.received()]).toEqual(expected);
      proxy.clear();
    };
    await heard([5, 2, 0, 2]);
    proxy.send(Uint8Array.of(5, 2));
    await heard([1, 2, ...Buffer.from("me"), 6, ...Buffer.from("s/cret")]);
    proxy.send(Uint8Array.of(1, 0));
    await heard([5, 1, 0, ...address, ...port]);
    for (const byte of [5, 0, 0, 3, 1, 120, 0, 0, ...Buffer.from("welcome")]) {
      proxy.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.until("welcome", () => client.text().endsWith("welcome"));
    await proxy.untilText("hello");
    client.socket.destroy();
    keepsSecret(running);
  });

  it.each([
    [[5, 0xff], "it asks for a user and a password, or for what is not known here (PROXY_AUTH)"],
    [[4, 0], "it does not speak SOCKS 5 (PROXY_BROKEN)"],
    [[5, 0, 1], "it says more than SOCKS 5 has it say (PROXY_BROKEN)"],
  ])("is refused by %j", async (answer, why) => {
    const running = await runProxy("[]", through({}, "socks5", ""));
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    const proxy = await corp.accept();
    await proxy.until("the greeting", ({ length }) => length === 3);
    proxy.send(Uint8Array.from(answer));
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toContain(why);
  });

  it("tells its refusal, and wants names resolved there", async () => {
    const running = await runProxy("[]", through({}, "socks5", ""));
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    const proxy = await corp.accept();
    await proxy.until("the greeting", ({ length }) => length === 3);
    proxy.send(Uint8Array.of(5, 0));
    await proxy.until("the request", ({ length }) => length > 3);
    proxy.send(Uint8Array.of(5, 5));
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toContain("it says that the connection is refused (PROXY_REFUSED)");
  });
});

describe("requests in clear through an upstream proxy", () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  it.each(["plain.test", "api.test"])("go on in absolute form, one after the other: %s", async (host) => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    for (const [target, body] of [
      ["/v1?x", "hi"],
      ["/v2", ""],
    ]) {
      client.send(
        `POST http://${host}${target} HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: Basic eDp5\r\nContent-Length: ${body?.length}\r\n\r\n${body}`,
      );
      const proxy = corp.peers[0] ?? (await corp.accept());
      await proxy.until("the request", () => proxy.text().endsWith(`\r\n\r\n${body}`));
      // What the client told us of itself is no concern of the next proxy's.
      expect(await headOf(proxy)).toBe(
        `POST http://${host}${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body?.length}\r\n${authorization}\r\n${body}`,
      );
      proxy.send(answer);
      await client.untilText(answer);
      client.clear();
    }
    expect(corp.peers).toHaveLength(1);
    client.socket.end();
    keepsSecret(running);
  });

  it("may become another protocol, byte for byte", async () => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send(
      "GET http://plain.test/ws HTTP/1.1\r\nHost: plain.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    const proxy = await corp.accept();
    await headOf(proxy);
    proxy.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    await client.until("101", ({ length }) => length > 0);
    client.send(Uint8Array.of(0x81, 0x01, 0x41));
    await proxy.until("the frame", ({ length }) => length === 3);
    expect([...proxy.received()]).toEqual([0x81, 0x01, 0x41]);
    client.socket.destroy();
  });

  it.each([
    ["plain.test", "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 6\r\n\r\nsecret"],
    ["api.test", "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 6\r\n\r\nsecret"],
    ["api.test", `${answer}HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n`],
  ])(
    "are refused where the proxy wants other credentials, which are not the client's: %s, %j",
    async (host, said) => {
      const running = await runProxy("[]", through());
      const client = await connectPeer(running.proxy.port);
      const request = `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      const before = said.startsWith(answer) ? answer : "";
      const requests = before === "" ? 1 : 2;
      client.send(request.repeat(requests));
      const proxy = await corp.accept();
      await proxy.until("the requests", () => proxy.text().split("\r\n\r\n").length === requests + 1);
      proxy.send(said);
      await client.until("the end", ({ ended }) => ended);
      expect(client.text().startsWith(`${before}HTTP/1.1 502 `)).toBe(true);
      expect(client.text()).toContain(
        `${host}:80 can't be reached through the proxy http://${corp.authority}: it asks for a user and a password that it takes, by 407 Proxy Authentication Required (PROXY_AUTH)`,
      );
      expect(running.logged("upstream-unreachable")).toMatchObject([{ code: "PROXY_AUTH" }]);
      keepsSecret(running, client.text());
      client.socket.end();
      await expect.poll(() => running.proxy.connections()).toBe(0);
    },
  );

  it("pass any other answer of the proxy's on, for it may be the upstream's", async () => {
    const running = await runProxy("[]", through());
    const client = await connectPeer(running.proxy.port);
    client.send("GET http://plain.test/ HTTP/1.1\r\nHost: plain.test\r\n\r\n");
    const proxy = await corp.accept();
    await headOf(proxy);
    const said = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    proxy.send(said);
    await client.untilText(said);
    client.socket.destroy();
  });

  it("tell why the proxy can't be reached", async () => {
    const running = await runProxy("[]", { upstreamProxy: "http://127.0.0.1:1" });
    for (const host of ["plain.test", "api.test"]) {
      const client = await connectPeer(running.proxy.port);
      client.send(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await client.until("the end", ({ ended }) => ended);
      expect(client.text()).toMatch(
        /^HTTP\/1\.1 502 .*through the proxy http:\/\/127\.0\.0\.1:1: nothing listens/s,
      );
    }
  });
});

describe("what is reached directly", () => {
  it("is what is led elsewhere, loopback, and what is named so", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", {
      resolve: { "led.test": origin.authority },
      upstreamProxy: { https: `http://${corp.authority}`, noProxy: ".direct.test" },
      lookup: (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    for (const target of ["led.test:443", origin.authority, `a.direct.test:${origin.port}`]) {
      const client = await connectTunnel(running.proxy.port, target, "hi");
      await (await origin.accept()).untilText("hi");
      client.socket.destroy();
    }
    expect(corp.peers).toHaveLength(0);
  });
});

describe("proxies of ours, one behind the other", () => {
  async function pair(): Promise<{ first: ProxyUnderTest; origin: Origin }> {
    const authority = new TestAuthority("an origin's");
    const origin = await startByteOrigin({ tls: authority.issue("plain.test") });
    onTestFinished(() => origin.close());
    const second = await runProxy("[]", {
      proxyAuth: "me:secret",
      resolve: { "*:443": `127.0.0.1:${origin.port}`, "*:80": "127.0.0.1:1" },
    });
    const first = await runProxy("[{ name: busy, fault: { http: { status: 429 } } }]", {
      upstreamProxy: `http://me:secret@127.0.0.1:${second.proxy.port}`,
    });
    return { first, origin };
  }

  it("pass what is no target's, answer what is, and tell what the second can't reach", async () => {
    const { first, origin } = await pair();
    const status = ["-w", "%{http_code} ", "-o", "/dev/null"];
    const passed = await curl(first, ...status, "-k", "https://plain.test/");
    expect(passed).toEqual({ exit: 0, out: "200 " });
    expect(origin.connections).toHaveLength(1);
    expect((await curl(first, ...status, "https://api.test/")).out).toBe("429 ");
    const none = await curl(first, "-i", "http://plain.test/");
    expect(none.out).toMatch(/^HTTP\/1\.1 502 .*plain\.test:80 can't be reached: nothing listens there/s);
    const closed = await curl(first, "-w", "%{http_connect}", "https://plain.test:80/");
    expect(closed.out).toBe("502");
    expect(first.logged("upstream-unreachable").at(-1)).toMatchObject({ code: "PROXY_REFUSED" });
    keepsSecret(first);
  });

  it("make no circle: what comes back is refused, and nothing is left open", async () => {
    // Node's own server leads everything back to the first proxy, as a second one would that is set up so.
    let back = 0;
    const server = createServer();
    server.on("connect", (request, socket) => {
      void connectPeer(back).then((peer) => {
        peer.send(`CONNECT ${request.url} HTTP/1.1\r\nVia: ${request.headers.via}\r\n\r\n`);
        peer.socket.pipe(socket);
        socket.on("error", () => {}).on("close", () => peer.socket.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const running = await runProxy("[]", { upstreamProxy: `http://127.0.0.1:${port}` });
    back = running.proxy.port;
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 502 .*with 508 Loop Detected \(PROXY_REFUSED\)/s);
    client.socket.end();
    expect(running.logged("refused")).toMatchObject([{ status: 508 }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("leave themselves out, and say so", async () => {
    const first = await runProxy();
    const { port } = first.proxy;
    await first.proxy.close(0);
    const running = await runProxy("[]", {
      port,
      upstreamProxy: { https: `http://localhost:${port}`, noProxy: "a/b" },
    });
    expect(running.logged("upstream-proxy")).toMatchObject([{ isLeftOut: true }]);
    expect(running.logged("no-proxy-ignored")).toMatchObject([{ entry: "a/b" }]);
    const client = await connectPeer(running.proxy.port);
    client.send("CONNECT plain.example.invalid:443 HTTP/1.1\r\n\r\n");
    await client.until("the end", ({ ended }) => ended);
    expect(client.text()).toContain("plain.example.invalid:443 can't be reached: its name");
  });
});
