/** What is said to a proxy on the way, byte by byte, and what each of its answers means: SOCKS 5 (RFC 1928, 1929), CONNECT. */
import { describe, expect, it } from "vitest";
import type { HandshakeStep, TunnelHandshake } from "../../src/upstream/handshake-step.ts";
import { tunnelHandshake } from "../../src/upstream/tunnel-handshake.ts";
import { parseUpstreamProxy } from "../../src/upstream/upstream-proxy.ts";

const authority = { host: "a.test", port: 0x01bb };
const socks = (credentials = "", to = authority): TunnelHandshake =>
  tunnelHandshake(parseUpstreamProxy(`socks5://${credentials}corp.test:1`), to, "via");
const bytes = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers);
const text = (words: string): number[] => [...Buffer.from(words)];
/** A step in words that can be compared. */
const told = (step: HandshakeStep): unknown =>
  step.kind === "refused"
    ? [step.error.code, step.error.status, step.error.message]
    : step.kind === "open"
      ? ["open", ...step.rest]
      : ["more", ...(step.say ?? [])];

const asked = [5, 1, 0, 3, 6, ...text("a.test"), 0x01, 0xbb];
const broken = ["PROXY_BROKEN", 502, "it does not speak SOCKS 5"];
const tooMuch = ["PROXY_BROKEN", 502, "it says more than SOCKS 5 has it say"];

describe("SOCKS 5: the method", () => {
  it("is none alone without a password, none or a password with one", () => {
    expect([...socks().hello]).toEqual([5, 1, 0]);
    expect([...socks("me:secret@").hello]).toEqual([5, 2, 0, 2]);
  });

  it("none is followed by the request, also where there is a password", () => {
    expect(told(socks().push(bytes(5, 0)))).toEqual(["more", ...asked]);
    expect(told(socks("me:secret@").push(bytes(5, 0)))).toEqual(["more", ...asked]);
  });

  it("may come a byte at a time", () => {
    const handshake = socks();
    expect(told(handshake.push(bytes(5)))).toEqual(["more"]);
    expect(told(handshake.push(bytes(0)))).toEqual(["more", ...asked]);
  });

  const denied = ["PROXY_AUTH", 502, "it asks for a user and a password, or for what is not known here"];
  it.each([
    ["of another version", [4, 0], broken],
    ["of another version, by one byte", [4], broken],
    ["a password, where none is known", [5, 2], denied],
    ["one that was not offered", [5, 1], denied],
    ["none of them", [5, 0xff], denied],
    ["with more behind it", [5, 0, 5], tooMuch],
  ])("%s is refused", (_what, said, expected) => {
    expect(told(socks().push(Uint8Array.from(said)))).toEqual(expected);
  });
});

describe("SOCKS 5: the password", () => {
  const begun = (): TunnelHandshake => {
    const handshake = socks("mé:secret@");
    expect(told(handshake.push(bytes(5, 2)))).toEqual(["more", 1, 3, ...text("mé"), 6, ...text("secret")]);
    return handshake;
  };

  it("is followed by the request where it is taken", () => {
    expect(told(begun().push(bytes(1, 0)))).toEqual(["more", ...asked]);
    const slow = begun();
    expect(told(slow.push(bytes(1)))).toEqual(["more"]);
    expect(told(slow.push(bytes(0)))).toEqual(["more", ...asked]);
  });

  it.each([
    ["that it does not take", [1, 1], ["PROXY_AUTH", 502, "it does not take the user and the password"]],
    [
      "that it takes by another number than 0",
      [1, 255],
      ["PROXY_AUTH", 502, "it does not take the user and the password"],
    ],
    ["answered in another version", [5, 0], broken],
    ["answered with more behind it", [1, 0, 5], tooMuch],
  ])("%s is refused", (_what, said, expected) => {
    expect(told(begun().push(Uint8Array.from(said)))).toEqual(expected);
  });

  it("with a password that may not come before it was chosen", () => {
    expect(told(socks("me:secret@").push(bytes(5, 2, 1)))).toEqual(tooMuch);
  });
});

describe("SOCKS 5: the request", () => {
  it.each([
    ["a.test", [3, 6, ...text("a.test")]],
    ["ü.test", [3, 12, ...text("xn--tda.test")]],
    ["192.0.2.255", [1, 192, 0, 2, 255]],
    ["::", [4, ...Array<number>(16).fill(0)]],
    ["::1", [4, ...Array<number>(15).fill(0), 1]],
    ["1::", [4, 0, 1, ...Array<number>(14).fill(0)]],
    ["2001:db8:1:2:3:4:abcd:ff01", [4, 0x20, 1, 13, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0xab, 0xcd, 0xff, 1]],
    ["1:0:0:2::ffff", [4, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0xff, 0xff]],
  ])("names %s", (host, address) => {
    const step = socks("", { host, port: 65_534 }).push(bytes(5, 0));
    expect(told(step)).toEqual(["more", 5, 1, 0, ...address, 0xff, 0xfe]);
  });
});

