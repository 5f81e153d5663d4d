/** What the proxy answers by itself: its pages, routes that were given to it, and whom it does not answer. */
import { connectPeer, connectTunnel, type Peer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OwnRequest, OwnRoute, ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

const body = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Routes that say what they got, one of them when it is told to. */
function echoes(): { routes: readonly OwnRoute[]; got: OwnRequest[]; letGo: () => void } {
  const got: OwnRequest[] = [];
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const say = (request: OwnRequest): ReturnType<OwnRoute["handle"]> => {
    got.push(request);
    return { status: 200, headers: [], body: request.body };
  };
  const routes: OwnRoute[] = [
    { method: "POST", path: "/echo", maxBodyBytes: 16, handle: say },
    { method: "GET", path: "/echo", handle: say },
    { method: "POST", path: "/late", handle: (request) => held.then(() => say(request)) },
    {
      method: "GET",
      path: "/broken",
      handle: () => {
        throw new Error("a route that is broken");
      },
    },
  ];
  return { routes, got, letGo };
}

async function say(running: ProxyUnderTest, bytes: string): Promise<Peer> {
  const peer = await connectPeer(running.proxy.port);
  onTestFinished(() => void peer.socket.destroy());
  peer.send(bytes);
  return peer;
}

/** The statuses of what came once the connection has ended. */
async function statuses(running: ProxyUnderTest, bytes: string): Promise<string[]> {
  const peer = await say(running, bytes);
  await peer.until("the end", ({ ended }) => ended);
  peer.socket.destroy();
  return [...peer.text().matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status = ""]) => status);
}

const get = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, ...(headers.length > 0 ? headers : ["Host: localhost"]), "", ""].join("\r\n");
const close = "Connection: close";

