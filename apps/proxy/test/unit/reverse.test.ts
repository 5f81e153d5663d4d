/** A port that stands for one upstream. */
import { connect as connectTls } from "node:tls";
import { connectPeer, Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import { secureOrigins } from "../support/secure-origin.ts";

const get = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, ...(headers.length > 0 ? headers : ["Host: localhost:3180"]), "", ""].join(
    "\r\n",
  );
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function say({ proxy }: ProxyUnderTest, bytes: string): Promise<Peer> {
  const peer = await connectPeer(proxy.port);
  onTestFinished(() => void peer.socket.destroy());
  peer.send(bytes);
  return peer;
}

async function reversed(
  reverse: string,
  settings: ProxySettings = {},
): Promise<{ running: ProxyUnderTest; origin: TcpOrigin }> {
  const origin = await startTcpOrigin();
  onTestFinished(() => origin.close());
  const running = await runProxy("[]", { ...settings, reverse, resolve: { "*": origin.authority } });
  return { running, origin };
}

describe("a request to a port that stands for an upstream", () => {
  it("in clear goes to an upstream in TLS, and what that says of itself is turned back", async () => {
    const { running, origins } = await secureOrigins(["api.test"], "[]", { reverse: "https://api.test" });
    const peer = await say(
      running,
      get("/", "Host: 127.0.0.1:3180", "Origin: http://127.0.0.1:3180", "X: 1"),
    );
    const upstream = await origins["api.test"].accept();
    await upstream.untilText(get("/", "Host: api.test", "Origin: https://api.test", "X: 1"));
    upstream.send(
      "HTTP/1.1 302 Found\r\nLocation: https://api.test/a\r\nSet-Cookie: a=b; Domain=api.test; Path=/\r\n\r\n",
    );
    await peer.untilText(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:3180/a\r\nSet-Cookie: a=b; Path=/\r\n\r\n",
    );
    expect(running.told("request")).toMatchObject([{ host: "api.test", path: "/" }]);
  });

  it.each([
    ["http://plain.test:8080/base/", "/x?y", "plain.test:8080", "/base/x?y"],
    ["http://plain.test", "/anthropic/v1", "plain.test", "/anthropic/v1"],
    ["http://plain.test/base", "/ca.pem", "plain.test", "/base/ca.pem"],
    ["HTTP://[::1]:8080", "//x/../y", "[::1]:8080", "//x/../y"],
  ])("for %s goes from %s to %s as %s", async (reverse, target, host, path) => {
    const { running, origin } = await reversed(reverse);
    await say(running, get(target));
    await (await origin.accept()).untilText(get(path, `Host: ${host}`));
  });

  it("of all of it goes there as just that", async () => {
    const { running, origin } = await reversed("http://plain.test/base");
    await say(running, get("*").replace("GET", "OPTIONS"));
    await (await origin.accept()).untilText(get("*", "Host: plain.test").replace("GET", "OPTIONS"));
  });

  it("from a page elsewhere is the upstream's to judge: its Origin stays", async () => {
    const { running, origin } = await reversed("http://plain.test");
    const headers = ["Origin: https://attacker.test", "Sec-Fetch-Site: cross-site"];
    await say(running, get("/", "Host: localhost", ...headers));
    await (await origin.accept()).untilText(get("/", "Host: plain.test", ...headers));
  });

  it("by a name that is not the proxy's own is refused", async () => {
    const { running, origin } = await reversed("http://plain.test");
    const peer = await say(running, get("/", "Host: rebound.attacker.test"));
    await peer.until("the end", (each) => each.ended);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 421 /);
    expect(origin.peers).toHaveLength(0);
  });

  it("needs the password where there is one", async () => {
    const { running, origin } = await reversed("http://plain.test", { proxyAuth: "user:secret" });
    const peer = await say(running, get("/"));
    await peer.until("the end", (each) => each.ended);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 407 /);
    expect(origin.peers).toHaveLength(0);
  });

  it("leaves CONNECT, absolute form and the proxy's own pages as they are", async () => {
    const { running, origin } = await reversed("http://plain.test");
    await say(running, get("http://other.test/x", "Host: y"));
    const absolute = await origin.accept();
    await absolute.untilText(get("/x", "Host: other.test"));
    const tunnel = await say(running, "CONNECT else.test:80 HTTP/1.1\r\n\r\nhi");
    await (await origin.accept()).untilText("hi");
    const page = await say(running, get("http://faultwire.local/ca.pem", "Host: x", "Connection: close"));
    await page.until("the end", (each) => each.ended);
    expect(page.text()).toContain(running.caPem);
    tunnel.socket.destroy();
    const itself = await say(running, get(`http://127.0.0.1:${running.proxy.port}/z`));
    await (await origin.accept()).untilText(get("/z", "Host: plain.test"));
    itself.socket.destroy();
  });
});

describe("TLS at a port that stands for an upstream", () => {
  async function secure({ proxy, caPem }: ProxyUnderTest, servername: string): Promise<Peer> {
    const socket = connectTls({
      ...{ port: proxy.port, host: "127.0.0.1", ca: [caPem], servername },
      checkServerIdentity: () => undefined,
    });
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve) => {
      socket.once("secureConnect", () => resolve());
      socket.once("close", () => resolve());
    });
    return new Peer(socket);
  }

  it("by the upstream's name is opened as the upstream's own, faults of TLS and all", async () => {
    const { running, origins } = await secureOrigins(["api.test"], "[]", { reverse: "https://api.test" });
    const peer = await secure(running, "api.test");
    peer.send(get("/x", "Host: api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.untilText(get("/x", "Host: api.test"));
    upstream.send(answer);
    await peer.untilText(answer);
    expect(running.logged("opened")).toMatchObject([{ host: "api.test" }]);
  });

  it("by any other name is ended here, and goes there with the upstream's Host", async () => {
    const { running, origins } = await secureOrigins(["api.test"], "[]", {
      reverse: "https://api.test/base",
      ownNames: ["other.test"],
    });
    const peer = await secure(running, "other.test");
    peer.send(get("/x", "Host: other.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.untilText(get("/base/x", "Host: api.test"));
    upstream.send("HTTP/1.1 302 Found\r\nLocation: /base/y\r\n\r\n");
    await peer.untilText("HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n");
  });
});

it("TLS by the name that the proxy has for its clients leads to its own pages, not to the upstream", async () => {
  const names = ["api.test", "faultwire.local"];
  const reverse = { reverse: "http://plain.test" };
  const { proxy, caPem } = await runProxy("[]", reverse, undefined, undefined, {}, names);
  const servername = "faultwire.local";
  const peer = new Peer(connectTls({ port: proxy.port, host: "127.0.0.1", ca: [caPem], servername }));
  onTestFinished(() => void peer.socket.destroy());
  peer.send(get("/ca.pem", "Host: x", "Connection: close"));
  await peer.until("the end", (each) => each.ended);
  expect(peer.text()).toContain(caPem);
});

it.each([
  "api.test",
  "ftp://api.test",
  "https://",
  "https://user@api.test",
  "https://api.test:0",
  "https://api.test/a?b",
  "https://api.test/a b",
  "https://api.test#x",
])("%j is no upstream that a port could stand for", async (reverse) => {
  await expect(runProxy("[]", { reverse })).rejects.toMatchObject({ code: "bad-option" });
});

it("a password in it is not said", async () => {
  const reverse = "https://user:secret@api.test";
  await expect(runProxy("[]", { reverse })).rejects.toThrow(/^"https:\/\/…@api\.test" is no upstream/);
});
