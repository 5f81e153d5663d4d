import { describe, expect, it } from "vitest";
import { RecordMeter } from "../../src/lane/record-meter.ts";

/** A record header, and so much of the content. */
const record = (length: number, said: number = length): Uint8Array => {
  const bytes = new Uint8Array(5 + said);
  bytes.set([23, 3, 3, length >> 8, length & 255]);
  return bytes;
};
const metered = (...chunks: readonly Uint8Array[]): RecordMeter => {
  const meter = new RecordMeter();
  for (const chunk of chunks) meter.push(chunk);
  return meter;
};

describe("what is sure to follow", () => {
  it("is the rest of a TLS record, wherever it was cut", () => {
    const bytes = record(300);
    for (let at = 5; at <= bytes.length; at++)
      expect(metered(bytes.subarray(0, 3), bytes.subarray(3, at)).sureBytes).toBe(bytes.length - at);
  });

  it("is at least one byte behind a header that has begun", () => {
    expect(metered(record(300), record(9).subarray(0, 2)).sureBytes).toBeGreaterThan(0);
  });

  it("is nothing between two records, and more is likely behind a full one", () => {
    expect(metered(record(300), record(16_384))).toMatchObject({ sureBytes: 0, isFull: true });
    expect(metered(record(16_384), record(300))).toMatchObject({ sureBytes: 0, isFull: false });
  });

  it.each([20, 21, 22, 23, 24])(
    "is known of a record of the type %i (RFC 8446 section 5.1, RFC 6520)",
    (type) => {
      expect(metered(Uint8Array.of(type, 3, 3, 1, 0, 1)).sureBytes).toBe(255);
    },
  );

  it("is known of the longest record of TLS 1.2, and not of one byte more", () => {
    expect(metered(record(18_432, 1)).sureBytes).toBe(18_431);
    expect(metered(record(18_433, 1)).sureBytes).toBe(0);
  });

  it.each([
    ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n")],
    ["one byte of it", new TextEncoder().encode("G")],
    ["a type that is none", Uint8Array.of(19, 3, 3, 1, 0, 1)],
    ["another type that is none", Uint8Array.of(25, 3, 3, 1, 0, 1)],
    ["a version that is none", Uint8Array.of(22, 2, 3, 1, 0, 1)],
    ["a record that is too long", Uint8Array.of(23, 3, 3, 0x50, 0, 1)],
  ])("is nothing in %s, and never again", (_, bytes) => {
    expect(metered(bytes).sureBytes).toBe(0);
    expect(metered(bytes, record(300, 10))).toMatchObject({ sureBytes: 0, isFull: false });
  });
});