describe("the proxy's pages", () => {
  it("say what this is and how to point a program at it, by whatever name", async () => {
    const running = await runProxy();
    for (const host of ["localhost", "127.0.0.1:1234", "made.up.test"]) {
      const peer = await say(running, get("/", `Host: ${host}`, close));
      await peer.until("the end", ({ ended }) => ended);
      expect(peer.text()).toMatch(/^HTTP\/1\.1 200 /);
      expect(peer.text()).toContain(`export HTTPS_PROXY=${running.proxy.url}\n`);
    }
  });

  it("give the CA's certificate, and no key", async () => {
    const running = await runProxy();
    const peer = await say(running, get("/ca.pem", "Host: localhost", close));
    await peer.until("the end", ({ ended }) => ended);
    expect(peer.text()).toContain(running.caPem);
    expect(peer.text()).not.toContain("PRIVATE");
  });

  it("are found through the proxy, in absolute form and by a tunnel", async () => {
    const running = await runProxy();
    expect(await statuses(running, get("http://faultwire.local/ca.pem", "Host: x", close))).toEqual(["200"]);
    const tunnel = await connectTunnel(running.proxy.port, "faultwire.local:80");
    tunnel.send(get("/ca.pem", "Host: faultwire.local", close));
    await tunnel.until("the end", ({ ended }) => ended);
    expect(tunnel.text()).toMatch(/^HTTP\/1\.1 200 /);
    const early = await connectTunnel(
      running.proxy.port,
      `localhost:${running.proxy.port}`,
      get("/ca.pem", "Host: anything", close),
    );
    await early.until("the end", ({ ended }) => ended);
    for (const peer of [tunnel, early]) peer.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("name the paths that there are where another is asked for", async () => {
    const running = await runProxy();
    const peer = await say(running, get("/none"));
    await peer.until("the end", ({ ended }) => ended);
    expect(peer.text()).toMatch(
      /^HTTP\/1\.1 404 [\s\S]*the proxy has no such path; [^"]*\/, \/ca\.pem, \/anthropic/,
    );
    expect(await statuses(running, get("/", "Host: localhost").replace("GET", "POST"))).toEqual(["405"]);
    const other = await connectPeer(running.proxy.port);
    other.send(get("/", "Host: localhost").replace("GET", "POST"));
    await other.until("the end", ({ ended, closed }) => ended || closed);
    expect(other.text()).toContain("\r\nallow: GET\r\n");
    other.socket.destroy();
  });
});

describe("a route that was given", () => {
  it("gets the whole body, unchunked, and the connection goes on", async () => {
    const { routes, got } = echoes();
    const running = await runProxy("[]", { routes });
    const chunked =
      "POST /echo?a=1?b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    const plain = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi";
    const bytes = chunked + plain + get("/echo", "Host: localhost", close);
    for (const chunks of [[bytes], bytes.split("")]) {
      got.length = 0;
      const peer = await connectPeer(running.proxy.port);
      for (const chunk of chunks) peer.send(chunk);
      await peer.until("the end", ({ ended }) => ended);
      expect(
        got.map(({ method, path, query, body: said }) => [method, path, query, Buffer.from(said).toString()]),
      ).toEqual([
        ["POST", "/echo", "a=1?b", "abcde"],
        ["POST", "/echo", "", "hi"],
        ["GET", "/echo", "", ""],
      ]);
      expect(peer.text().match(/HTTP\/1\.1 200 /g)).toHaveLength(3);
      peer.socket.destroy();
    }
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("answers in the order of the requests, behind an upstream's and before one's", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const { routes, letGo } = echoes();
    const running = await runProxy("[]", { routes, resolve: { "plain.test": origin.authority } });
    const late = "POST http://faultwire.local/late HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n12";
    const through = get("http://plain.test/", "Host: x");
    const client = await say(running, through + late + through);
    const first = await origin.accept();
    await first.until("the request", ({ length }) => length > 0);
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA");
    await client.until("the answer", (peer) => peer.text().endsWith("A"));
    expect(origin.peers).toHaveLength(1);
    letGo();
    const second = await origin.accept();
    second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nB");
    await client.until("all", (peer) => peer.text().endsWith("B"));
    expect(client.text()).toMatch(/\r\n\r\nA[\s\S]*\r\n\r\n12[\s\S]*\r\n\r\nB$/);
  });

  it("is told to go on by a client that waits for it", async () => {
    const { routes } = echoes();
    const running = await runProxy("[]", { routes });
    const head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    const peer = await say(running, head);
    await peer.untilText("HTTP/1.1 100 Continue\r\n\r\n");
    peer.clear();
    peer.send("ok");
    await peer.until("the answer", (each) => each.text().endsWith("ok"));
  });

  it("is not asked with a body that is too long, or broken", async () => {
    const { routes, got } = echoes();
    const running = await runProxy("[]", { routes });
    const head = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
    expect(await statuses(running, `${head}Content-Length: 17\r\n\r\n${"x".repeat(17)}`)).toEqual(["413"]);
    expect(await statuses(running, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)).toEqual(["400"]);
    expect(got).toEqual([]);
  });

  it("that throws costs its own connection a 500, which the log explains", async () => {
    const { routes } = echoes();
    const running = await runProxy("[]", { routes });
    expect(await statuses(running, get("/broken"))).toEqual(["500"]);
    expect(running.logged("bug")).toMatchObject([{ message: expect.stringContaining("a route that is") }]);
    expect(await statuses(running, get("/echo", "Host: localhost", close))).toEqual(["200"]);
  });

  it("must have a path and be the only one of its kind", async () => {
    const handle = (): ReturnType<OwnRoute["handle"]> => ({ status: 200, headers: [], body: body("") });
    const refused = { code: "bad-option" };
    const route = (method: string, path: string): OwnRoute => ({ method, path, handle });
    for (const routes of [
      [route("GET", "x")],
      [route("get", "/x")],
      [route("GET", "/x?y")],
      [route("GET", "/x"), route("GET", "/x")],
    ])
      await expect(runProxy("[]", { routes })).rejects.toMatchObject(refused);
  });
});

describe("a request that names no host of ours", () => {
  const given: ProxySettings = {
    ownNames: ["host.docker.internal"],
    allowOrigins: ["http://localhost:5173"],
  };

  it.each([
    ["localhost", "200"],
    ["LOCALHOST:3180", "200"],
    ["localhost.", "200"],
    ["app.localhost", "200"],
    ["127.0.0.1", "200"],
    ["127.1.2.3:9", "200"],
    ["[::1]:3180", "200"],
    ["[::ffff:127.0.0.1]", "200"],
    ["host.docker.internal:3180", "200"],
    ["rebound.attacker.test", "421"],
    ["localhost.attacker.test", "421"],
    ["10.0.0.1", "421"],
    ["faultwire.local", "421"],
    ["user@localhost", "421"],
    ["localhost:0", "421"],
    ["localhost:65536", "421"],
    ["", "421"],
  ])("by the Host %s gets %s", async (host, status) => {
    const running = await runProxy("[]", given);
    expect(await statuses(running, get("/ca.pem", `Host: ${host}`, close))).toEqual([status]);
  });

  it("gets 421 without a Host, and with two", async () => {
    const running = await runProxy("[]", given);
    expect(await statuses(running, get("/ca.pem", close))).toEqual(["421"]);
    expect(await statuses(running, get("/ca.pem", "Host: localhost", "Host: a.test", close))).toEqual([
      "421",
    ]);
  });

  it.each([
    ["a page elsewhere", ["Origin: https://attacker.test", "Sec-Fetch-Site: cross-site"], "403"],
    ["a page of another port", ["Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"], "403"],
    ["a page that hides its origin", ["Origin: null", "Sec-Fetch-Site: cross-site"], "403"],
    ["an image in a page", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], "403"],
    ["a link in a page", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"], "403"],
    ["an old browser", ["Origin: https://attacker.test"], "403"],
    ["a page that is allowed", ["Origin: http://localhost:5173", "Sec-Fetch-Site: same-site"], "200"],
    ["a person who opens it", ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"], "200"],
    ["Node's fetch", ["Sec-Fetch-Mode: cors"], "200"],
  ])("from %s", async (_what, headers, status) => {
    const running = await runProxy("[]", given);
    expect(await statuses(running, get("/ca.pem", "Host: localhost", ...headers, close))).toEqual([status]);
    // A browser that uses us as its proxy carries pages of everybody.
    const through = get("http://faultwire.local/ca.pem", "Host: faultwire.local", ...headers, close);
    expect(await statuses(running, through)).toEqual([status]);
  });

  it("asks for the password where there is one", async () => {
    const running = await runProxy("[]", { proxyAuth: "user:secret" });
    expect(await statuses(running, get("/ca.pem", "Host: localhost", close))).toEqual(["407"]);
    const basic = `Proxy-Authorization: Basic ${Buffer.from("user:secret").toString("base64")}`;
    expect(await statuses(running, get("/ca.pem", "Host: localhost", basic, close))).toEqual(["200"]);
  });

  it("is not started with names and origins that are none", async () => {
    for (const settings of [
      { ownNames: ["a:1"] },
      { ownNames: ["a b"] },
      { allowOrigins: ["http://a/"] },
      { allowOrigins: ["*"] },
    ])
      await expect(runProxy("[]", settings)).rejects.toMatchObject({ code: "bad-option" });
  });
});
