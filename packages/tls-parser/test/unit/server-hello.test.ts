import { describe, expect, it } from "vitest";
import {
  decodeDraftHelloRetryRequest,
  decodeHandshake,
  decodeServerHello,
  downgradeSignalOf,
  encodeHandshake,
  encodeServerHello,
  type ServerHello,
  selectedAlpnOf,
  selectedVersionOf,
  TlsParseError,
} from "../../src/index.ts";

const hello: ServerHello = {
  kind: "serverHello",
  legacyVersion: 0x0303,
  random: new Uint8Array(32).fill(3),
  legacySessionIdEcho: new Uint8Array(0),
  cipherSuite: 0xc02f,
  legacyCompressionMethod: 0,
  extensions: undefined,
};
const endingIn = (...end: number[]): ServerHello => {
  const random = new Uint8Array(32);
  random.set(end, 32 - end.length);
  return { ...hello, random };
};
/** What RFC 8446 section 4.1.3 makes a HelloRetryRequest of: the hash of its own name. */
const retryRandom = Uint8Array.from(
  Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex"),
);

describe("a ServerHello of a draft before 22", () => {
  // legacy_version is the draft's own number there; session id and compression method came back with draft 22.
  const bytes = Uint8Array.of(0x7f, 0x12, ...new Uint8Array(32).fill(9), 0x13, 0x01, 0, 4, 0xab, 0xcd, 0, 0);

  it.each([0x7f12, 0x7f15, 0x7a12, 0xfb14])("is read without session id and compression: %i", (version) => {
    const changed = Uint8Array.of(version >> 8, version & 0xff, ...bytes.subarray(2));
    const read = decodeServerHello(changed);
    expect(read).toMatchObject({
      kind: "serverHello",
      legacyVersion: version,
      cipherSuite: 0x1301,
      legacySessionIdEcho: new Uint8Array(0),
      extensions: [{ type: 0xabcd }],
    });
    expect(selectedVersionOf(read)).toBe(version);
    expect(encodeServerHello(read)).toEqual(changed);
  });

  it("can't be written with what it has no room for", () => {
    const draft = { ...hello, legacyVersion: 0x7f12 };
    expect(() => encodeServerHello({ ...draft, legacySessionIdEcho: Uint8Array.of(1) })).toThrow(
      TlsParseError,
    );
    expect(() => encodeServerHello({ ...draft, legacyCompressionMethod: 1 })).toThrow(TlsParseError);
  });
});

describe("a HelloRetryRequest of a draft before 22", () => {
  const share = [0, 40, 0, 2, 0, 29];
  it.each([
    ["without a suite", Uint8Array.of(0x7f, 0x12, 0, 6, ...share), 0],
    ["with a suite since draft 19", Uint8Array.of(0x7f, 0x15, 0x13, 0x02, 0, 6, ...share), 0x1302],
    ["of Facebook's numbering", Uint8Array.of(0xfb, 0x14, 0x13, 0x02, 0, 6, ...share), 0x1302],
    ["of an experiment", Uint8Array.of(0x7e, 0x01, 0, 6, ...share), 0],
  ])("is a message of its own, %s", (_, body, cipherSuite) => {
    const read = decodeHandshake({ type: 6, body }, { version: 0x0303 });
    expect(read).toMatchObject({ kind: "helloRetryRequest", cipherSuite, extensions: [{ type: 40 }] });
    expect(encodeHandshake(read)).toEqual(Uint8Array.of(6, 0, 0, body.length, ...body));
    expect(decodeDraftHelloRetryRequest(body)).toEqual(read);
  });

  it("stays unknown with the number of no draft", () => {
    const body = Uint8Array.of(3, 3, 0, 0);
    expect(decodeHandshake({ type: 6, body }, { version: 0x0303 })).toMatchObject({
      kind: "unknown",
      type: 6,
    });
    expect(decodeDraftHelloRetryRequest(body)).toBeUndefined();
  });
});

