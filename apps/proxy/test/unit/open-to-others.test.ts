/** A proxy that others can reach asks for a password and dials nothing that only this machine can reach. */
import { connectPeer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { isPrivate, plainAddress } from "../../src/upstream/forbidden-addresses.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

const basic = (text: string): string =>
  `Proxy-Authorization: Basic ${Buffer.from(text).toString("base64")}\r\n`;

async function status({ proxy }: ProxyUnderTest, authority: string, headers = ""): Promise<string> {
  const peer = await connectPeer(proxy.port);
  peer.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`);
  await peer.until("the answer", ({ length }) => length > 12);
  const text = peer.text();
  peer.socket.destroy();
  if (text.startsWith("HTTP/1.1 407")) expect(text).toContain('proxy-authenticate: Basic realm="faultwire"');
  return text.slice(9, 12);
}

describe("a proxy on another address than loopback", () => {
  it("does not start without a password", async () => {
    await expect(runProxy("[]", { host: "0.0.0.0" })).rejects.toMatchObject({ code: "open-to-others" });
    await expect(runProxy("[]", { host: "::" })).rejects.toMatchObject({ code: "open-to-others" });
  });

  it("asks for the password", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", {
      host: "0.0.0.0",
      proxyAuth: "user:secret",
      resolve: { "plain.test": origin.authority },
    });
    expect(await status(running, "plain.test:443")).toBe("407");
    expect(await status(running, "plain.test:443", basic("user:wrong"))).toBe("407");
    expect(await status(running, "plain.test:443", "Proxy-Authorization: Bearer x\r\n")).toBe("407");
    // What is ordered may be private.
    expect(await status(running, "plain.test:443", basic("user:secret"))).toBe("200");
    expect(JSON.stringify(running.logged("refused"))).not.toMatch(/secret|wrong/);
  });

  it.each([
    "127.0.0.1:9",
    "localhost:9",
    "169.254.169.254:80",
    "10.0.0.1:80",
    "[::1]:9",
    "[::ffff:7f00:1]:9",
  ])("does not dial %s", async (authority) => {
    const running = await runProxy("[]", { host: "0.0.0.0", proxyAuth: "user:secret" });
    // An address names nobody and is dialled when something is said inside: absolute form says it at once.
    const peer = await connectPeer(running.proxy.port);
    peer.send(`GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n${basic("user:secret")}\r\n`);
    await peer.until("the answer", ({ ended }) => ended);
    expect(peer.text()).toMatch(
      /^HTTP\/1\.1 403 [\s\S]*private addresses are not dialled for others \(PRIVATE\)/,
    );
    peer.socket.destroy();
  });

  it("asks no proxy on the way for a private address either", async () => {
    const onTheWay = await startTcpOrigin();
    onTestFinished(() => onTheWay.close());
    const running = await runProxy("[]", {
      host: "0.0.0.0",
      proxyAuth: "user:secret",
      upstreamProxy: `http://${onTheWay.authority}`,
      resolve: { [onTheWay.authority]: onTheWay.authority },
    });
    const peer = await connectPeer(running.proxy.port);
    peer.send(`GET http://10.0.0.1/ HTTP/1.1\r\nHost: x\r\n${basic("user:secret")}\r\n`);
    await peer.until("the answer", ({ ended }) => ended);
    expect(peer.text()).toMatch(/^HTTP\/1\.1 403 [\s\S]*\(PRIVATE\)/);
    expect(onTheWay.peers).toHaveLength(0);
    peer.socket.destroy();
  });

  it("does not hand the password on", async () => {
    const origin = await startTcpOrigin();
    onTestFinished(() => origin.close());
    const running = await runProxy("[]", {
      proxyAuth: "user:secret",
      resolve: { "plain.test": origin.authority },
    });
    const peer = await connectPeer(running.proxy.port);
    peer.send(`GET http://plain.test/ HTTP/1.1\r\nHost: x\r\n${basic("user:secret")}\r\n`);
    const upstream = await origin.accept();
    await upstream.untilText("GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n");
    peer.socket.destroy();
  });
});

describe("addresses", () => {
  it.each([
    "127.1.2.3",
    "10.255.0.1",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "fe80::1%lo",
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::a00:1",
    // Ways from IPv6 to IPv4, with loopback or a private network inside.
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b:1::a9fe:a9fe",
    "2001:0:a00:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fec0::1",
    // What clouds answer their own machines at.
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
  ])("%s is private", (address) => expect(isPrivate(address)).toBe(true));
  it.each([
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "168.63.129.17",
    "2606:4700::1111",
    "2001:4860::8888",
    "::ffff:8.8.8.8",
  ])("%s is public", (address) => expect(isPrivate(address)).toBe(false));
  it("an IPv4 address written as IPv6 is that address", () =>
    expect(plainAddress("::FFFF:7f00:1")).toBe("127.0.0.1"));
});
