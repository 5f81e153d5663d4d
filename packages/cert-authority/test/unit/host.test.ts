import { describe, expect, it } from "vitest";
import { readHost } from "../../src/x509/host.ts";

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("reading a host", () => {
  it.each([
    ["api.anthropic.com", "api.anthropic.com"],
    ["API.Anthropic.COM", "api.anthropic.com"],
    ["api.anthropic.com.", "api.anthropic.com"],
    ["localhost", "localhost"],
    ["under_score.example", "under_score.example"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example", "xn--bcher-kva.example"],
    ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("takes %s for the DNS name %s", (input, name) => {
    expect(readHost(input)).toEqual({ kind: "dns", name });
  });

  it.each([
    ["*.example.com", "*.example.com", "example.com"],
    ["*.Bücher.example.", "*.xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("takes %s for the wildcard %s", (input, name, base) => {
    expect(readHost(input)).toEqual({ kind: "wildcard", name, base });
  });

  it.each([
    ["127.0.0.1", "127.0.0.1", "7f000001"],
    ["255.255.255.255", "255.255.255.255", "ffffffff"],
    ["::1", "::1", "00000000000000000000000000000001"],
    ["[::1]", "::1", "00000000000000000000000000000001"],
    ["::", "::", "00000000000000000000000000000000"],
    ["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1", "20010db8000000000001000000000001"],
    ["::ffff:192.0.2.1", "::ffff:c000:201", "00000000000000000000ffffc0000201"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["fe80::", "fe80::", "fe800000000000000000000000000000"],
  ])("takes %s for the address %s", (input, name, hex) => {
    expect(readHost(input)).toEqual({ kind: "ip", name, octets: octets(hex) });
  });

  it.each([
    "",
    ".",
    "*",
    "*.",
    "a..b",
    ".example.com",
    "exa mple.com",
    "example.com:443",
    "https://example.com",
    "-example.com",
    "example-.com",
    "a.*.example.com",
    "f*.example.com",
    "1.2.3",
    "1.2.3.4.5",
    "0x7f.1",
    "256.1.1.1",
    "fe80::1%eth0",
    "[example.com]",
    "example.com\0.evil.com",
    `${"a".repeat(64)}.example`,
    `${"a.".repeat(127)}com`,
    "a".repeat(70_000),
  ])("refuses %j", (input) => {
    expect(() => readHost(input)).toThrowError(expect.objectContaining({ code: "bad-host" }));
  });

  it("refuses what is too long for any name before it looks at it", () => {
    expect(() => readHost("é".repeat(1025))).toThrowError(/it has 1025 characters/);
  });

  it.each([
    ["ab.example/x", "no host has the character /."],
    ["a\tb.example", "no host has the character U+0009."],
    [
      "a\u202eb.example",
      '"aU+202Eb.example" is no name for a certificate: no host has the character U+202E.',
    ],
  ])("says which character of %j is none of a host's", (input, words) => {
    expect(() => readHost(input)).toThrowError(words);
  });

  it("quotes no more than a line of what it refuses", () => {
    const refuse = (): unknown => readHost("\n".repeat(1000));
    expect(refuse).toThrowError(/^[ -~]{1,400}$/);
  });
});
