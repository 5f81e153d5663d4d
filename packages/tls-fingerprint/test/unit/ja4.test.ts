import { describe, expect, it } from "vitest";
import { ja4, ja4o, ja4r, ja4ro, lastingJa4 } from "../../src/index.ts";
import { helloOf } from "../support/hello.ts";

const firstPart = (hello: Parameters<typeof helloOf>[0]): string => ja4(helloOf(hello)).split("_")[0] ?? "";

describe("the first part of a JA4", () => {
  it.each([
    [0x0304, "t13"],
    [0x0303, "t12"],
    [0x0302, "t11"],
    [0x0301, "t10"],
    [0x0300, "ts3"],
    [0x0002, "ts2"],
    [0x0305, "t00"],
    [0x7f1c, "t00"],
  ])("names version %i of a hello without supported_versions %s", (legacyVersion, start) => {
    expect(firstPart({ legacyVersion, cipherSuites: [47] })).toBe(`${start}i010000`);
  });

  it("takes the highest of supported_versions, wherever it stands", () => {
    const versions = (list: number[]): string =>
      firstPart({ legacyVersion: 0x0303, cipherSuites: [47], extensions: [43], versions: list });
    expect(versions([0x0301, 0x0304, 0x0303])).toBe("t13i010100");
    expect(versions([0x0302, 0x0301])).toBe("t11i010100");
    expect(versions([0xfafa, 0x0303])).toBe("t12i010100");
    expect(versions([0xfafa])).toBe("t00i010100");
  });

  it("tells whether a server name is there, readable or not", () => {
    expect(firstPart({ cipherSuites: [47], extensions: [0] })).toBe("t12d010100");
    expect(firstPart({ cipherSuites: [47], extensions: [23] })).toBe("t12i010100");
    const hello = helloOf({ cipherSuites: [47], extensions: [23] });
    const nameless = { type: 0, kind: "unknown", data: new Uint8Array(0) } as const;
    expect(ja4({ ...hello, extensions: [nameless] })).toMatch(/^t12d0101/);
  });

  it("counts to 99, without GREASE", () => {
    const many = (count: number): number[] => Array.from({ length: count }, (_, at) => 0x2000 + at);
    const start = (count: number): string =>
      firstPart({ cipherSuites: [0x0a0a, ...many(count)], extensions: [0x1a1a, ...many(count)] });
    expect(start(7)).toBe("t12i070700");
    expect(start(99)).toBe("t12i999900");
    expect(start(150)).toBe("t12i999900");
  });

  it.each([
    ["h2", "h2"],
    ["http/1.1", "h1"],
    ["http/1.0", "h0"],
    ["x", "xx"],
    ["h-2", "h2"],
    ["a\n9", "a9"],
    ["\xab", "ab"],
    ["\xab\xcd", "ad"],
    ["\x30\xab", "3b"],
    ["\x30\x31\xab\xcd", "3d"],
    ["\x30\xab\xcd\x31", "01"],
    ["h2\n", "6a"],
    ["\x0a\x0a", "0a"],
  ])("shows the ends of the ALPN protocol %j as %s", (protocol, ends) => {
    expect(firstPart({ cipherSuites: [47], extensions: [16], alpn: [protocol, "zz"] })).toBe(
      `t12i0101${ends}`,
    );
  });
});

describe("the hashed parts of a JA4", () => {
  it("are zeros for an empty list", () => {
    expect(ja4(helloOf({ cipherSuites: [0xdada] }))).toBe("t12i000000_000000000000_000000000000");
    expect(ja4r(helloOf({ cipherSuites: [0xdada] }))).toBe("t12i000000__");
  });

  it("leave server name and ALPN out of the sorted form only", () => {
    const hello = helloOf({
      cipherSuites: [53, 47],
      extensions: [16, 13, 0],
      schemes: [0x0804, 0x2a2a, 0x0403],
    });
    expect(ja4r(hello)).toBe("t12d0203h2_002f,0035_000d_0804,0403");
    expect(ja4ro(hello)).toBe("t12d0203h2_0035,002f_0010,000d,0000_0804,0403");
  });

  it("are zeros in the sorted form, but not in the original one, for server name and ALPN alone", () => {
    const hello = helloOf({ cipherSuites: [47], extensions: [0, 16] });
    expect(ja4(hello)).toMatch(/_000000000000$/);
    expect(ja4o(hello)).not.toMatch(/_000000000000$/);
  });
});

describe("the lasting JA4", () => {
  it("is the same for a client's first connection and for those that resume it", () => {
    const first = { cipherSuites: [0x1301, 47], extensions: [0, 13, 16], schemes: [0x0403], alpn: ["h2"] };
    const resumed = { ...first, extensions: [...first.extensions, 0x15, 0x2a, 0x2c, 0x29] };
    expect(ja4(helloOf(resumed))).not.toBe(ja4(helloOf(first)));
    expect(lastingJa4(helloOf(resumed))).toBe(lastingJa4(helloOf(first)));
    expect(lastingJa4(helloOf(first))).toBe(ja4(helloOf(first)));
  });

  it("tells clients apart whose hellos differ otherwise", () => {
    const one = helloOf({ cipherSuites: [47], extensions: [13], schemes: [0x0403] });
    const other = helloOf({ cipherSuites: [47], extensions: [13], schemes: [0x0804] });
    expect(lastingJa4(one)).not.toBe(lastingJa4(other));
  });

  it("is there for a hello without extensions", () => {
    expect(lastingJa4(helloOf({ cipherSuites: [47] }))).toBe(ja4(helloOf({ cipherSuites: [47] })));
  });
});
