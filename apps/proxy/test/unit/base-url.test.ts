/** Paths of the proxy's own address that stand for an upstream. */
import { connectPeer, type Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { baseUrlApis } from "../../src/front/base-url.ts";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import { secureOrigins, startSecureOrigin } from "../support/secure-origin.ts";

const get = (target: string, ...headers: string[]): string =>
  [`GET ${target} HTTP/1.1`, ...(headers.length > 0 ? headers : ["Host: localhost:3180"]), "", ""].join(
    "\r\n",
  );

async function say({ proxy }: ProxyUnderTest, bytes: string): Promise<Peer> {
  const peer = await connectPeer(proxy.port);
  onTestFinished(() => void peer.socket.destroy());
  peer.send(bytes);
  return peer;
}

/** What comes until the end. */
async function whole(running: ProxyUnderTest, bytes: string): Promise<string> {
  const peer = await say(running, bytes);
  await peer.until("the end", ({ ended, closed }) => ended || closed);
  peer.socket.destroy();
  return peer.text();
}

async function plainOrigin(
  settings: ProxySettings = {},
  rules = "[]",
): Promise<{ running: ProxyUnderTest; origin: TcpOrigin }> {
  const origin = await startTcpOrigin();
  onTestFinished(() => origin.close());
  const running = await runProxy(rules, { ...settings, resolve: { "*": origin.authority } });
  return { running, origin };
}

describe("a path that stands for an API", () => {
  it.each([
    ["/anthropic/v1/messages?x=1", "api.anthropic.com", "/v1/messages?x=1"],
    ["/openai/v1/responses", "api.openai.com", "/v1/responses"],
    [
      "/gemini/v1beta/models/m:generateContent",
      "generativelanguage.googleapis.com",
      "/v1beta/models/m:generateContent",
    ],
    ["/anthropic", "api.anthropic.com", "/"],
    ["/anthropic?x=/1", "api.anthropic.com", "/?x=/1"],
    ["/anthropic//v1/../%2e%2E/a%2Fb;c", "api.anthropic.com", "//v1/../%2e%2E/a%2Fb;c"],
  ])("%s goes to %s as %s, with its Host and its name in TLS", async (target, host, path) => {
    const authority = new TestAuthority("the world");
    const origin = await startSecureOrigin(authority.issue(host));
    const running = await runProxy("[]", { resolve: { [`${host}:443`]: origin.authority } }, authority.caPem);
    const peer = await say(
      running,
      get(target, "Host: localhost:3180", "Proxy-Connection: close", "X-Api-Key: k"),
    );
    const upstream = await origin.accept();
    await upstream.untilText(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: k\r\n\r\n`);
    expect(origin.names).toEqual([host]);
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await peer.untilText("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });

  it("is named by the variable of its SDKs", () => {
    expect(baseUrlApis.map(({ variable, path }) => [variable, path])).toEqual([
      ["ANTHROPIC_BASE_URL", "/anthropic"],
      ["OPENAI_BASE_URL", "/openai/v1"],
      ["GOOGLE_GEMINI_BASE_URL", "/gemini"],
      ["OPENROUTER_BASE_URL", "/openrouter/api/v1"],
    ]);
  });
});

describe("a path that names its upstream", () => {
  it.each([
    ["/upstream/http/plain.test/x?y", "plain.test", "/x?y"],
    ["/upstream/http/plain.test:8080", "plain.test:8080", "/"],
    ["/upstream/http/[::1]:8080/x", "[::1]:8080", "/x"],
    ["/upstream/http/192.0.2.1/x", "192.0.2.1", "/x"],
  ])("%s goes in clear to %s as %s", async (target, host, path) => {
    const { running, origin } = await plainOrigin();
    await say(running, get(target));
    await (await origin.accept()).untilText(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });

  it("is seen by rules with the upstream's host and path", async () => {
    const rules = "[{ name: busy, match: { path: /v1/x }, fault: { http: { status: 529 } } }]";
    const { running, origins } = await secureOrigins(["api.test"], rules);
    const peer = await say(
      running,
      get("/upstream/https/api.test/v1/x") + get("/upstream/https/api.test/v1/y"),
    );
    await peer.until("the answer", (each) => each.text().startsWith("HTTP/1.1 529"));
    const upstream = await origins["api.test"].accept();
    await upstream.untilText("GET /v1/y HTTP/1.1\r\nHost: api.test\r\n\r\n");
    expect(running.told("request")).toMatchObject([
      { host: "api.test", path: "/v1/x" },
      { host: "api.test", path: "/v1/y" },
    ]);
  });

  it("and others go on one connection, in order, none by the connection of another", async () => {
    const { running, origin } = await plainOrigin();
    const targets = ["/upstream/http/plain.test/1", "http://plain.test/2", "/upstream/http/other.test/3"];
    const peer = await say(running, targets.map((target) => get(target)).join(""));
    for (const [at, path] of ["/1", "/2", "/3"].entries()) {
      const upstream = await origin.accept();
      await upstream.until("the request", (each) => each.text().startsWith(`GET ${path} `));
      upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${at}`);
    }
    await peer.untilText([0, 1, 2].map((at) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${at}`).join(""));
  });

  it("that can't be reached costs a 502 as JSON, which SDKs show", async () => {
    const running = await runProxy("[]", { resolve: { "*": "127.0.0.1:1" } });
    for (const host of ["api.test", "plain.test"])
      expect(await whole(running, get(`/upstream/https/${host}/`))).toMatch(
        /^HTTP\/1\.1 502 [\s\S]*"type":"upstream_unreachable","message":"\w+\.test:443 can't be reached/,
      );
  });

  it("is refused where it would lead to the proxy itself", async () => {
    const running = await runProxy();
    const at = `localhost:${running.proxy.port}`;
    expect(await whole(running, get(`/upstream/http/${at}/`))).toMatch(
      /^HTTP\/1\.1 403 [\s\S]*leads back to this/,
    );
  });
});

describe("what an upstream says of itself", () => {
  const head = (...lines: string[]): string =>
    ["HTTP/1.1 302 Found", "X-Odd:   1", ...lines, "content-LENGTH:  2", "", ""].join("\r\n");

  it.each([1, 7, 65_536])("is turned back, nothing else is touched, in chunks of %i", async (chunkBytes) => {
    const { running, origin } = await plainOrigin();
    const peer = await say(running, get("/upstream/http/plain.test:8080/x"));
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    const said = `${head("LOCATION: \thttp://plain.test:8080/v1?a#b  ", "Set-Cookie: a=b; Domain=plain.test; Path=/v1; Secure")}ok`;
    for (let at = 0; at < said.length; at += chunkBytes) upstream.send(said.slice(at, at + chunkBytes));
    await peer.untilText(
      `${head(
        "LOCATION: \thttp://localhost:3180/upstream/http/plain.test:8080/v1?a#b",
        "Set-Cookie: a=b; Path=/upstream/http/plain.test:8080/v1; Secure",
      )}ok`,
    );
  });

  it("is turned back in each answer, an interim one and one to HEAD between", async () => {
    const { running, origin } = await plainOrigin();
    const target = "/upstream/http/plain.test/x";
    const peer = await say(running, get(target).replace("GET", "HEAD") + get(target));
    const upstream = await origin.accept();
    await upstream.until("both requests", (each) => each.text().split("\r\n\r\n").length === 3);
    upstream.send(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head("Location: /1")}${head("Location: /2")}ok`,
    );
    await peer.untilText(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head("Location: /upstream/http/plain.test/1")}${head("Location: /upstream/http/plain.test/2")}ok`,
    );
  });

  it("stays as it is once the connection is none of HTTP any more", async () => {
    const { running, origin } = await plainOrigin();
    const peer = await say(
      running,
      get("/upstream/http/plain.test/", "Host: localhost", "Connection: upgrade", "Upgrade: x"),
    );
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    const upgraded =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nLocation: /x\r\n\r\n";
    upstream.send(upgraded);
    await peer.untilText(upgraded);
    peer.send("GET me");
    await upstream.until("the words", (each) => each.text().endsWith("GET me"));
  });

  it("comes to its end as far as it was said", async () => {
    const { running, origin } = await plainOrigin();
    const peer = await say(running, get("/upstream/http/plain.test/"));
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.socket.end("HTTP/1.1 302 Found\r\nLocation: /x");
    await peer.until("the end", (each) => each.ended || each.closed);
    expect(peer.text()).toBe("HTTP/1.1 302 Found\r\nLocation: /x");
  });
});

describe("a base URL", () => {
  it("that is none gets 404 with those that there are", async () => {
    const running = await runProxy();
    const known =
      "/anthropic, /openai, /gemini, /openrouter, /upstream/https/HOST[:PORT], /upstream/http/HOST[:PORT]";
    for (const target of [
      "/antropic/v1/messages",
      "/v1/messages",
      "//anthropic/v1",
      "/anthropic%2fv1",
      "/Anthropic/v1",
      "/./anthropic",
    ]) {
      const text = await whole(running, get(target));
      expect(text).toMatch(/^HTTP\/1\.1 404 /);
      expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "").error.message).toContain(known);
    }
  });

  it.each([
    "/upstream",
    "/upstream/",
    "/upstream/https",
    "/upstream/https/",
    "/upstream/https//x",
    "/upstream/https/?x",
    "/upstream/ftp/plain.test/",
    "/upstream/HTTPS/plain.test/",
    "/upstream/https/user@plain.test/",
    "/upstream/https/user:pass@plain.test/",
    "/upstream/https/plain.test:0/",
    "/upstream/https/plain.test:65536/",
    "/upstream/https/plain.test:44x/",
    "/upstream/https/plain.test:/",
    "/upstream/https/../x",
    "/upstream/https/./x",
    "/upstream/https/plain.test%2fx/",
    "/upstream/https/plain.test%00/",
    "/upstream/https/plain.test%0d%0aX:y/",
    "/upstream/https/plain.test#x/",
    "/upstream/https/::1/",
    "/upstream/https/[::1/",
    "/upstream/https/[fe80::1%25lo]/",
    "/upstream/https/[v1.x]/",
    `/upstream/https/${"a".repeat(254)}/`,
    "/upstream/https/-plain.test/",
    "/upstream/https/plain\\test/",
  ])("%s gets 400, and nobody is dialled", async (target) => {
    const { running, origin } = await plainOrigin();
    expect(await whole(running, get(target))).toMatch(/^HTTP\/1\.1 400 [\s\S]*\/upstream\/ wants/);
    expect(origin.peers).toHaveLength(0);
  });

  it("needs the password where there is one, and does not hand it on", async () => {
    const { running, origin } = await plainOrigin({ proxyAuth: "user:secret" });
    expect(await whole(running, get("/upstream/http/plain.test/"))).toMatch(/^HTTP\/1\.1 407 /);
    const basic = `Proxy-Authorization: Basic ${Buffer.from("user:secret").toString("base64")}`;
    await say(running, get("/upstream/http/plain.test/", "Host: localhost", basic));
    await (await origin.accept()).untilText("GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n");
  });

  it("is taken by a name that is the proxy's own alone", async () => {
    const { running, origin } = await plainOrigin();
    for (const host of ["rebound.attacker.test", "api.anthropic.com", "faultwire.local"])
      expect(await whole(running, get("/upstream/http/plain.test/", `Host: ${host}`))).toMatch(
        /^HTTP\/1\.1 421 /,
      );
    expect(origin.peers).toHaveLength(0);
  });

  it.each([
    ["a page elsewhere", ["Origin: https://attacker.test", "Sec-Fetch-Site: cross-site"]],
    ["an image in a page", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]],
    // What an upstream answers would run with the proxy's own address for its origin, and could ask for everything there.
    ["a document that an upstream has sent", ["Sec-Fetch-Site: same-origin"]],
    ["a person who opens it", ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"]],
  ])("is not taken from %s", async (_what, headers) => {
    const { running, origin } = await plainOrigin({ allowOrigins: ["http://localhost:5173"] });
    const own = `http://localhost:${running.proxy.port}`;
    for (const before of ["", own, "http://faultwire.local"])
      expect(
        await whole(running, get(`${before}/upstream/http/plain.test/`, "Host: localhost", ...headers)),
      ).toMatch(/^HTTP\/1\.1 403 /);
    expect(origin.peers).toHaveLength(0);
  });

  it("is taken from a page whose origin is allowed", async () => {
    const { running, origin } = await plainOrigin({ allowOrigins: ["http://localhost:5173"] });
    const headers = ["Origin: http://localhost:5173", "Sec-Fetch-Site: same-site"];
    await say(running, get("/upstream/http/plain.test/", "Host: localhost", ...headers));
    await (await origin.accept()).until("the request", (each) =>
      each.text().includes("Origin: http://localhost:5173"),
    );
  });

  it("is taken from a program that has the proxy for its proxy, too", async () => {
    const { running, origin } = await plainOrigin();
    const peer = await say(running, get(`http://127.0.0.1:${running.proxy.port}/upstream/http/plain.test/x`));
    const upstream = await origin.accept();
    await upstream.untilText("GET /x HTTP/1.1\r\nHost: plain.test\r\n\r\n");
    upstream.send("HTTP/1.1 302 Found\r\nLocation: http://plain.test/y\r\nContent-Length: 0\r\n\r\n");
    await peer.until("the answer", (each) => each.text().endsWith("\r\n\r\n"));
    expect(peer.text()).toContain(
      `Location: http://127.0.0.1:${running.proxy.port}/upstream/http/plain.test/y\r\n`,
    );
  });
});