describe("decodeServerHello", () => {
  it("tells a HelloRetryRequest by its random, all of it", () => {
    const bytes = encodeServerHello({ ...hello, extensions: [] });
    bytes.set(retryRandom, 2);
    expect(decodeServerHello(bytes)).toMatchObject({ kind: "helloRetryRequest", cipherSuite: 0xc02f });
    for (let at = 0; at < 32; at++) {
      const other = Uint8Array.from(bytes);
      other[2 + at]! ^= 1;
      expect(decodeServerHello(other).kind).toBe("serverHello");
    }
  });

  it("reads key shares by the kind of hello that carries them", () => {
    const share = { group: 29, keyExchange: new Uint8Array(32).fill(1) };
    const full = encodeServerHello({
      ...hello,
      extensions: [{ type: 51, kind: "keyShare", serverShare: share }],
    });
    expect(decodeServerHello(full)).toMatchObject({ extensions: [{ serverShare: share }] });
    const { random: _, ...fields } = hello;
    const retry = encodeServerHello({
      ...fields,
      kind: "helloRetryRequest",
      extensions: [{ type: 51, kind: "keyShare", selectedGroup: 29 }],
    });
    expect(decodeServerHello(retry)).toMatchObject({ extensions: [{ selectedGroup: 29 }] });
  });

  it("keeps what belongs to other messages as it is", () => {
    const cookie = { type: 44, kind: "unknown", data: Uint8Array.of(0, 1, 7) } as const;
    expect(decodeServerHello(encodeServerHello({ ...hello, extensions: [cookie] }))).toMatchObject({
      extensions: [cookie],
    });
  });

  it("refuses two protocols where a server selects one", () => {
    const bytes = encodeServerHello({
      ...hello,
      extensions: [{ type: 16, kind: "unknown", data: Uint8Array.of(0, 6, 2, 104, 50, 2, 104, 51) }],
    });
    expect(() => decodeServerHello(bytes)).toThrow(
      expect.objectContaining({ code: "illegal-value" }) as Error,
    );
  });

  it("refuses what stands behind the hello, and a hello that ends too early", () => {
    const bytes = encodeServerHello({ ...hello, extensions: [] });
    expect(() => decodeServerHello(Uint8Array.of(...bytes, 0))).toThrow("trailing-bytes");
    for (let length = 0; length < bytes.length; length++)
      if (length !== bytes.length - 2)
        expect(() => decodeServerHello(bytes.subarray(0, length))).toThrow(TlsParseError);
  });
});

describe("encodeServerHello", () => {
  it("refuses a ServerHello that would be read as a HelloRetryRequest", () => {
    expect(() => encodeServerHello({ ...hello, random: retryRandom })).toThrow("not-encodable");
  });
});

describe("what a ServerHello says", () => {
  it("selects a version by extension, or by the old field", () => {
    expect(selectedVersionOf(hello)).toBe(0x0303);
    const tls13 = { type: 43, kind: "supportedVersions", selectedVersion: 0x0304 } as const;
    expect(selectedVersionOf({ ...hello, extensions: [tls13] })).toBe(0x0304);
  });

  it("selects a protocol, or none", () => {
    expect(selectedAlpnOf(hello)).toBeUndefined();
    const alpn = { type: 16, kind: "alpn", protocols: ["h2"] } as const;
    expect(selectedAlpnOf({ ...hello, extensions: [alpn] })).toBe("h2");
  });

  it("says that the server could have done better", () => {
    const downgrade = [...Buffer.from("DOWNGRD")];
    expect(downgradeSignalOf(endingIn(...downgrade, 1))).toBe("tls12");
    expect(downgradeSignalOf(endingIn(...downgrade, 0))).toBe("tls11");
    expect(downgradeSignalOf(endingIn(...downgrade, 2))).toBeUndefined();
    expect(downgradeSignalOf(endingIn(...downgrade, 1, 1))).toBeUndefined();
    expect(downgradeSignalOf(hello)).toBeUndefined();
  });
});
