import { createHash } from "node:crypto";
import { decodeServerHello, encodeServerHello, type ServerHello } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { ja3Full, ja3s, ja3sFull } from "../../src/index.ts";
import { helloOf } from "../support/hello.ts";

describe("JA3", () => {
  it("leaves GREASE out of suites, extensions and groups", () => {
    const hello = helloOf({
      cipherSuites: [0x0a0a, 0x1301, 0xfafa, 0x00ff],
      extensions: [0x3a3a, 10, 11, 43, 0x8a8a],
      groups: [0xcaca, 29, 23],
      formats: [0, 1, 2],
    });
    expect(ja3Full(hello)).toBe("771,4865-255,10-11-43,29-23,0-1-2");
  });

  it("takes the version that the hello claims, not the one that it supports", () => {
    const parts = { cipherSuites: [47], extensions: [43], versions: [0x0304] };
    expect(ja3Full(helloOf(parts))).toBe("771,47,43,,");
    expect(ja3Full(helloOf({ ...parts, legacyVersion: 0x0301 }))).toBe("769,47,43,,");
  });
});

describe("JA3S", () => {
  const hello: ServerHello = {
    kind: "serverHello",
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: 0xc02f,
    legacyCompressionMethod: 0,
    extensions: [
      { type: 0xff01, kind: "renegotiationInfo", renegotiatedConnection: new Uint8Array(0) },
      { type: 0, kind: "serverName" },
      { type: 23, kind: "extendedMasterSecret" },
    ],
  };

  it("hashes version, suite and extensions in the order sent", () => {
    const read = decodeServerHello(encodeServerHello(hello));
    expect(ja3sFull(read)).toBe("771,49199,65281-0-23");
    expect(ja3s(read)).toBe(createHash("md5").update("771,49199,65281-0-23").digest("hex"));
  });

  it("ends with a comma where there is no extension", () => {
    const { extensions: _, ...rest } = hello;
    expect(ja3sFull({ ...rest, extensions: undefined })).toBe("771,49199,");
  });

  it("takes a HelloRetryRequest for the ServerHello that it is on the wire", () => {
    const retry = {
      kind: "helloRetryRequest",
      legacyVersion: 0x0303,
      legacySessionIdEcho: new Uint8Array(0),
      cipherSuite: 0x1301,
      legacyCompressionMethod: 0,
      extensions: [
        { type: 51, kind: "keyShare", selectedGroup: 23 },
        { type: 43, kind: "supportedVersions", selectedVersion: 0x0304 },
      ],
    } as const;
    expect(ja3sFull(decodeServerHello(encodeServerHello(retry)))).toBe("771,4865,51-43");
  });
});
