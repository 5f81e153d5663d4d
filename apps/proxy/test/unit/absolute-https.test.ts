/** `GET https://…` in clear, as clients send it that take a proxy for a gateway: the proxy speaks TLS with the upstream. */
import { execFile } from "node:child_process";
import { request as httpRequest } from "node:http";
import { seededBytes, sha256Of, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { connectPeer, type Peer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";
import { secureOrigins, startSecureOrigin } from "../support/secure-origin.ts";

const get = (host: string, path = "/", ...headers: string[]): string =>
  [`GET https://${host}${path} HTTP/1.1`, "Host: elsewhere.test", ...headers, "", ""].join("\r\n");
const answer = (text: string): string =>
  `HTTP/1.1 200 OK\r\nX-Odd:   1\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

async function client({ proxy }: ProxyUnderTest): Promise<Peer> {
  const peer = await connectPeer(proxy.port);
  onTestFinished(() => void peer.socket.destroy());
  return peer;
}

/** Waits for the end, and makes ours. */
async function ended(peer: Peer): Promise<void> {
  await peer.until("the end", (each) => each.ended || each.closed);
  peer.socket.destroy();
}

describe("a request for https:// in clear", () => {
  it("goes on over TLS in origin form, and its answer comes back byte for byte", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.send(get("api.test", "/v1?x=1", "Proxy-Connection: keep-alive", "X-Odd: 1"));
    const upstream = await origins["api.test"].accept();
    await upstream.untilText("GET /v1?x=1 HTTP/1.1\r\nHost: api.test\r\nX-Odd: 1\r\n\r\n");
    expect(origins["api.test"].names).toEqual(["api.test"]);
    upstream.send(answer("ok"));
    await peer.untilText(answer("ok"));
    expect(running.told("response")).toMatchObject([{ status: 200, injected: false }]);
    expect(running.told("request")).toMatchObject([{ host: "api.test", path: "/v1" }]);
  });

  it("and others go on one client connection, in order, one upstream connection a host in a row", async () => {
    const { running, origins } = await secureOrigins(["api.test", "other.test"]);
    const peer = await client(running);
    peer.send(
      get("api.test", "/1") + get("api.test", "/2") + get("other.test", "/3") + get("api.test", "/4"),
    );
    const first = await origins["api.test"].accept();
    await first.until("two requests", (each) => each.text().includes("/2"));
    expect(origins["other.test"].peers).toHaveLength(0);
    first.send(answer("1") + answer("2"));
    const second = await origins["other.test"].accept();
    second.send(answer("3"));
    const third = await origins["api.test"].accept();
    await third.until("the request", (each) => each.text().includes("/4"));
    third.send(answer("4"));
    await peer.untilText(["1", "2", "3", "4"].map(answer).join(""));
    peer.socket.destroy();
    third.socket.end();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is not mixed with one for http:// of the same host and port", async () => {
    const plain = await startTcpOrigin();
    onTestFinished(() => plain.close());
    const { running, origins } = await secureOrigins(["api.test"], "[]", {
      resolve: { "api.test:80": plain.authority },
    });
    const peer = await client(running);
    peer.send(get("api.test:80").replace("https:", "http:") + get("api.test:443"));
    (await plain.accept()).send(answer("clear"));
    (await origins["api.test"].accept()).send(answer("sealed"));
    await peer.untilText(answer("clear") + answer("sealed"));
  });

  it.each(["api.test", "plain.test"])("carries bodies both ways, bit for bit, with %s", async (host) => {
    const authority = new TestAuthority("an upstream's own");
    const origin = await startByteOrigin({ tls: authority.issue(host) });
    onTestFinished(async () => {
      await origin.close();
    });
    const resolve = { [`${host}:443`]: `127.0.0.1:${origin.port}` };
    const running = await runProxy("[]", { resolve }, authority.caPem);
    const bytes = seededBytes(2_097_152, 3);
    const said = await new Promise<string>((resolve, reject) => {
      const path = `https://${host}/hash`;
      const request = httpRequest({ port: running.proxy.port, path, method: "POST" }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (more: string) => (text += more))
          .on("end", () => resolve(text));
      });
      request.on("error", reject).end(bytes);
    });
    expect(JSON.parse(said)).toEqual({ bytes: bytes.length, sha256: sha256Of(bytes) });
    const down = await new Promise<Buffer>((resolve, reject) => {
      const path = `https://${host}/bytes/2097152?seed=3`;
      httpRequest({ port: running.proxy.port, path }, (response) => {
        const all: Buffer[] = [];
        response.on("data", (more: Buffer) => all.push(more)).on("end", () => resolve(Buffer.concat(all)));
      })
        .on("error", reject)
        .end();
    });
    expect(sha256Of(down)).toBe(sha256Of(bytes));
  });

  it("is heard to its end where the client says no more before TLS is there", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.socket.end(get("api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.until("the FIN", (each) => each.ended);
    upstream.send(answer("ok"));
    upstream.socket.end();
    await ended(peer);
    expect(peer.text()).toBe(answer("ok"));
  });
});

