import { describe, expect, it } from "vitest";
import { type ConnectOptions, destinationOf, isLed, readCall } from "../../src/destination.ts";
import { proxyHeader } from "../../src/proxy-header.ts";
import { readSettings, type Settings } from "../../src/settings.ts";

const callback = (): void => undefined;

describe("a call of connect", () => {
  it.each([
    { args: [{ host: "a", port: 1 }], options: { host: "a", port: 1 } },
    { args: [1], options: { port: 1 } },
    { args: ["1", "a"], options: { port: "1", host: "a" } },
    { args: [1, "a", { servername: "b" }], options: { port: 1, host: "a", servername: "b" } },
    { args: [1, { host: "a" }], options: { port: 1, host: "a" } },
    { args: ["/pipe", { ca: "x" }], options: { path: "/pipe", ca: "x" } },
    { args: [[{ host: "a", port: 1 }, null]], options: { host: "a", port: 1 } },
  ])("with $args is about $options", ({ args, options }) => {
    expect(readCall(args).options).toEqual(options);
    expect(readCall([...args, callback]).callback).toBe(Array.isArray(args[0]) ? undefined : callback);
  });

  it("has Node's own array with its callback", () => {
    expect(readCall([[{ port: 1 }, callback]]).callback).toBe(callback);
  });
});

describe("a destination", () => {
  it.each<{ options: ConnectOptions; host?: string; port?: number }>([
    { options: { host: "A.Test.", port: "443" }, host: "a.test", port: 443 },
    { options: { port: 80 }, host: "localhost", port: 80 },
    { options: { host: "", port: 80 }, host: "localhost", port: 80 },
    { options: { host: "a", port: 1, path: "" }, host: "a", port: 1 },
    { options: { host: "a", port: 0 } },
    { options: { host: "a", port: 65_536 } },
    { options: { host: "a" } },
    { options: { host: "a", port: 1, path: "/pipe" } },
    { options: { host: "a", port: 1, socket: {} } },
    { options: { host: "bücher.test", port: 1 } },
    { options: { host: "a b", port: 1 } },
    { options: { host: "a".repeat(256), port: 1 } },
  ])("of $options is $host:$port", ({ options, host, port }) => {
    expect(destinationOf(options)).toEqual(host === undefined ? undefined : { host, port });
  });
});

const settings = (more: Record<string, string> = {}): Settings => {
  const read = readSettings({ FAULTWIRE_PROXY: "http://127.0.0.1:3180", ...more });
  if (!read) throw new Error("no settings");
  return read;
};

describe("settings", () => {
  it("are none without a proxy", () => {
    expect(readSettings({ HTTPS_PROXY: "http://corp:1", FAULTWIRE_TARGETS: "a" })).toBeUndefined();
  });

  it.each(["127.0.0.1:3180", "https://127.0.0.1:3180", "socks5://127.0.0.1:1"])("refuse %s", (proxy) => {
    expect(() => readSettings({ FAULTWIRE_PROXY: proxy })).toThrow(/FAULTWIRE_PROXY is not of the form/);
  });

  it.each([
    ["http://[::1]:3180", "::1", 3180],
    ["http://proxy.test", "proxy.test", 80],
  ])("read %s", (proxy, proxyHost, proxyPort) => {
    expect(settings({ FAULTWIRE_PROXY: proxy })).toMatchObject({ proxyHost, proxyPort });
  });

  it.each([
    ["api.a.test", "api.a.test", true],
    ["api.a.test", "xapi.a.test", false],
    ["api.a.test", "api-a.test", false],
    ["*.a.test", "b.c.a.test", true],
    ["*.a.test", "a.test", false],
    ["x.test, API-*.a.test", "api-eu.a.test", true],
    ["*", "anything", true],
    ["", "", false],
  ])("have of the targets %s that %s is one: %s", (targets, host, isTarget) => {
    expect(settings({ FAULTWIRE_TARGETS: targets }).isTarget(host)).toBe(isTarget);
  });

  it.each([
    ["a.test", "b.a.test", true],
    ["*.a.test", "a.test", true],
    ["[fe80::1]:443", "fe80::1", true],
    ["[fe80::1]:444", "fe80::1", false],
    ["fe80::1", "fe80::1", true],
    ["10.0.0.1", "10.0.0.11", false],
    ["", "a.test", false],
  ])("have of NO_PROXY=%s that %s is exempt: %s", (noProxy, host, isExempt) => {
    expect(settings({ NO_PROXY: noProxy }).isExempt(host, 443)).toBe(isExempt);
  });
});

describe("what is led to the proxy", () => {
  it.each([
    ["api.test", 8443, true, true],
    ["api.test", 9, false, true],
    ["other.test", 443, true, true],
    ["other.test", 80, false, true],
    ["other.test", 443, false, false],
    ["other.test", 80, true, false],
    ["other.test", 5432, true, false],
    ["localhost", 443, true, false],
    ["a.localhost", 443, true, false],
    ["127.9.9.9", 443, true, false],
    ["::1", 443, true, false],
    ["::ffff:127.0.0.1", 443, true, false],
    ["127.0.0.1.test", 443, true, true],
    ["10.0.0.1", 443, true, true],
  ])("%s:%d (TLS: %s): %s", (host, port, isTls, led) => {
    expect(isLed(settings({ FAULTWIRE_TARGETS: "api.test" }), { host, port }, isTls)).toBe(led);
  });

  it("is never the proxy itself, by whatever name", () => {
    const all = settings({ FAULTWIRE_TARGETS: "*" });
    for (const host of ["127.0.0.1", "localhost", "::1"])
      expect(isLed(all, { host, port: 3180 }, false)).toBe(false);
    expect(isLed(all, { host: "localhost", port: 3181 }, false)).toBe(true);
    expect(isLed(all, { host: "a.test", port: 3180 }, false)).toBe(true);
  });
});

it("the header is the PROXY protocol's, with the name as its authority", () => {
  expect(Buffer.from(proxyHeader({ host: "a.test", port: 443 })).toString("hex")).toBe(
    "0d0a0d0a000d0a515549540a" +
      "2111" +
      "0015" +
      "00000000" +
      "00000000" +
      "0000" +
      "01bb" +
      "020006612e74657374",
  );
});
