/** Which proxy is on the way to an upstream: URLs, variables, and hosts that are reached directly. */
import { describe, expect, it } from "vitest";
import { upstreamProxyFromEnvironment } from "../../src/index.ts";
import { parseAuthority } from "../../src/upstream/authority.ts";
import { NoProxy } from "../../src/upstream/no-proxy.ts";
import { UpstreamProxies } from "../../src/upstream/upstream-proxies.ts";
import { basicCredentials, parseUpstreamProxy, proxyText } from "../../src/upstream/upstream-proxy.ts";

describe("the URL of an upstream proxy", () => {
  it.each([
    ["http://corp.test:3128", "http://corp.test:3128", undefined],
    ["corp.test:3128", "http://corp.test:3128", undefined],
    ["http://corp.test", "http://corp.test:80", undefined],
    ["HTTPS://Corp.Test/", "https://corp.test:443", undefined],
    ["socks5://[::1]:9", "socks5://[::1]:9", undefined],
    ["socks5h://corp.test", "socks5://corp.test:1080", undefined],
    ["http://me:s%3Acret%20@corp.test:1", "http://corp.test:1", "me:s:cret "],
    ["http://me@corp.test:1", "http://corp.test:1", "me:"],
  ])("is read: %s", (text, name, credentials) => {
    const proxy = parseUpstreamProxy(text);
    expect(proxyText(proxy)).toBe(name);
    const sent = basicCredentials(proxy);
    expect(sent && Buffer.from(sent.slice("Basic ".length), "base64").toString()).toBe(credentials);
  });

  it.each([
    ["", /no URL/],
    ["http://", /no URL/],
    ["ftp://corp.test", /the scheme ftp:/],
    ["http://corp.test/path", /a path/],
    ["http://me:a%zzsecret@corp.test", /begins no character/],
    ["http://m%3Ae:secret@corp.test", /can't be sent/],
    ["http://me:sec%0Aret@corp.test", /can't be sent/],
    [`socks5://me:${"secret".repeat(50)}@corp.test`, /more than 255 bytes/],
  ])("is refused, and no secret told: %s", (text, message) => {
    expect(() => parseUpstreamProxy(text)).toThrow(message);
    expect(() => parseUpstreamProxy(text)).toThrow(expect.objectContaining({ code: "bad-option" }));
    expect(() => parseUpstreamProxy(text)).not.toThrow(/secret/);
  });
});

describe("hosts without an upstream proxy", () => {
  const list =
    "Plain.test, .below.test *.star.test,port.test:8443,192.0.2.7 198.51.100.0/24,2001:db8::/32,[2001:db9::1]:443,::ffff:203.0.113.1";
  const direct = new NoProxy(list);
  it.each([
    "plain.test:443",
    "a.plain.test:1",
    "a.below.test:443",
    "a.b.star.test:443",
    "port.test:8443",
    "a.port.test:8443",
    "192.0.2.7:1",
    "198.51.100.200:1",
    "[2001:db8:1::2]:443",
    "[2001:db9::1]:443",
    "203.0.113.1:1",
    "localhost:1",
    "a.localhost:1",
    "127.0.0.9:1",
    "[::1]:1",
    "[::ffff:127.0.0.1]:1",
    "[::ffff:198.51.100.9]:1",
  ])("are reached directly: %s", (text) => expect(direct.has(parseAuthority(text)!)).toBe(true));

  it.each([
    "xplain.test:443",
    "below.test:443",
    "star.test:443",
    "port.test:443",
    "192.0.2.70:1",
    "198.51.101.1:1",
    "[2001:db9::1]:80",
    "[2001:dba::1]:443",
    "198.51.100.1.test:1",
  ])("are not: %s", (text) => expect(direct.has(parseAuthority(text)!)).toBe(false));

  it("are all with a star, and none in an empty list", () => {
    expect(new NoProxy("a, *").has({ host: "any.test", port: 1 })).toBe(true);
    expect(new NoProxy(" ,, ").has({ host: "any.test", port: 1 })).toBe(false);
  });

  it("are told where they mean nothing", () => {
    expect(direct.ignored).toEqual([]);
    expect(new NoProxy("http://x, 1.2.3.4/40, a/b, fine.test, user@x").ignored).toEqual([
      "http://x",
      "1.2.3.4/40",
      "a/b",
      "user@x",
    ]);
  });
});

describe("the variables", () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "" }, undefined],
    [{ NO_PROXY: "x" }, undefined],
    [{ HTTPS_PROXY: "a:1" }, { https: "a:1" }],
    [
      { https_proxy: "a:1", HTTPS_PROXY: "b:1", no_proxy: "x", NO_PROXY: "y" },
      { https: "a:1", noProxy: "x" },
    ],
    [
      { HTTP_PROXY: "a:1", ALL_PROXY: "b:1" },
      { http: "a:1", https: "b:1" },
    ],
    [{ all_proxy: "a:1" }, { http: "a:1", https: "a:1" }],
  ])("%j mean %j", (environment, expected) =>
    expect(upstreamProxyFromEnvironment(environment)).toEqual(expected),
  );

  it("are for their own kind of request", () => {
    const proxies = new UpstreamProxies({ https: "a.test:1", noProxy: "c.test" });
    const authority = { host: "b.test", port: 443 };
    expect(proxies.find(authority, "tunnel")).toMatchObject({ authority: { host: "a.test" } });
    expect(proxies.find(authority, "absolute-form")).toBeUndefined();
    expect(proxies.find({ host: "c.test", port: 443 }, "tunnel")).toBeUndefined();
    expect(new UpstreamProxies("a.test:1").all).toHaveLength(1);
  });
});
