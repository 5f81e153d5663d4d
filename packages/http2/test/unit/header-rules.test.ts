/** Every rule of RFC 9113 sections 8.1 to 8.3 and 8.5 that a header section can break, by the words that tell of it. */
import { connectionSpecific, type SectionKind, sectionFault } from "@faultwire/http2";
import { describe, expect, it } from "vitest";

type Fields = readonly (readonly [string, string])[];

const request: Fields = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a.test"],
  [":path", "/"],
];
const ok: Fields = [[":status", "200"]];
const without = (name: string): Fields => request.filter(([each]) => each !== name);
const withValue = (name: string, value: string): Fields =>
  request.map(([each, was]) => [each, each === name ? value : was]);
const connect: Fields = [
  [":method", "CONNECT"],
  [":authority", "a.test:443"],
];

describe("pseudo-header fields", () => {
  it.each<[string, SectionKind, Fields, string | undefined]>([
    ["a whole request", "request", request, undefined],
    ["a request without an authority", "request", without(":authority"), undefined],
    ["a request without a method", "request", without(":method"), "no :method"],
    ["an empty method", "request", withValue(":method", ""), "no :method"],
    ["a request without a scheme", "request", without(":scheme"), "no :scheme"],
    ["an empty scheme", "request", withValue(":scheme", ""), "no :scheme"],
    ["a request without a path", "request", without(":path"), "no :path, or an empty one"],
    ["an empty path", "request", withValue(":path", ""), "no :path, or an empty one"],
    ["a response's field in a request", "request", [...request, [":status", "200"]], ":status in a request"],
    ["one that nobody knows", "request", [...request, [":other", ""]], ":other in a request"],
    ["one twice", "request", [...request, [":path", "/"]], ":path twice"],
    ["one behind a field", "request", [["x-a", ""], ...request], ":method behind other fields"],
    ["CONNECT", "request", connect, undefined],
    ["CONNECT with a scheme", "request", [...connect, [":scheme", "https"]], "CONNECT with :scheme or :path"],
    ["CONNECT with a path", "request", [...connect, [":path", "/"]], "CONNECT with :scheme or :path"],
    ["CONNECT without an authority", "request", [[":method", "CONNECT"]], "CONNECT without :authority"],
    [
      "CONNECT to an empty authority",
      "request",
      [
        [":method", "CONNECT"],
        [":authority", ""],
      ],
      "CONNECT without :authority",
    ],
    [
      "extended CONNECT, which has a path",
      "request",
      [...withValue(":method", "CONNECT"), [":protocol", "websocket"]],
      undefined,
    ],
    [
      "extended CONNECT without one",
      "request",
      [...connect, [":protocol", "websocket"], [":scheme", "https"]],
      "no :path, or an empty one",
    ],
    ["a response", "response", ok, undefined],
    ["an interim response", "interim", [[":status", "103"]], undefined],
    ["a response without a status", "response", [["x-a", "1"]], "no :status"],
    ["an interim response without one", "interim", [], "no :status"],
    [
      "a request's field in a response",
      "response",
      [...ok, [":path", "/"]],
      "other pseudo-header fields than :status in a response",
    ],
    ...["", "20", "2000", "0200", "099", "2x0", "20 0", "+20"].map(
      (status): [string, SectionKind, Fields, string] => [
        `the status "${status}"`,
        "response",
        [[":status", status]],
        "a :status that is no number of three digits",
      ],
    ),
    ["the lowest status", "interim", [[":status", "100"]], undefined],
    ["the highest status", "response", [[":status", "999"]], undefined],
    ["trailers", "trailers", [["x-a", "1"]], undefined],
    ["trailers without a field", "trailers", [], undefined],
    ["a status in trailers", "trailers", ok, "pseudo-header fields in trailers"],
  ])("%s", (_what, kind, fields, expected) => {
    expect(sectionFault(kind, fields)).toBe(expected);
  });
});

describe("fields", () => {
  const faultOf = (name: string, value: string): string | undefined =>
    sectionFault("trailers", [[name, value]]);

  it("names: each byte, at the beginning and within", () => {
    const allowed = "!\"#$%&'()*+,-./0123456789;<=>?@[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    const taken = (of: (character: string) => string): string =>
      Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
        .filter((character) => faultOf(of(character), "") === undefined)
        .join("");
    expect(taken((character) => `${character}a`)).toBe(allowed);
    expect(taken((character) => `a${character}`)).toBe(allowed);
    expect(faultOf("", "")).toBe("a field's name that HTTP/2 does not allow");
  });

  it("values: a NUL or a line end anywhere, a blank at either end", () => {
    const bad = "a value of x-a that HTTP/2 does not allow";
    for (const character of ["\0", "\r", "\n"])
      for (const value of [character, `${character}b`, `a${character}`, `a${character}b`])
        expect(faultOf("x-a", value), JSON.stringify(value)).toBe(bad);
    for (const blank of [" ", "\t"]) {
      for (const value of [blank, `${blank}b`, `a${blank}`])
        expect(faultOf("x-a", value), JSON.stringify(value)).toBe(bad);
      expect(faultOf("x-a", `a${blank}b`)).toBeUndefined();
    }
    for (const value of ["", "\x7f", "\xff", "a,b:c"]) expect(faultOf("x-a", value)).toBeUndefined();
  });

  it("HTTP/1.1's management of connections, in every section", () => {
    const names = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    expect([...connectionSpecific]).toEqual(names);
    for (const name of names) {
      const expected = `${name}, which is HTTP/1.1's`;
      expect(sectionFault("request", [...request, [name, "x"]])).toBe(expected);
      expect(sectionFault("response", [...ok, [name, "x"]])).toBe(expected);
      expect(faultOf(name, "x")).toBe(expected);
    }
  });

  it("te, which may say trailers alone", () => {
    expect(sectionFault("request", [...request, ["te", "trailers"]])).toBeUndefined();
    for (const value of ["", "gzip", "trailers, gzip"])
      expect(sectionFault("request", [...request, ["te", value]])).toBe(
        "te with another value than trailers",
      );
    expect(sectionFault("request", [...request, ["x-te", "gzip"]])).toBeUndefined();
  });
});
