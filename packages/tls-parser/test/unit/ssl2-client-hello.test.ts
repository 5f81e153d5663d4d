import { describe, expect, it } from "vitest";
import {
  decodeSsl2ClientHello,
  detectProtocol,
  encodeSsl2ClientHello,
  type Ssl2ClientHello,
  ssl2RecordBytes,
} from "../../src/index.ts";

const hello: Ssl2ClientHello = {
  kind: "ssl2ClientHello",
  version: 0x0301,
  cipherSpecs: [0x010080, 0x00002f],
  sessionId: new Uint8Array(0),
  challenge: new Uint8Array(16).fill(4),
};
const bytes = encodeSsl2ClientHello(hello);
const changed = (at: number, value: number): Uint8Array => Uint8Array.from(bytes).fill(value, at, at + 1);

describe("the SSL 2.0 hello", () => {
  it("stands on the wire as it did in 1995", () => {
    expect([...bytes.subarray(0, 17)]).toEqual([
      0x80, 31, 1, 3, 1, 0, 6, 0, 0, 0, 16, 1, 0, 0x80, 0, 0, 0x2f,
    ]);
    expect(detectProtocol(bytes)).toEqual({ kind: "sslv2", version: 0x0301 });
    expect(ssl2RecordBytes(bytes)).toBe(33);
    expect(ssl2RecordBytes(Uint8Array.of(0xff, 0xfe))).toBe(2 + 0x7ffe);
    expect(decodeSsl2ClientHello(bytes)).toEqual(hello);
  });

  it("does not say how long it is before it has said so", () => {
    expect(ssl2RecordBytes(new Uint8Array(0))).toBeUndefined();
    expect(ssl2RecordBytes(Uint8Array.of(0x80))).toBeUndefined();
    expect(ssl2RecordBytes(Uint8Array.of(22, 3))).toBeUndefined();
  });

  it.each([
    ["another header", "illegal-value", changed(0, 0)],
    ["a byte too few", "truncated", bytes.subarray(0, bytes.length - 1)],
    ["a byte too many", "trailing-bytes", Uint8Array.of(...bytes, 0)],
    ["another message", "unexpected-message", changed(2, 4)],
    ["part of a cipher spec", "length-out-of-range", changed(6, 5)],
    ["no cipher spec", "length-out-of-range", changed(6, 0)],
    ["a session id of one byte", "length-out-of-range", changed(8, 1)],
    ["a challenge of 33 bytes", "length-out-of-range", changed(10, 33)],
    ["a challenge of 15 bytes", "length-out-of-range", changed(10, 15)],
    ["lengths that don't add up", "trailing-bytes", changed(6, 3)],
  ])("is refused with %s", (_, code, input) => {
    expect(() => decodeSsl2ClientHello(input)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it("is not made of what does not fit", () => {
    const refused: Partial<Ssl2ClientHello>[] = [
      { cipherSpecs: [] },
      { cipherSpecs: [0x100_0000] },
      { sessionId: new Uint8Array(8) },
      { challenge: new Uint8Array(33) },
      { cipherSpecs: new Array<number>(11_000).fill(1) },
    ];
    for (const changes of refused)
      expect(() => encodeSsl2ClientHello({ ...hello, ...changes })).toThrow("not-encodable");
  });
});
