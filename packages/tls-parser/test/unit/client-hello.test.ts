import { concatBytes } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import {
  type ClientHello,
  type ClientHelloExtension,
  clientHelloExtension,
  decodeClientHello,
  encodeClientHello,
  TlsParseError,
  type TlsParseErrorCode,
} from "../../src/index.ts";

const front = concatBytes([
  Uint8Array.of(3, 3),
  new Uint8Array(32).fill(1),
  Uint8Array.of(0, 0, 2, 0x13, 0x01, 1, 0),
]);
const extension = (type: number, ...data: number[]): Uint8Array =>
  Uint8Array.of(type >> 8, type & 0xff, data.length >> 8, data.length & 0xff, ...data);
const helloWith = (...extensions: Uint8Array[]): Uint8Array => {
  const list = concatBytes(extensions);
  return concatBytes([front, Uint8Array.of(list.length >> 8, list.length & 0xff), list]);
};
const errorOf = (run: () => unknown): TlsParseError => {
  try {
    run();
  } catch (error) {
    if (error instanceof TlsParseError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const sni = (name: string, type = 0): number[] => [0, name.length + 3, type, 0, name.length, ...ascii(name)];

describe("decodeClientHello", () => {
  it("tells a hello without extensions from one with an empty list", () => {
    expect(decodeClientHello(front).extensions).toBeUndefined();
    expect(decodeClientHello(helloWith()).extensions).toEqual([]);
  });

  it("gives plain views of a Buffer's memory", () => {
    const body = Buffer.from(helloWith(extension(0x1234, 1, 2, 3)));
    const hello = decodeClientHello(body);
    expect(hello.random.constructor).toBe(Uint8Array);
    expect(hello.random.buffer).toBe(body.buffer);
    expect(clientHelloExtension(hello, "unknown")?.data).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each<[string, TlsParseErrorCode, string, number, Uint8Array]>([
    ["no byte", "truncated", "clientHello.legacyVersion", 0, new Uint8Array(0)],
    ["half a random", "truncated", "clientHello.random", 2, front.subarray(0, 20)],
    [
      "a session id of 33 bytes",
      "length-out-of-range",
      "clientHello.legacySessionId",
      34,
      concatBytes([front.subarray(0, 34), Uint8Array.of(33), new Uint8Array(60)]),
    ],
    [
      "no cipher suite",
      "length-out-of-range",
      "clientHello.cipherSuites",
      35,
      concatBytes([front.subarray(0, 35), Uint8Array.of(0, 0, 1, 0)]),
    ],
    [
      "half a cipher suite",
      "length-out-of-range",
      "clientHello.cipherSuites",
      37,
      concatBytes([front.subarray(0, 35), Uint8Array.of(0, 3, 1, 2, 3, 1, 0)]),
    ],
    [
      "no compression method",
      "length-out-of-range",
      "clientHello.legacyCompressionMethods",
      39,
      concatBytes([front.subarray(0, 39), Uint8Array.of(0)]),
    ],
    [
      "a byte behind the list",
      "trailing-bytes",
      "clientHello",
      43,
      concatBytes([helloWith(), Uint8Array.of(0)]),
    ],
    [
      "a list that is cut off",
      "truncated",
      "extensions",
      43,
      concatBytes([front, Uint8Array.of(0, 4, 0, 0)]),
    ],
    ["a type without a length", "truncated", "extension.extensionData", 45, helloWith(Uint8Array.of(0, 0))],
    [
      "the same extension twice",
      "duplicate-extension",
      "extensions",
      47,
      helloWith(extension(23), extension(23)),
    ],
    [
      "a key that is not the last",
      "misplaced-extension",
      "extensions",
      41,
      helloWith(
        extension(41, 0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32, ...new Array<number>(32).fill(5)),
        extension(23),
      ),
    ],
    ["a flag with a body", "trailing-bytes", "extensions", 47, helloWith(extension(23, 1))],
    [
      "an empty host name",
      "length-out-of-range",
      "serverName.hostName",
      50,
      helloWith(extension(0, ...sni(""))),
    ],
    [
      "a host name with a NUL",
      "illegal-value",
      "serverName.hostName",
      53,
      helloWith(extension(0, ...sni("a\0b"))),
    ],
    [
      "a host name beyond ASCII",
      "illegal-value",
      "serverName.hostName",
      52,
      helloWith(extension(0, ...sni("\u00e4.test"))),
    ],
    [
      "a name of an unknown type",
      "illegal-value",
      "serverName.nameType",
      50,
      helloWith(extension(0, ...sni("a", 1))),
    ],
    [
      "two host names",
      "trailing-bytes",
      "serverName.serverNameList",
      53,
      helloWith(extension(0, 0, 8, 0, 0, 1, 97, 0, 0, 1, 98)),
    ],
    [
      "an empty protocol name",
      "length-out-of-range",
      "alpn.protocolNameList",
      49,
      helloWith(extension(16, 0, 2, 0, 0)),
    ],
    ["no group", "length-out-of-range", "supportedGroups.namedGroupList", 47, helloWith(extension(10, 0, 0))],
    ["padding that says something", "illegal-value", "padding", 48, helloWith(extension(21, 0, 1, 0))],
    ["a limit below 64", "illegal-value", "recordSizeLimit.limit", 49, helloWith(extension(28, 0, 63))],
    [
      "a binder too few",
      "illegal-value",
      "preSharedKey.binders",
      98,
      helloWith(
        extension(
          41,
          ...[0, 14, 0, 1, 9, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0],
          ...[0, 33, 32, ...new Array<number>(32).fill(5)],
        ),
      ),
    ],
    [
      "an unknown form of encrypted hello",
      "illegal-value",
      "encryptedClientHello.type",
      48,
      helloWith(extension(0xfe0d, 2)),
    ],
    [
      "a status of an unknown type",
      "illegal-value",
      "statusRequest.statusType",
      48,
      helloWith(extension(5, 2, 0, 0, 0, 0)),
    ],
  ])("refuses %s with %s", (_, code, field, offset, body) => {
    const error = errorOf(() => decodeClientHello(body));
    expect({ code: error.code, field: error.field, offset: error.offset }).toEqual({ code, field, offset });
    expect(error.message).toContain(`${field} at byte ${offset}`);
  });

  it("keeps what is malformed when told to, and reads the rest", () => {
    const body = helloWith(extension(28, 0, 63), extension(16, 0, 3, 2, 104, 50), extension(23, 1));
    const { extensions } = decodeClientHello(body, { malformedExtensions: "keep" });
    expect(extensions?.map(({ kind }) => kind)).toEqual(["malformed", "alpn", "malformed"]);
    expect(extensions?.[0]).toMatchObject({
      type: 28,
      data: Uint8Array.of(0, 63),
      error: { code: "illegal-value" },
    });
    const hello = decodeClientHello(body, { malformedExtensions: "keep" });
    expect(encodeClientHello(hello)).toEqual(body);
    const twice = helloWith(extension(28, 0, 63), extension(28, 0, 63));
    expect(errorOf(() => decodeClientHello(twice, { malformedExtensions: "keep" })).code).toBe(
      "duplicate-extension",
    );
  });

  it("finds duplicates in long lists, too", () => {
    const many = Array.from({ length: 100 }, (_, index) => extension(0x4000 + index));
    expect(decodeClientHello(helloWith(...many)).extensions).toHaveLength(100);
    for (const again of [0, 31, 32, 33, 60, 99])
      expect(errorOf(() => decodeClientHello(helloWith(...many, extension(0x4000 + again)))).code).toBe(
        "duplicate-extension",
      );
  });

  it("tells GREASE from what it does not know", () => {
    const { extensions } = decodeClientHello(helloWith(extension(0xdada), extension(0xdadb)));
    expect(extensions?.map(({ kind }) => kind)).toEqual(["grease", "unknown"]);
  });

  it("reads numbers of QUIC of any length", () => {
    const body = helloWith(extension(57, 0x40, 0x01, 0x02, 7, 8, 0xc0, 0, 0, 0, 0, 0, 0, 5, 0));
    const hello = decodeClientHello(body);
    expect(clientHelloExtension(hello, "quicTransportParameters")?.parameters).toEqual([
      { id: 1n, value: Uint8Array.of(7, 8) },
      { id: 5n, value: new Uint8Array(0) },
    ]);
  });
});

describe("encodeClientHello", () => {
  const hello: ClientHello = decodeClientHello(helloWith());
  const encode = (changes: Partial<ClientHello>): TlsParseError =>
    errorOf(() => encodeClientHello({ ...hello, ...changes }));

  it.each<[string, Partial<ClientHello>]>([
    ["a version of 17 bits", { legacyVersion: 0x1_0000 }],
    ["a version that is no number", { legacyVersion: Number.NaN }],
    ["a random of 31 bytes", { random: new Uint8Array(31) }],
    ["a session id of 33 bytes", { legacySessionId: new Uint8Array(33) }],
    ["no cipher suite", { cipherSuites: [] }],
    ["a negative cipher suite", { cipherSuites: [-1] }],
    ["a compression method of 9 bits", { legacyCompressionMethods: [256] }],
  ])("refuses %s", (_, changes) => {
    expect(encode(changes).code).toBe("not-encodable");
  });

  it.each<[string, ClientHelloExtension[]]>([
    ["a host name with a space", [{ type: 0, kind: "serverName", hostName: "a b" }]],
    ["a protocol beyond bytes", [{ type: 16, kind: "alpn", protocols: ["\u0100"] }]],
    ["a protocol of 256 bytes", [{ type: 16, kind: "alpn", protocols: ["a".repeat(256)] }]],
    [
      "a list longer than its length can say",
      [{ type: 10, kind: "supportedGroups", groups: new Array<number>(32_768).fill(29) }],
    ],
    ["more padding than fits", [{ type: 21, kind: "padding", byteLength: 65_532 }]],
    ["a limit below 64", [{ type: 28, kind: "recordSizeLimit", limitBytes: 1 }]],
    [
      "the same type twice",
      [
        { type: 23, kind: "extendedMasterSecret" },
        { type: 23, kind: "extendedMasterSecret" },
      ],
    ],
    [
      "a number that QUIC cannot say",
      [
        {
          type: 57,
          kind: "quicTransportParameters",
          parameters: [{ id: 1n << 62n, value: new Uint8Array(0) }],
        },
      ],
    ],
    [
      "more keys than binders",
      [
        {
          type: 41,
          kind: "preSharedKey",
          identities: [{ identity: Uint8Array.of(1), obfuscatedTicketAge: 0 }],
          binders: [],
        },
      ],
    ],
  ])("refuses %s", (_, extensions) => {
    expect(encode({ extensions }).code).toBe("not-encodable");
  });

  it("writes numbers of QUIC in the shortest form there is", () => {
    const sizes = [
      [0n, 1],
      [63n, 1],
      [64n, 2],
      [(1n << 14n) - 1n, 2],
      [1n << 14n, 4],
      [(1n << 30n) - 1n, 4],
      [1n << 30n, 8],
      [(1n << 62n) - 1n, 8],
    ] as const;
    for (const [id, size] of sizes) {
      const parameters = [{ id, value: new Uint8Array(0) }];
      const quic: ClientHelloExtension = { type: 57, kind: "quicTransportParameters", parameters };
      const bytes = encodeClientHello({ ...hello, extensions: [quic] });
      expect(bytes.length - front.length).toBe(6 + size + 1);
      expect(clientHelloExtension(decodeClientHello(bytes), "quicTransportParameters")).toEqual(quic);
    }
  });

  it("refuses a key that is not the last", () => {
    const psk: ClientHelloExtension = {
      type: 41,
      kind: "preSharedKey",
      identities: [{ identity: Uint8Array.of(1), obfuscatedTicketAge: 0 }],
      binders: [new Uint8Array(32)],
    };
    const flag: ClientHelloExtension = { type: 23, kind: "extendedMasterSecret" };
    expect(encode({ extensions: [psk, flag] }).code).toBe("misplaced-extension");
    expect(() => encodeClientHello({ ...hello, extensions: [flag, psk] })).not.toThrow();
  });
});
