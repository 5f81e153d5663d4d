/** Targets through CONNECT and in absolute form: passed byte for byte, answered, cut and reset on real sockets. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Origin, seededBytes, sha256Of, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { connectPeer, connectTunnel, type Peer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

/** A TCP origin whose bytes the test writes. */
async function rawOrigin(): Promise<Awaited<ReturnType<typeof startTcpOrigin>>> {
  const origin = await startTcpOrigin();
  onTestFinished(() => origin.close());
  return origin;
}

/** An HTTPS origin for a target, with a certificate of the proxy's own CA, and a proxy that leads to it. */
async function securePair(rules: string): Promise<{ running: ProxyUnderTest; origin: Origin }> {
  let origin: Origin | undefined;
  const running = await runProxy(rules, async ({ authority }) => {
    const identity = await authority?.forHost("api.test");
    origin = await startByteOrigin({
      tls: { key: identity?.privateKeyPem(), cert: identity?.certificateChainPem },
    });
    return { resolve: { "api.test:443": port(origin) } };
  });
  if (!origin) throw new Error("no origin was started");
  const started = origin;
  onTestFinished(() => started.close());
  return { running, origin };
}

interface CurlResult {
  readonly exit: number;
  readonly out: string;
}

/** curl through the proxy. */
function curl({ proxy, caPath }: ProxyUnderTest, ...args: string[]): Promise<CurlResult> {
  const all = [
    "-sS",
    "--http1.1",
    "--suppress-connect-headers",
    "--noproxy",
    "",
    "--proxy",
    proxy.url,
    "--cacert",
    caPath,
    ...args,
  ];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), out: stdout }));
  });
}

const port = (running: { readonly port: number }): string => `127.0.0.1:${running.port}`;
const request = "POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\nhi";
const answer = "HTTP/1.1 200 OK\r\nX-Odd:   1\r\ncontent-LENGTH: 2\r\n\r\nok";

/** A client with a tunnel to api.test, and the upstream's end once bytes have come. */
async function plainPair(
  rules: string,
): Promise<{ running: ProxyUnderTest; client: Peer; accept: () => Promise<Peer> }> {
  const origin = await rawOrigin();
  const running = await runProxy(rules, { resolve: { "api.test": origin.authority } });
  const client = await connectTunnel(running.proxy.port, "api.test:80");
  onTestFinished(() => void client.socket.destroy());
  return { running, client, accept: () => origin.accept() };
}