describe("rules for requests in clear for https://", () => {
  it("are answered without an upstream, and fail what goes there", async () => {
    const rules = `[
      { name: busy, when: { nth: 1 }, fault: { http: { status: 529 } } },
      { name: cut, when: { nth: 2 }, fault: { connection: { reset: { at: { bytes: 40, from: server } } } } },
    ]`;
    const running = await runProxy(rules, { resolve: { "*": "127.0.0.1:1" } });
    const peer = await client(running);
    peer.send(get("api.test"));
    await peer.until("the answer", (each) => /^HTTP\/1\.1 529 [\s\S]*\}$/.test(each.text().trimEnd()));
    expect(running.logged("upstream-unreachable")).toEqual([]);
  });

  it("reset as a reset, behind the bytes before it", async () => {
    const rules = "[{ name: cut, fault: { connection: { reset: { at: { bytes: 40, from: server } } } } }]";
    const { running, origins } = await secureOrigins(["api.test"], rules);
    const peer = await client(running);
    peer.send(get("api.test"));
    (await origins["api.test"].accept()).send(answer("ok"));
    await peer.until("the end", ({ closed }) => closed);
    expect(peer.text()).toBe(answer("ok").slice(0, 40));
    expect(peer.error).toMatchObject({ code: "ECONNRESET" });
  });

  it("can't be of TLS, which is told once", async () => {
    const rules = "[{ name: expired, fault: { tls: { certificate: expired } } }]";
    const { running, origins } = await secureOrigins(["api.test"], rules);
    const peer = await client(running);
    peer.send(get("api.test") + get("api.test"));
    (await origins["api.test"].accept()).send(answer("ok") + answer("ok"));
    await peer.untilText(answer("ok") + answer("ok"));
    expect(running.told("undone")).toMatchObject([{ rule: "expired", reason: "there is no TLS in clear" }]);
  });
});

