import { describe, expect, it } from "vitest";
import {
  decodeHandshake,
  encodeHandshake,
  type Handshake,
  HandshakeType,
  handshakeTypeName,
  type TlsParseErrorCode,
} from "../../src/index.ts";

const decode = (type: number, body: readonly number[], version = 0x0303, cipherSuite?: number): Handshake =>
  decodeHandshake(
    { type, body: Uint8Array.from(body) },
    cipherSuite === undefined ? { version } : { version, cipherSuite },
  );

describe("decodeHandshake", () => {
  it.each<[string, TlsParseErrorCode, number, number[], number?, number?]>([
    ["a HelloRequest with a body", "trailing-bytes", 0, [1]],
    ["a ServerHelloDone with a body", "trailing-bytes", 14, [0]],
    ["an EndOfEarlyData with a body", "trailing-bytes", 5, [0], 0x0304],
    ["a short Finished", "truncated", 20, new Array<number>(11).fill(0)],
    ["a KeyUpdate that asks for neither", "illegal-value", 24, [2], 0x0304],
    ["an empty KeyUpdate", "truncated", 24, [], 0x0304],
    ["an empty certificate", "length-out-of-range", 11, [0, 0, 3, 0, 0, 0]],
    ["a certificate list that is cut off", "truncated", 11, [0, 0, 5, 0, 0, 1, 1]],
    ["a certificate without its extensions in TLS 1.3", "truncated", 11, [0, 0, 0, 4, 0, 0, 1, 1], 0x0304],
    ["a curve without a name", "illegal-value", 12, [1, 0, 23, 1, 4], 0x0303, 0xc02f],
    ["a status of an unknown type", "illegal-value", 22, [3, 0, 0, 1, 1]],
    [
      "a URL without its fixed byte",
      "illegal-value",
      21,
      [0, 0, 24, 0, 1, 97, 0, ...new Array<number>(20).fill(1)],
    ],
    ["no certificate type", "length-out-of-range", 13, [0, 0, 0]],
    ["supplemental data without data", "length-out-of-range", 23, [0, 0, 0]],
    ["an empty compressed certificate", "length-out-of-range", 25, [0, 2, 0, 0, 9, 0, 0, 0], 0x0304],
    [
      "a ticket of TLS 1.3 without a ticket",
      "length-out-of-range",
      4,
      [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0],
      0x0304,
    ],
  ])("refuses %s", (_, code, type, body, version, cipherSuite) => {
    expect(() => decode(type, body, version, cipherSuite)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  it("reads the same bytes by the version that was negotiated", () => {
    const ticket = [0, 0, 1, 0, 0, 2, 7, 7];
    expect(decode(4, ticket)).toMatchObject({ form: "tls12", lifetimeHintSeconds: 256 });
    const newer = [0, 0, 1, 0, 0, 0, 0, 9, 1, 5, 0, 1, 7, 0, 0];
    expect(decode(4, newer, 0x0304)).toMatchObject({ form: "tls13", ageAdd: 9, extensions: [] });
    expect(decode(4, newer, 0x7f1c)).toMatchObject({ form: "tls13" });
    expect(decode(15, [8, 4, 0, 1, 5])).toMatchObject({ algorithm: 0x0804 });
    expect(decode(15, [0, 1, 5], 0x0302)).toMatchObject({ algorithm: undefined });
  });

  it("leaves key exchanges opaque without a suite", () => {
    expect(decode(12, [3, 0, 23])).toMatchObject({ form: "opaque" });
    expect(decode(16, [1, 4])).toMatchObject({ form: "opaque" });
    expect(decode(16, [], 0x0303, 0x0030)).toMatchObject({ form: "opaque", data: new Uint8Array(0) });
  });

  it("keeps messages that it does not know", () => {
    expect(decode(67, [1, 2])).toEqual({ kind: "unknown", type: 67, data: Uint8Array.of(1, 2) });
    expect(encodeHandshake({ kind: "unknown", type: 67, data: Uint8Array.of(1, 2) })).toEqual(
      Uint8Array.of(67, 0, 0, 2, 1, 2),
    );
  });
});

describe("encodeHandshake", () => {
  it.each<[string, Handshake]>([
    ["a short Finished", { kind: "finished", verifyData: new Uint8Array(11) }],
    [
      "two responses where one belongs",
      { kind: "certificateStatus", statusType: 1, ocspResponses: [Uint8Array.of(1), Uint8Array.of(1)] },
    ],
    ["an empty certificate", { kind: "certificate", form: "tls12", certificates: [new Uint8Array(0)] }],
    [
      "a lifetime of 33 bits",
      { kind: "newSessionTicket", form: "tls12", lifetimeHintSeconds: 2 ** 32, ticket: new Uint8Array(0) },
    ],
    [
      "a hash of 19 bytes",
      {
        kind: "certificateUrl",
        chainType: 0,
        urlAndHashList: [{ url: Uint8Array.of(1), sha1Hash: new Uint8Array(19) }],
      },
    ],
    ["a type of 9 bits", { kind: "unknown", type: 256, data: new Uint8Array(0) }],
    ["a body longer than its length can say", { kind: "messageHash", hash: new Uint8Array(2 ** 24) }],
  ])("refuses %s", (_, message) => {
    expect(() => encodeHandshake(message)).toThrow("not-encodable");
  });

  it("sends a HelloRetryRequest as a ServerHello", () => {
    const bytes = encodeHandshake({
      kind: "helloRetryRequest",
      legacyVersion: 0x0303,
      legacySessionIdEcho: new Uint8Array(0),
      cipherSuite: 0x1301,
      legacyCompressionMethod: 0,
      extensions: [],
    });
    expect(bytes[0]).toBe(HandshakeType.serverHello);
  });
});

describe("handshakeTypeName", () => {
  it("names every type and no other number", () => {
    for (const [name, type] of Object.entries(HandshakeType)) expect(handshakeTypeName(type)).toBe(name);
    expect(handshakeTypeName(99)).toBeUndefined();
  });
});
