// The worked examples of the two specifications: facts that every implementation must reproduce.
import { describe, expect, it } from "vitest";
import { ja3, ja3Full, ja4, ja4o, ja4r, ja4ro } from "../../src/index.ts";
import { helloOf } from "../support/hello.ts";

const list = (text: string): number[] => text.split(",").map((word) => Number.parseInt(word, 16));

describe("JA3's own examples", () => {
  it("hashes version, suites, extensions, groups and point formats", () => {
    const hello = helloOf({
      legacyVersion: 769,
      cipherSuites: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
      extensions: [0, 10, 11],
      groups: [23, 24, 25],
      formats: [0],
    });
    expect(ja3Full(hello)).toBe("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
    expect(ja3(hello)).toBe("ada70206e40642a3e4461f35503241d5");
  });

  it("leaves the last three fields empty where there is no extension", () => {
    const hello = helloOf({ legacyVersion: 769, cipherSuites: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
    expect(ja3Full(hello)).toBe("769,4-5-10-9-100-98-3-6-19-18-99,,,");
    expect(ja3(hello)).toBe("de350869b8c85de67a350c8d186f11e6");
  });
});

describe("JA4's own example", () => {
  const suites = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035";
  const extensions = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015";
  const schemes = "0403,0804,0401,0503,0805,0501,0806,0601";
  const hello = helloOf({
    cipherSuites: list(`3a3a,${suites}`),
    extensions: list(`baba,${extensions},eaea`),
    schemes: list(schemes),
    versions: [0x6a6a, 0x0304, 0x0303],
  });
  const sortedSuites = "002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9";
  const sortedExtensions = "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01";

  it("is the fingerprint of that hello, with GREASE in it", () => {
    expect(ja4(hello)).toBe("t13d1516h2_8daaf6152771_e5627efa2ab1");
    expect(ja4o(hello)).toBe("t13d1516h2_acb858a92679_18f69afefd3d");
  });

  it("is shown raw in either order", () => {
    expect(ja4r(hello)).toBe(`t13d1516h2_${sortedSuites}_${sortedExtensions}_${schemes}`);
    expect(ja4ro(hello)).toBe(`t13d1516h2_${suites}_${extensions}_${schemes}`);
  });

  it("ends without an underscore where there are no signature algorithms", () => {
    const unread = { type: 13, kind: "unknown", data: new Uint8Array(0) } as const;
    const extensions = hello.extensions?.map((extension) => (extension.type === 13 ? unread : extension));
    expect(ja4({ ...hello, extensions })).toBe("t13d1516h2_8daaf6152771_6d807ffa2a79");
  });
});