describe("an upstream that can't be spoken to over TLS", () => {
  const hosts = ["api.test", "plain.test"] as const;

  it.each(hosts)(
    "costs a 502 with the reason, and hears nothing: its certificate does not verify (%s)",
    async (host) => {
      const stranger = new TestAuthority("somebody else");
      const origin = await startSecureOrigin(stranger.issue(host));
      const running = await runProxy("[]", { resolve: { [host]: origin.authority } });
      const peer = await client(running);
      peer.send(get(host, "/", "Authorization: Bearer secret"));
      await ended(peer);
      expect(peer.text()).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
      expect(peer.text()).toContain("x-faultwire: upstream-unreachable\r\n");
      expect(JSON.parse(peer.text().split("\r\n\r\n")[1] ?? "")).toMatchObject({
        error: {
          type: "upstream_unreachable",
          message: expect.stringMatching(
            new RegExp(
              `^${host}:443 can't be reached: the certificate of ${host} does not verify: .*UNABLE_TO`,
            ),
          ),
        },
      });
      expect(running.logged("upstream-unreachable")).toMatchObject([{ code: "upstream-untrusted" }]);
      expect(origin.peers.map((each) => each.text()).join("")).toBe("");
      await expect.poll(() => origin.raw.every(({ destroyed }) => destroyed)).toBe(true);
      await expect.poll(() => running.proxy.connections()).toBe(0);
    },
  );

  it.each(hosts)("costs a 502: it speaks no TLS (%s)", async (host) => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", { resolve: { [host]: origin.authority } });
    const peer = await client(running);
    peer.send(get(host));
    const upstream = await origin.accept();
    await upstream.until("the hello", ({ length }) => length > 0);
    upstream.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    await ended(peer);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 502 [\s\S]*can't be reached: from the upstream: /);
  });

  it.each(hosts)("costs a 504: it does not finish its handshake in time (%s)", async (host) => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", {
      resolve: { [host]: origin.authority },
      limits: { connectMs: 900 },
    });
    const peer = await client(running);
    peer.send(get(host));
    await ended(peer);
    expect(peer.text()).toMatch(
      host === "api.test" ? /^HTTP\/1\.1 50[24] [\s\S]*TLS handshake within 900 ms/ : /^HTTP\/1\.1 504 /,
    );
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it.each(hosts)("costs a 502: it breaks the connection off in its handshake (%s)", async (host) => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", { resolve: { [host]: origin.authority } });
    for (const how of ["end", "resetAndDestroy"] as const) {
      const peer = await client(running);
      peer.send(get(host));
      const upstream = await origin.accept();
      await upstream.until("the hello", ({ length }) => length > 0);
      upstream.socket[how]();
      await ended(peer);
      expect(peer.text()).toMatch(/^HTTP\/1\.1 502 [\s\S]*the connection to the upstream broke/);
    }
  });
});

describe("an upstream that ends behind the handshake", () => {
  it("in order ends the client in order, with a body that lasts until then", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.send(get("api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.send("HTTP/1.1 200 OK\r\n\r\nall of it");
    await peer.until("the body", (each) => each.text().endsWith("all of it"));
    upstream.socket.end();
    await ended(peer);
    expect(peer.error).toBeUndefined();
  });

  it("without a farewell cuts off what it owes: a FIN that anybody can send is no end of a body", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.send(get("api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.until("the request", ({ length }) => length > 0);
    upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
    await peer.until("the body", (each) => each.text().endsWith("half of it"));
    origins["api.test"].raw[0]?.end();
    await peer.until("the end", ({ closed }) => closed);
    expect(peer.error).toMatchObject({ code: "ECONNRESET" });
  });

  it("without a farewell between two requests ends the client in order", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.send(get("api.test"));
    (await origins["api.test"].accept()).send(answer("ok"));
    await peer.untilText(answer("ok"));
    origins["api.test"].raw[0]?.end();
    await ended(peer);
    expect(peer.error).toBeUndefined();
  });

  it("by a reset resets the client", async () => {
    const { running, origins } = await secureOrigins(["api.test"]);
    const peer = await client(running);
    peer.send(get("api.test"));
    const upstream = await origins["api.test"].accept();
    await upstream.until("the request", ({ length }) => length > 0);
    origins["api.test"].raw[0]?.resetAndDestroy();
    await peer.until("the end", ({ closed }) => closed);
    expect(peer.error).toMatchObject({ code: "ECONNRESET" });
  });
});

it("curl says that it gets what the upstream says", async () => {
  const { running, origins } = await secureOrigins(["api.test"]);
  // curl opens a tunnel for https://; with the URL as the target of its request it does not.
  const target = ["--request-target", "https://api.test/", `http://127.0.0.1:${running.proxy.port}/`];
  const out = new Promise<string>((resolve) => {
    execFile("curl", ["-sS", "--noproxy", "*", ...target], (_error, stdout) => resolve(stdout));
  });
  (await origins["api.test"].accept()).send(answer("ok"));
  expect(await out).toBe("ok");
});
