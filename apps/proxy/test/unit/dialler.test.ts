import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { parseAuthority } from "../../src/upstream/authority.ts";
import { Dialler, unreachable } from "../../src/upstream/dialler.ts";
import { liveResolver, parseResolveFlag, ResolveTable } from "../../src/upstream/resolve-table.ts";

describe("a dialler", () => {
  it("gives an upstream up after its time", async () => {
    const dialler = new Dialler({
      table: new ResolveTable({}),
      // All the time passes at once.
      clock: {
        now: () => 0,
        after: (_delayMs, action) => {
          action();
          return () => {};
        },
      },
      connectMs: 30_000,
      own: () => undefined,
      allowPrivate: true,
    });
    const authority = { host: "127.0.0.1", port: 9 };
    const [error] = await once(dialler.dial(authority), "error").catch((reason: Error) => [reason]);
    expect(unreachable(authority, error)).toEqual({
      code: "TIMEOUT",
      status: 504,
      reason: "127.0.0.1:9 can't be reached: it did not accept within 30000 ms (TIMEOUT)",
    });
  });
});

describe("a table that may change", () => {
  it("is read anew when its entries are others, and stays as it is where they mean nothing", () => {
    let entries: Record<string, string> = { "a.test": "127.0.0.1:1" };
    const resolver = liveResolver(() => entries);
    const found = (): unknown => resolver.find({ host: "a.test", port: 443 });
    expect(found()).toEqual({ host: "127.0.0.1", port: 1 });
    entries = { "a.test": "127.0.0.1:2" };
    expect(found()).toEqual({ host: "127.0.0.1", port: 2 });
    entries = { "": "nonsense" };
    expect(found()).toEqual({ host: "127.0.0.1", port: 2 });
    expect(() => liveResolver(() => entries)).toThrow("can't be resolved so");
  });
});

describe("an authority", () => {
  it.each([
    ["Api.Test:443", { host: "api.test", port: 443 }],
    ["api_1.test:1", { host: "api_1.test", port: 1 }],
    ["127.0.0.1:65535", { host: "127.0.0.1", port: 65_535 }],
    ["[::1]:443", { host: "::1", port: 443 }],
    ["[2001:DB8::1]:80", { host: "2001:db8::1", port: 80 }],
  ])("is read: %s", (text, expected) => expect(parseAuthority(text)).toEqual(expected));

  it.each([
    "",
    ":443",
    "host",
    "host:",
    "host:0",
    "host:65536",
    "host:-1",
    "host:4x",
    "a b:443",
    "user@host:443",
    "host:443/x",
    "::1:443",
    "[host]:443",
    "[::1]",
    "[::1:443",
    "ho\nst:443",
    "ho\0st:443",
    "-host:443",
    ".:443",
    "%00:443",
  ])("is none: %j", (text) => expect(parseAuthority(text)).toBeUndefined());

  it("takes a default port where there is one", () =>
    expect(parseAuthority("[::1]", 80)).toEqual({ host: "::1", port: 80 }));
});

describe("a table of names", () => {
  const table = new ResolveTable({
    "api.test:443": "127.0.0.1:8443",
    "api.test": "127.0.0.2",
    "*.wild.test:443": "[::1]:1",
    "[::2]:80": "127.0.0.3",
    "*:81": "127.0.0.4:82",
  });
  it.each([
    ["api.test:443", "127.0.0.1:8443"],
    ["api.test:80", "127.0.0.2:80"],
    ["a.wild.test:443", "[::1]:1"],
    ["a.b.wild.test:443", "[::1]:1"],
    ["[::2]:80", "127.0.0.3:80"],
    ["any.test:81", "127.0.0.4:82"],
  ])("leads %s to %s", (from, to) => {
    const authority = parseAuthority(from);
    if (!authority) throw new Error(from);
    expect(table.find(authority)).toEqual(parseAuthority(to));
  });

  it.each(["wild.test:443", "xwild.test:443", "api.test.evil.test:443"])("leaves %s alone", (text) => {
    const authority = parseAuthority(text);
    if (!authority) throw new Error(text);
    expect(table.find(authority)).toBe(authority);
  });

  it.each([
    ["api.test", "a b"],
    ["", "127.0.0.1"],
    ["a b:443", "127.0.0.1"],
    ["api.test:443", ""],
    ["api.test:443", "*"],
  ])("refuses %j to %j", (from, to) =>
    expect(() => new ResolveTable({ [from]: to })).toThrow(expect.objectContaining({ code: "bad-option" })),
  );
});

describe("curl's form of a name to resolve", () => {
  it.each([
    ["api.test:443:127.0.0.1", ["api.test:443", "127.0.0.1"]],
    ["api.test:443:127.0.0.1:8443", ["api.test:443", "127.0.0.1:8443"]],
    ["*.example.test:443:127.0.0.1:8443", ["*.example.test:443", "127.0.0.1:8443"]],
    ["api.test:*:127.0.0.1", ["api.test", "127.0.0.1"]],
    ["api.test:443:[::1]:8443", ["api.test:443", "[::1]:8443"]],
    ["[::2]:443:127.0.0.1", ["[::2]:443", "127.0.0.1"]],
  ])("is read: %s", (text, expected) => expect(parseResolveFlag(text)).toEqual(expected));

  it.each(["api.test", "api.test:443", "api.test::127.0.0.1", "api.test:443:::1", ""])(
    "is none: %j",
    (text) => expect(parseResolveFlag(text)).toBeUndefined(),
  );
});