describe("HTTP in clear inside of a tunnel", () => {
  it("tells the program's own name for itself, as one line and not for ever", async () => {
    const { client, accept, running } = await plainPair("[]");
    client.send(`GET /1 HTTP/1.1\r\nHost: api.test\r\nUser-Agent: a\tsdk/1 ${"x".repeat(200)}\r\n\r\n`);
    client.send("GET /2 HTTP/1.1\r\nHost: api.test\r\n\r\n");
    const upstream = await accept();
    await upstream.until("the second request", (peer) => peer.text().endsWith("api.test\r\n\r\n"));
    const [first, second] = running.told("request");
    expect(first?.userAgent).toBe(`a sdk/1 ${"x".repeat(112)}`);
    expect(second).not.toHaveProperty("userAgent");
  });

  it("passes every byte where no rule meets", async () => {
    const { client, accept, running } = await plainPair("[]");
    client.send(request);
    const upstream = await accept();
    await upstream.untilText(request);
    upstream.send(answer);
    await client.untilText(answer);
    expect(running.told("response")).toMatchObject([{ status: 200, injected: false }]);
  });

  it("tells how many events of a stream have passed, chunked or not, and nothing of the kind of other bodies", async () => {
    const { client, accept, running } = await plainPair("[]");
    const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
    client.send(request);
    const upstream = await accept();
    upstream.send(
      `${head}Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\nb\r\ndata: 2\n\nda\r\n7\r\nta: 3\n\n\r\n0\r\n\r\n`,
    );
    await client.until("the stream", (peer) => peer.text().endsWith("0\r\n\r\n"));
    client.send(request);
    upstream.send(answer);
    await client.until("the answer", (peer) => peer.text().endsWith("ok"));
    await expect.poll(() => running.told("end")).toHaveLength(2);
    expect(running.told("end")[0]).toMatchObject({ how: "complete", events: 3 });
    expect(running.told("end")[1]).not.toHaveProperty("events");
  });

  it("tells once that requests on it are for a host that is no target, which no rule sees", async () => {
    const rules = "[{ name: busy, when: { nth: 2 }, fault: { http: { status: 529 } } }]";
    const { client, accept, running } = await plainPair(rules);
    const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    client.send(get("api.test") + get("elsewhere.test") + get("Elsewhere.test:80") + get("api.test:80"));
    const upstream = await accept();
    await upstream.untilText(get("api.test") + get("elsewhere.test") + get("Elsewhere.test:80"));
    upstream.send(answer + answer + answer);
    await client.until("the rule's answer", (peer) => peer.text().includes("HTTP/1.1 529"));
    expect(running.told("unread")).toMatchObject([
      { host: "api.test", from: "client", reason: "other-host" },
    ]);
    expect(running.logged("unread")).toHaveLength(1);
  });

  it("answers by rule without an upstream", async () => {
    const { client, running } = await plainPair("[{ name: busy, fault: { http: { status: 429 } } }]");
    client.send(request);
    await client.until("the answer", (peer) => /^HTTP\/1\.1 429 [\s\S]*\r\n\r\n\{/.test(peer.text()));
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "busy" }]);
    expect(running.told("done")[0]).not.toHaveProperty("instead");
    client.socket.end();
    await client.until("the FIN", (peer) => peer.ended);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("resets as a reset, behind the bytes before it", async () => {
    const rules = "[{ name: cut, fault: { connection: { reset: { at: { bytes: 40, from: server } } } } }]";
    const { client, accept, running } = await plainPair(rules);
    client.send(request);
    const upstream = await accept();
    await upstream.untilText(request);
    upstream.send(answer);
    await client.until("the end", (peer) => peer.closed);
    expect(client.text()).toBe(answer.slice(0, 40));
    expect(client.error).toMatchObject({ code: "ECONNRESET" });
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "cut" }]);
    await upstream.until("the end", (peer) => peer.closed || peer.ended);
    upstream.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("lets a client say the rest to an upstream that has ended its own half", async () => {
    const { client, accept, running } = await plainPair("[]");
    client.send(request.slice(0, -1));
    const upstream = await accept();
    await upstream.untilText(request.slice(0, -1));
    upstream.send(answer);
    upstream.socket.end();
    await client.until("the FIN", (peer) => peer.ended);
    expect(client.text()).toBe(answer);
    client.send("i");
    client.socket.end();
    await upstream.until("the FIN", (peer) => peer.ended);
    expect(upstream.text()).toBe(request);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("answers nothing at all, and the connection ends with a FIN", async () => {
    const { client, running } = await plainPair("[{ name: empty, fault: { http: { empty: true } } }]");
    client.send(request);
    await client.until("the FIN", (peer) => peer.ended);
    expect(client.text()).toBe("");
    expect(client.error).toBeUndefined();
    client.socket.end();
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "empty" }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("says 502 to a request that needed an upstream which refuses", async () => {
    const origin = await startTcpOrigin();
    await origin.close();
    const running = await runProxy("[{ name: busy, when: { nth: 1 }, fault: { http: { status: 529 } } }]", {
      resolve: { "api.test": port(origin) },
    });
    const client = await connectTunnel(running.proxy.port, "api.test:80");
    client.send(request + request);
    await client.until("the end", (peer) => peer.ended);
    const statuses = [...client.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["529", "502"]);
    expect(client.text()).toContain("x-faultwire: upstream-unreachable");
    expect(client.text()).toContain("nothing listens there (ECONNREFUSED)");
    expect(running.told("response")).toMatchObject([
      { status: 529, injected: true },
      { status: 502, injected: false, standsIn: true },
    ]);
    client.socket.end();
  });
});

describe("HTTPS of a target", () => {
  it("passes, and is answered by rule, on one connection", async () => {
    const { running, origin } = await securePair(
      "[{ name: busy, when: { nth: 2 }, fault: { http: { status: 529 } } }]",
    );
    const write = ["-w", "%{http_code} %{num_connects} ", "-o", "/dev/null"];
    const url = "https://api.test/";
    const all = [...write, url, ...write, url, ...write, url];
    expect(await curl(running, ...all)).toEqual({ exit: 0, out: "200 1 529 0 200 0 " });
    expect(origin.connections).toHaveLength(1);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("carries bodies of 8 MiB both ways, bit for bit", async () => {
    const { running } = await securePair("[]");
    const bytes = seededBytes(8_388_608, 3);
    const folder = mkdtempSync(join(tmpdir(), "faultwire-bodies-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "up"), bytes);
    const up = ["--data-binary", `@${join(folder, "up")}`, "https://api.test/hash"];
    const down = ["-o", join(folder, "down"), "https://api.test/bytes/8388608?seed=3"];
    expect(await curl(running, ...down)).toEqual({ exit: 0, out: "" });
    expect(sha256Of(readFileSync(join(folder, "down")))).toBe(sha256Of(bytes));
    expect(JSON.parse((await curl(running, ...up)).out)).toEqual({
      bytes: 8_388_608,
      sha256: sha256Of(bytes),
    });
  });

  it("is reset as a reset", async () => {
    const { running } = await securePair(
      "[{ name: cut, fault: { connection: { reset: { at: request } } } }]",
    );
    const { exit } = await curl(running, "https://api.test/");
    // 56: the connection broke while something was to be received.
    expect(exit).toBe(56);
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "cut" }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("stays closed where it has to, and is reset as a reset all the same", async () => {
    const { running } = await securePair(
      "[{ name: cut, fault: { connection: { reset: { at: server-hello } } } }]",
    );
    expect((await curl(running, "https://api.test/")).exit).toBe(35);
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "cut" }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });
});

describe("HTTPS of a target whose upstream can't be had", () => {
  const rules = "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 429 } } }]";
  const versions = [["--tls-max", "1.2"], ["--tlsv1.3"]];

  it.each(versions)("is answered by rule, and 502 where it was needed, with %j", async (...version) => {
    const running = await runProxy(rules, { resolve: { "*": "127.0.0.1:1" } });
    const write = ["-w", "%{http_code} "];
    const first = await curl(running, ...version, ...write, "-o", "/dev/null", "https://api.test/");
    expect(first).toEqual({ exit: 0, out: "429 " });
    const second = await curl(running, ...version, "-i", "https://api.test/");
    expect(second.exit).toBe(0);
    expect(second.out).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(second.out).toContain("x-faultwire: upstream-unreachable\r\n");
    expect(JSON.parse(second.out.split("\r\n\r\n")[1] ?? "")).toEqual({
      error: {
        type: "upstream_unreachable",
        message: "api.test:443 can't be reached: nothing listens there (ECONNREFUSED)",
      },
    });
    expect(running.told("response")).toMatchObject([
      { status: 429, injected: true },
      { status: 502, injected: false },
    ]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("is answered by rule where its name does not resolve", async () => {
    const running = await runProxy(rules);
    const answered = await curl(running, "-w", "%{http_code}", "-o", "/dev/null", "https://api.test/");
    expect(answered).toEqual({ exit: 0, out: "429" });
    expect(running.logged("upstream-unreachable")).toMatchObject([{ upstream: "api.test:443" }]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("gives a stranger in the upstream's place nothing, and says why", async () => {
    const stranger = new TestAuthority("a stranger");
    const { key, cert } = stranger.issue("api.test");
    const origin = await startByteOrigin({ tls: { key, cert } });
    onTestFinished(() => origin.close());
    const running = await runProxy(rules, { resolve: { "api.test:443": port(origin) } });
    const write = ["-w", "%{http_code}", "-o", "/dev/null"];
    expect(await curl(running, ...write, "https://api.test/")).toEqual({ exit: 0, out: "429" });
    const refused = await curl(running, "-H", "x-api-key: secret", "https://api.test/");
    expect(refused.exit).toBe(0);
    expect(refused.out).toContain("the certificate of api.test does not verify");
    expect(running.logged("session-failed")).toMatchObject([
      { code: "upstream-untrusted" },
      { code: "upstream-untrusted" },
    ]);
    // No handshake with it came about.
    expect(origin.connections).toEqual([]);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("fails by a rule of TLS as with an upstream", async () => {
    const running = await runProxy("[{ name: expired, fault: { tls: { certificate: expired } } }]", {
      resolve: { "*": "127.0.0.1:1" },
    });
    // 60: the certificate does not verify.
    expect((await curl(running, "https://api.test/")).exit).toBe(60);
    await expect.poll(() => running.told("done")).toMatchObject([{ rule: "expired" }]);
  });
});

describe("absolute form", () => {
  it("goes on in origin form, Host from the URL, hop fields left out", async () => {
    const origin = await rawOrigin();
    const { proxy } = await runProxy("[]", { resolve: { "api.test:80": origin.authority } });
    const client = await connectPeer(proxy.port);
    client.send(
      "POST http://api.test/v1?x=1 HTTP/1.1\r\nhOst: elsewhere.test\r\nProxy-Connection: keep-alive\r\nX-Odd: 1\r\nContent-Length: 2\r\n\r\nhi",
    );
    const upstream = await origin.accept();
    await upstream.untilText(
      "POST /v1?x=1 HTTP/1.1\r\nhOst: api.test\r\nX-Odd: 1\r\nContent-Length: 2\r\n\r\nhi",
    );
    upstream.send(answer);
    await client.untilText(answer);
    client.socket.destroy();
  });

  it("serves one upstream after the other on one connection, in order", async () => {
    const [one, two] = [await rawOrigin(), await rawOrigin()];
    const { proxy } = await runProxy("[]", {
      resolve: { "api.test": one.authority, "plain.test": two.authority },
    });
    const client = await connectPeer(proxy.port);
    const get = (host: string): string => `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    client.send(get("api.test") + get("plain.test") + get("api.test"));
    const first = await one.accept();
    await first.untilText("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    expect(two.peers).toHaveLength(0);
    first.send(answer);
    const second = await two.accept();
    await second.untilText("GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n");
    second.send(answer);
    const third = await one.accept();
    await third.untilText("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    third.send(answer);
    await client.untilText(answer + answer + answer);
    client.socket.end();
    await third.until("the client's FIN", (peer) => peer.ended);
    third.socket.end();
    await expect.poll(() => proxy.connections()).toBe(0);
  });
});
