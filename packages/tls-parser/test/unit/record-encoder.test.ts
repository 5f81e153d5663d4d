import { describe, expect, it } from "vitest";
import { encodeRecord, encodeRecords, RecordReader } from "../../src/index.ts";

const parts = { type: 22, legacyVersion: 0x0301, fragment: Uint8Array.of(1, 2, 3, 4, 5) };

describe("encodeRecord", () => {
  it("puts a header in front", () => {
    expect([...encodeRecord(parts)]).toEqual([22, 3, 1, 0, 5, 1, 2, 3, 4, 5]);
  });

  it("makes records that no reader takes, for that is what tests need", () => {
    const oversized = encodeRecord({ ...parts, fragment: new Uint8Array(0xffff) });
    expect(() => [...new RecordReader().push(oversized)]).toThrow("record-overflow");
    expect(() => [...new RecordReader().push(encodeRecord({ ...parts, type: 99 }))]).toThrow(
      "unknown-content-type",
    );
  });

  it("refuses what a header cannot say", () => {
    const refused = [
      [{ type: 256 }, "record.type", 0],
      [{ legacyVersion: -1 }, "record.legacyVersion", 1],
      [{ legacyVersion: 0x1_0000 }, "record.legacyVersion", 1],
      [{ fragment: new Uint8Array(0x1_0000) }, "record.length", 3],
    ] as const;
    for (const [changes, field, offset] of refused)
      expect(() => encodeRecord({ ...parts, ...changes })).toThrow(
        expect.objectContaining({ code: "not-encodable", field, offset }) as Error,
      );
  });
});

describe("encodeRecords", () => {
  it("cuts where it is told to", () => {
    expect([...encodeRecords(parts, { maxFragmentBytes: 2 })]).toEqual([
      ...[22, 3, 1, 0, 2, 1, 2],
      ...[22, 3, 1, 0, 2, 3, 4],
      ...[22, 3, 1, 0, 1, 5],
    ]);
    expect([...encodeRecords(parts, { maxFragmentBytes: 5 })]).toEqual([...encodeRecord(parts)]);
  });

  it("cuts at 16 KiB unless told otherwise", () => {
    const bytes = encodeRecords({ ...parts, type: 23, fragment: new Uint8Array(40_000) });
    expect([...new RecordReader().push(bytes)].map(({ length }) => length)).toEqual([16_384, 16_384, 7232]);
  });

  it("makes one record of nothing, where a record may be empty", () => {
    const nothing = new Uint8Array(0);
    expect([...encodeRecords({ ...parts, type: 23, fragment: nothing })]).toEqual([23, 3, 1, 0, 0]);
    expect(() => encodeRecords({ ...parts, fragment: nothing })).toThrow("not-encodable");
  });

  it.each([0, -1, 1.5, 65_536])("refuses records of %d bytes", (maxFragmentBytes) => {
    expect(() => encodeRecords(parts, { maxFragmentBytes })).toThrow("not-encodable");
  });
});
