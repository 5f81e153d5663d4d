/** What a client says behind a request that was well: nothing that can't be read reaches an upstream. */
import { connectPeer, type Peer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const password = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";

/** A client whose first request has come to the upstream. */
async function asked(
  host: string,
  settings: ProxySettings = {},
): Promise<{ running: ProxyUnderTest; origin: TcpOrigin; client: Peer; upstream: Peer }> {
  const origin = await startTcpOrigin();
  onTestFinished(() => origin.close());
  const running = await runProxy("[]", { resolve: { "*": origin.authority }, ...settings });
  const client = await connectPeer(running.proxy.port);
  onTestFinished(() => void client.socket.destroy());
  client.send(`GET http://${host}/one HTTP/1.1\r\n${password}Host: ${host}\r\n\r\n`);
  const upstream = await origin.accept();
  await upstream.until("the first request", (peer) => peer.text().endsWith("\r\n\r\n"));
  return { running, origin, client, upstream };
}

const ended = ({ ended: hasEnded, closed }: Peer): boolean => hasEnded || closed;

describe.each(["plain.test", "api.test"])("behind a request for %s", (host) => {
  it.each([
    ["a line without CR", "X: a\nY: b\r\n"],
    ["a length beside an encoding", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"],
    ["two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n"],
    ["a folded header", " folded\r\n"],
    ["a blank before the colon", "Host : other.test\r\n"],
  ])("%s gets 400 after the answer, and the upstream hears nothing of it", async (_what, line) => {
    const { client, upstream } = await asked(host, { proxyAuth: "user:pass" });
    const before = upstream.text();
    client.send(`POST http://${host}/two HTTP/1.1\r\n${password}Host: ${host}\r\n${line}\r\nabc`);
    upstream.send(answer);
    await client.until("the end", ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*\r\nokHTTP\/1\.1 400 /);
    await upstream.until("the end", ended);
    expect(upstream.text()).toBe(before);
  });

  it("a body that breaks off its framing gets 400, and the upstream nothing more", async () => {
    const { client, upstream } = await asked(host, { proxyAuth: "user:pass" });
    upstream.send(answer);
    await client.untilText(answer);
    client.send(
      `POST http://${host}/two HTTP/1.1\r\n${password}Host: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`,
    );
    await upstream.until("the first chunk", (peer) => peer.text().endsWith("2\r\nab\r\n"));
    const before = upstream.text();
    client.send(`0 \r\n\r\nGET http://${host}/three HTTP/1.1\r\n${password}Host: ${host}\r\n\r\n`);
    await client.until("the end", ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*\r\nokHTTP\/1\.1 400 /);
    await upstream.until("the end", ended);
    expect(upstream.text()).toBe(before);
  });

  it("a body that breaks off its framing under an answer resets the client", async () => {
    const { client, upstream } = await asked(host);
    upstream.send(answer);
    await client.untilText(answer);
    client.send(`POST http://${host}/two HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await upstream.until("the second head", (peer) => peer.text().includes("/two"));
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
    await client.until("a part of it", (peer) => peer.text().endsWith("part"));
    client.send("none\r\n");
    await client.until("the reset", ({ error }) => error !== undefined);
    expect(client.text()).not.toContain("400");
  });

  it("what comes behind the last request of a client is dropped", async () => {
    const { client, upstream } = await asked(host);
    upstream.send(answer);
    await client.untilText(answer);
    client.send(`GET http://${host}/two HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\nGET /three`);
    await upstream.until("the second head", (peer) => peer.text().includes("/two"));
    const before = upstream.text();
    upstream.send(answer);
    upstream.socket.end();
    await client.until("the end", ended);
    expect(client.text()).toBe(answer + answer);
    expect(upstream.text()).toBe(before);
  });
});

it.each([
  ["another upstream", "GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n"],
  ["the proxy itself", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
])("a request for %s behind an answer whose end is not known gets an end", async (_what, request) => {
  const { client, upstream } = await asked("plain.test");
  const loose = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok";
  upstream.send(loose);
  await client.untilText(loose);
  client.send(request);
  await client.until("the end", ended);
  expect(client.text()).toBe(loose);
  await upstream.until("the end", ended);
});

it("answers a client by itself that has said its last before the answer was there", async () => {
  let give = (): void => {};
  const leave = new Promise<void>((resolve) => {
    give = resolve;
  });
  const body = new TextEncoder().encode("late");
  const handle = async () => {
    await leave;
    return { status: 200, headers: [], body };
  };
  const running = await runProxy("[]", { routes: [{ method: "POST", path: "/late", handle }] });
  const client = await connectPeer(running.proxy.port);
  client.send("POST /late HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  client.socket.end();
  const other = await connectPeer(running.proxy.port);
  other.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  // The end of the one came before the request of the other.
  await other.until("its answer", (peer) => peer.text().includes("Faultwire"));
  give();
  await client.until("the end", ended);
  expect(client.text()).toContain("late");
  other.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(0);
});
