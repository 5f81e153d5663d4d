/** The PROXY protocol, version 2, as a client that counts bytes speaks it. */
import { readFileSync } from "node:fs";
import { connect as connectTls } from "node:tls";
import { connectPeer, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";
import { say } from "../support/say-to-end.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const u16 = (number: number): number[] => [number >> 8, number & 255];
const property = (type: number, text: string): number[] => [type, ...u16(text.length), ...Buffer.from(text)];

/** A header that wants a destination over IPv4, with properties behind it. */
function header(port: number, more: readonly number[], address = [0, 0, 0, 0]): number[] {
  const body = [0, 0, 0, 0, ...address, ...u16(0), ...u16(port), ...more];
  return [...signature, 0x21, 0x11, ...u16(body.length), ...body];
}
const naming = (name: string, port: number): number[] => header(port, property(0x02, name));

describe("a client of the PROXY protocol", () => {
  it.each([
    ["by name", naming("plain.test", 80)],
    [
      "by name, behind a property that is not read",
      header(80, [...property(0xea, "x"), ...property(0x02, "plain.test")]),
    ],
  ])("gets to its upstream %s, and hears nothing but that", async (_what, said) => {
    const { proxy } = await runProxy("[]", { resolve: { "plain.test:80": origin.authority } });
    const client = await connectPeer(proxy.port);
    client.send(Uint8Array.from([...said, 104, 105]));
    const upstream = await origin.accept();
    await upstream.untilText("hi");
    upstream.send(Buffer.from("ho"));
    await client.untilText("ho");
    client.socket.destroy();
  });

  it("may say it byte by byte", async () => {
    const { proxy } = await runProxy("[]", { resolve: { "plain.test:80": origin.authority } });
    const client = await connectPeer(proxy.port);
    for (const byte of [...naming("plain.test", 80), 104, 105]) {
      client.send(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await (await origin.accept()).untilText("hi");
    client.socket.destroy();
  });

  it.each([
    ["IPv4", (port: number) => header(port, [], [127, 0, 0, 1])],
    [
      "IPv6",
      (port: number) => {
        const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1];
        return [...signature, 0x21, 0x21, 0, 36, ...Array(16).fill(0), ...mapped, 0, 0, ...u16(port)];
      },
    ],
  ])("reaches an address: %s", async (_what, said) => {
    const { proxy } = await runProxy();
    const client = await connectPeer(proxy.port);
    client.send(Uint8Array.from([...said(origin.port), ...Buffer.from("no protocol that is known")]));
    await (await origin.accept()).untilText("no protocol that is known");
    client.socket.destroy();
  });

  it("is answered by rule over HTTPS", async () => {
    const running = await runProxy("[{ name: busy, fault: { http: { status: 429 } } }]");
    const client = await connectPeer(running.proxy.port);
    client.socket.write(Uint8Array.from(naming("api.test", 443)));
    client.socket.removeAllListeners("data");
    const tls = connectTls({
      socket: client.socket,
      servername: "api.test",
      ca: readFileSync(running.caPath),
    });
    tls.write("GET / HTTP/1.1\r\nhost: api.test\r\n\r\n");
    const answer = await new Promise<string>((resolve, reject) =>
      tls.once("data", (bytes) => resolve(bytes.toString())).once("error", reject),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    tls.destroy();
  });

  it("reaches the proxy itself by its own name", async () => {
    const { proxy } = await runProxy();
    const client = await connectPeer(proxy.port);
    client.send(
      Uint8Array.from([
        ...naming("faultwire.local", 80),
        ...Buffer.from("GET / HTTP/1.1\r\nhost: faultwire.local\r\n\r\n"),
      ]),
    );
    await client.until("200", () => client.text().startsWith("HTTP/1.1 200 "));
    client.socket.destroy();
  });

  it.each([
    ["a command that is none of ours", [...signature, 0x20, 0x11, 0, 12, ...Array(12).fill(0)]],
    ["UDP", [...signature, 0x21, 0x12, 0, 12, ...Array(12).fill(0)]],
    ["addresses that are cut off", [...signature, 0x21, 0x11, 0, 4, 0, 0, 0, 0]],
    ["a property that is longer than the header", header(80, [2, 0, 99, 97])],
    ["a name that is none", naming("a b", 80)],
    ["port 0", naming("plain.test", 0)],
    ["a header that is too long", [...signature, 0x21, 0x11, 255, 255]],
    ["an upstream that can't be reached", naming("a.invalid", 80)],
  ])("is closed without a word for %s", async (_what, said) => {
    const { proxy, logged } = await runProxy();
    expect(await say(await connectPeer(proxy.port), said)).toEqual([]);
    expect(logged("refused").length + logged("upstream-unreachable").length).toBe(1);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it("does not get in where a password is asked for", async () => {
    const { proxy } = await runProxy("[]", { proxyAuth: "user:secret" });
    expect(await say(await connectPeer(proxy.port), naming("plain.test", 80))).toEqual([]);
  });

  it("is not what begins with an empty line, which is HTTP", async () => {
    const { proxy } = await runProxy();
    const client = await connectPeer(proxy.port);
    const request = Buffer.from(`\r\n\r\nGET / HTTP/1.1\r\nhost: 127.0.0.1:${proxy.port}\r\n\r\n`);
    for (const byte of request) client.send(Uint8Array.of(byte));
    await client.until("an answer", () => client.text().startsWith("HTTP/1.1 "));
    client.socket.destroy();
  });
});
