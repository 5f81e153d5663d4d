import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { type HandshakeFrame, HandshakeReader, handshakeLimits, TlsParseError } from "../../src/index.ts";

const message = (type: number, length: number): Uint8Array =>
  concatBytes([
    Uint8Array.of(type, length >> 16, (length >> 8) & 0xff, length & 0xff),
    new Uint8Array(length).fill(type),
  ]);
const seen = ({ type, length, body, bytes }: HandshakeFrame): unknown => ({
  type,
  length,
  body: [...body],
  bytes: [...bytes],
});
const observe = (fragments: Iterable<Uint8Array>): unknown[] => {
  const reader = new HandshakeReader();
  return [...fragments].flatMap((fragment) => [...reader.push(fragment)].map(seen));
};

describe("HandshakeReader", () => {
  it("takes many messages from one fragment and one message from many", () => {
    const stream = concatBytes([message(2, 70), message(14, 0), message(11, 30), message(20, 12)]);
    const whole = observe([stream]);
    expect(whole).toHaveLength(4);
    expect(observe(chunksOf(stream, 1))).toEqual(whole);
    for (const split of splitsOf(stream)) expect(observe(split)).toEqual(whole);
  });

  it("grows with what came, up to a message at the limit", () => {
    const stream = concatBytes([message(11, handshakeLimits.messageBytes), message(14, 0)]);
    for (const size of [1000, 16_384, stream.length]) {
      const reader = new HandshakeReader();
      const frames = [...chunksOf(stream, size)].flatMap((fragment) => [...reader.push(fragment)]);
      expect(frames.map(({ length }) => length)).toEqual([handshakeLimits.messageBytes, 0]);
      expect(frames[0]?.body.every((byte) => byte === 11)).toBe(true);
      expect(reader.pendingBytes).toBe(0);
      expect(reader.consumedBytes).toBe(stream.length);
    }
  });

  it("refuses a message over the limit by its header alone, after the messages before it", () => {
    const good = message(14, 0);
    const bad = Uint8Array.of(1, 2, 0, 1);
    for (const fragments of [
      [concatBytes([good, bad])],
      [good, bad],
      chunksOf(concatBytes([good, bad]), 1),
    ]) {
      const reader = new HandshakeReader();
      const types: number[] = [];
      const run = (): void => {
        for (const fragment of fragments) for (const { type } of reader.push(fragment)) types.push(type);
      };
      expect(run).toThrow(
        expect.objectContaining({ code: "handshake-overflow", offset: 5 }) as TlsParseError,
      );
      expect(types).toEqual([14]);
      expect(() => [...reader.push(good)]).toThrow(TlsParseError);
    }
  });

  it("says how much of a message is there", () => {
    const reader = new HandshakeReader();
    expect([...reader.push(message(1, 100).subarray(0, 50))]).toEqual([]);
    expect(reader.pendingBytes).toBe(50);
  });
});