describe("SOCKS 5: the reply", () => {
  const asking = (): TunnelHandshake => {
    const handshake = socks();
    handshake.push(bytes(5, 0));
    return handshake;
  };
  const replies = [
    [5, 0, 0, 1, 127, 0, 0, 1, 0, 80],
    [5, 0, 0, 3, 2, 97, 98, 0, 80],
    [5, 0, 0, 3, 0, 0, 80],
    [5, 0, 0, 4, ...Array<number>(16).fill(7), 0, 80],
  ];

  it.each(replies)("opens the tunnel, whole, cut anywhere, and with what the upstream said", (...reply) => {
    expect(told(asking().push(Uint8Array.from(reply)))).toEqual(["open"]);
    expect(told(asking().push(Uint8Array.from([...reply, 5, 6])))).toEqual(["open", 5, 6]);
    for (let cut = 1; cut < reply.length; cut++) {
      const handshake = asking();
      expect(told(handshake.push(Uint8Array.from(reply.slice(0, cut))))).toEqual(["more"]);
      expect(told(handshake.push(Uint8Array.from(reply.slice(cut))))).toEqual(["open"]);
    }
  });

  it.each([
    [1, "it says a general failure", 502],
    [2, "it says that its rules don't allow it", 502],
    [3, "it says that the network can't be reached", 502],
    [4, "it says that the host can't be reached", 502],
    [5, "it says that the connection is refused", 502],
    [6, "it says that the time to live is over", 504],
    [7, "it says that it does not know the command", 502],
    [8, "it says that it does not know such addresses", 502],
    [9, "it says reply 9", 502],
    [255, "it says reply 255", 502],
  ])("%i is a refusal: %s", (code, message, status) => {
    expect(told(asking().push(bytes(5, code)))).toEqual(["PROXY_REFUSED", status, message]);
  });

  it("of another version, or with an address of no kind, is none", () => {
    expect(told(asking().push(bytes(4, 0)))).toEqual(broken);
    for (const type of [0, 2, 5]) expect(told(asking().push(bytes(5, 0, 0, type)))).toEqual(broken);
  });
});

describe("CONNECT", () => {
  const ask = (url = "http://corp.test:1", to = authority): TunnelHandshake =>
    tunnelHandshake(parseUpstreamProxy(url), to, "1.1 faultwire-x");
  const say = (words: string): unknown => told(ask().push(Buffer.from(words)));

  it("names the upstream, us and the password", () => {
    expect(Buffer.from(ask().hello).toString()).toBe(
      "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nVia: 1.1 faultwire-x\r\n\r\n",
    );
    expect(Buffer.from(ask("https://me:pw@corp.test", { host: "::1", port: 80 }).hello).toString()).toBe(
      `CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nVia: 1.1 faultwire-x\r\nProxy-Authorization: Basic ${btoa("me:pw")}\r\n\r\n`,
    );
    expect(Buffer.from(ask("http://c.test", { host: "ü.test", port: 1 }).hello).toString()).toContain(
      "CONNECT xn--tda.test:1 ",
    );
  });

  it("is open by any status of success, cut anywhere, and with what the upstream said", () => {
    for (const status of [200, 204, 299])
      expect(say(`HTTP/1.1 ${status} x\r\n\r\nab`)).toEqual(["open", 97, 98]);
    const reply = Buffer.from("HTTP/1.1 200 OK\r\nx: y\r\n\r\n");
    for (let cut = 1; cut < reply.length; cut++) {
      const handshake = ask();
      expect(told(handshake.push(reply.subarray(0, cut)))).toEqual(["more"]);
      expect(told(handshake.push(reply.subarray(cut)))).toEqual(["open"]);
    }
  });

  it.each([
    [300, "it refuses the connection with 300", "PROXY_REFUSED", 502],
    [403, "it refuses the connection with 403 Forbidden", "PROXY_REFUSED", 502],
    [
      407,
      "it asks for a user and a password that it takes, by 407 Proxy Authentication Required",
      "PROXY_AUTH",
      502,
    ],
    [502, "it refuses the connection with 502 Bad Gateway", "PROXY_REFUSED", 502],
    [504, "it refuses the connection with 504 Gateway Timeout", "PROXY_REFUSED", 504],
    [599, "it refuses the connection with 599", "PROXY_REFUSED", 502],
  ])("is refused by %i", (status, message, code, ours) => {
    const phrase = message.includes("300") ? " Multiple Choices" : "";
    expect(say(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`)).toEqual([code, ours, message + phrase]);
  });

  it("is broken where what comes is none of HTTP", () => {
    expect(say("SSH-2.0-x\r\n\r\n")).toEqual(["PROXY_BROKEN", 502, "it does not answer as a proxy of HTTP"]);
  });
});
