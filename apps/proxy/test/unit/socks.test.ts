/** SOCKS 5, as curl and a client that counts bytes speak it. */
import { execFile } from "node:child_process";
import { connectPeer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";
import { say } from "../support/say-to-end.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

const greeting = [5, 1, 0];
const port = (number: number): number[] => [number >> 8, number & 255];
const named = (name: string, at: number): number[] => [
  5,
  1,
  0,
  3,
  name.length,
  ...Buffer.from(name),
  ...port(at),
];
const granted = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

function curl(url: string, proxyPort: number, caPath: string): Promise<string> {
  const args = [
    "-sS",
    "--proxy",
    `socks5h://127.0.0.1:${proxyPort}`,
    "--cacert",
    caPath,
    "-w",
    "%{http_code}",
  ];
  return new Promise((resolve) => {
    execFile("curl", [...args, "-o", "/dev/null", url], (_error, stdout) => resolve(stdout));
  });
}

describe("a client of SOCKS 5", () => {
  it("gets its tunnel, what it said along with its request first", async () => {
    const { proxy } = await runProxy("[]", { resolve: { "plain.test:80": origin.authority } });
    const client = await connectPeer(proxy.port);
    client.send(Uint8Array.from([...greeting, ...named("plain.test", 80), 104, 105]));
    const upstream = await origin.accept();
    await upstream.untilText("hi");
    expect([...client.received()]).toEqual(granted);
    client.socket.destroy();
  });

  it("may say it byte by byte", async () => {
    const { proxy } = await runProxy("[]", { resolve: { "plain.test:80": origin.authority } });
    const client = await connectPeer(proxy.port);
    for (const byte of [...greeting, ...named("plain.test", 80)]) {
      client.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.until("the reply", ({ length }) => length === granted.length);
    expect([...client.received()]).toEqual(granted);
    client.socket.destroy();
  });

  it.each([
    ["IPv4", [1, 127, 0, 0, 1]],
    ["IPv4 in IPv6", [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1]],
  ])("reaches an address: %s", async (_what, address) => {
    const { proxy } = await runProxy();
    const client = await connectPeer(proxy.port);
    const hello = Buffer.from("no protocol that is known");
    client.send(Uint8Array.from([...greeting, 5, 1, 0, ...address, ...port(origin.port), ...hello]));
    await (await origin.accept()).untilText(hello.toString());
    client.socket.destroy();
  });

  it("is answered by rule over HTTPS", async () => {
    const running = await runProxy("[{ name: busy, fault: { http: { status: 429 } } }]");
    expect(await curl("https://api.test/", running.proxy.port, running.caPath)).toBe("429");
  });

  it.each([
    ["no method without a password", [5, 1, 2], [5, 255]],
    [
      "a command that is none of ours",
      [...greeting, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80],
      [5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0],
    ],
    ["an address of no type", [...greeting, 5, 1, 0, 9, 1], [5, 0, 5, 8, 0, 1, 0, 0, 0, 0, 0, 0]],
    ["a name that is none", [...greeting, ...named("a b", 80)], [5, 0, 5, 8, 0, 1, 0, 0, 0, 0, 0, 0]],
    ["another version", [...greeting, 4, 1, 0, 1], [5, 0]],
    [
      "a port that refuses",
      [...greeting, ...named("refused.test", 80)],
      [5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
    ],
    [
      "a name that does not resolve",
      [...greeting, ...named("a.invalid", 80)],
      [5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0],
    ],
  ])("is refused for %s", async (_what, said, reply) => {
    const { proxy, logged } = await runProxy("[]", { resolve: { "refused.test": "127.0.0.1:1" } });
    expect(await say(await connectPeer(proxy.port), said)).toEqual(reply);
    expect(logged("refused").length + logged("upstream-unreachable").length).toBe(1);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("is refused where it would lead to the proxy itself", async () => {
    const { proxy } = await runProxy("[]", { resolve: { "self.test": "127.0.0.1" } });
    const said = [...greeting, ...named("self.test", proxy.port)];
    expect(await say(await connectPeer(proxy.port), said)).toEqual([5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("does not get in where a password is asked for", async () => {
    const { proxy } = await runProxy("[]", { proxyAuth: "user:secret" });
    expect(await say(await connectPeer(proxy.port), [5, 2, 0, 2])).toEqual([5, 255]);
  });
});
