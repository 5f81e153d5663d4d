import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { ContentType, RecordReader, recordLimits, TlsParseError, type TlsRecord } from "../../src/index.ts";

const record = (type: number, fragment: Uint8Array, version = 0x0303): Uint8Array =>
  concatBytes([
    Uint8Array.of(type, version >> 8, version & 0xff, fragment.length >> 8, fragment.length & 0xff),
    fragment,
  ]);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const seen = ({ type, legacyVersion, fragment, bytes, skipped }: TlsRecord): unknown => ({
  type,
  legacyVersion,
  fragment: [...fragment],
  bytes: [...bytes],
  skipped,
});

/** Everything that a reader says about chunks: the records, then the error that ended them. */
function observe(chunks: Iterable<Uint8Array>, reader = new RecordReader()): unknown[] {
  const events: unknown[] = [];
  try {
    for (const chunk of chunks) for (const item of reader.push(chunk)) events.push(seen(item));
  } catch (error) {
    if (!(error instanceof TlsParseError)) throw error;
    events.push({ code: error.code, offset: error.offset, field: error.field });
  }
  return events;
}

const stream = concatBytes([
  record(22, filled(7, 1), 0x0301),
  record(20, Uint8Array.of(1)),
  record(23, filled(0, 0)),
  record(23, filled(40, 2)),
  record(21, Uint8Array.of(2, 40)),
]);

describe("RecordReader", () => {
  it("finds the same records whole, byte by byte and cut at every point", () => {
    const whole = observe([stream]);
    expect(whole).toHaveLength(5);
    expect(observe(chunksOf(stream, 1))).toEqual(whole);
    for (const split of splitsOf(stream)) expect(observe(split)).toEqual(whole);
  });

  it("looks into the chunk itself when a record lies whole in it", () => {
    const [first] = new RecordReader().push(stream);
    expect(first?.fragment.buffer).toBe(stream.buffer);
    expect(first?.byteLength).toBe(12);
  });

  it("keeps the bytes of a record that was cut apart when the caller reuses its buffer", () => {
    const reader = new RecordReader();
    const buffer = record(22, filled(4, 9)).slice();
    expect([...reader.push(buffer.slice(0, 6))]).toEqual([]);
    const rest = buffer.slice(6);
    const [whole] = reader.push(rest);
    rest.fill(0);
    expect(whole?.fragment).toEqual(filled(4, 9));
  });

  it("counts what it handed out and what it still holds", () => {
    const reader = new RecordReader();
    const records = [...reader.push(stream.subarray(0, 15))];
    expect(records).toHaveLength(1);
    expect(reader.consumedBytes).toBe(12);
    expect(reader.pendingBytes).toBe(3);
    expect([...reader.push(stream.subarray(15))]).toHaveLength(4);
    expect(reader.consumedBytes).toBe(stream.length);
    expect(reader.pendingBytes).toBe(0);
  });

  it("goes on where an iteration was left", () => {
    const reader = new RecordReader();
    for (const first of reader.push(stream)) {
      expect(first.type).toBe(22);
      break;
    }
    expect(reader.consumedBytes).toBe(12);
    expect(reader.pendingBytes).toBe(stream.length - 12);
    expect([...reader.push(record(24, filled(3, 3)))].map(({ type }) => type)).toEqual([20, 23, 23, 21, 24]);
  });

  it("skips application data without keeping it, under any chunking", () => {
    for (const chunks of [[stream], chunksOf(stream, 1), chunksOf(stream, 9)]) {
      const reader = new RecordReader({ skipApplicationData: true });
      const records = chunks.flatMap((chunk) => [...reader.push(chunk)]);
      expect(records.map(({ type, length }) => [type, length])).toEqual([
        [22, 7],
        [20, 1],
        [23, 0],
        [23, 40],
        [21, 2],
      ]);
      expect(records[3]?.skipped).toBe(true);
      expect(records[3]?.fragment).toHaveLength(0);
      expect(records[3]?.bytes).toHaveLength(0);
      expect(records[0]?.skipped).toBe(false);
      expect(reader.consumedBytes).toBe(stream.length);
    }
  });

  it.each([
    ["unknown-content-type", Uint8Array.of(19, 3, 3, 0, 1, 0), 12],
    ["unknown-content-type", Uint8Array.of(25, 3, 3, 0, 1, 0), 12],
    ["unsupported-record-version", Uint8Array.of(22, 3, 5, 0, 1, 0), 13],
    ["unsupported-record-version", Uint8Array.of(22, 0xfe, 0xff, 0, 1, 0), 13],
    ["record-overflow", Uint8Array.of(23, 3, 3, 0x48, 0x01), 15],
    ["empty-record", Uint8Array.of(22, 3, 3, 0, 0), 15],
    ["empty-record", Uint8Array.of(21, 3, 3, 0, 0), 15],
  ] as const)("refuses with %s after the good records before it", (code, bad, offset) => {
    const bytes = concatBytes([stream.subarray(0, 12), bad]);
    const whole = observe([bytes]);
    expect(whole).toHaveLength(2);
    expect(whole[1]).toMatchObject({ code, offset });
    expect(observe(chunksOf(bytes, 1))).toEqual(whole);
    for (const split of splitsOf(bytes)) expect(observe(split)).toEqual(whole);
  });

  it("stays refused", () => {
    const reader = new RecordReader();
    expect(() => [...reader.push(Uint8Array.of(0, 0, 0, 0, 0))]).toThrow(TlsParseError);
    expect(() => [...reader.push(stream)]).toThrow("unknown-content-type");
    expect(() => [...reader.push(stream.subarray(0, 1))]).toThrow("unknown-content-type");
  });

  it("takes the largest record that each limit allows and not a byte more", () => {
    for (const limit of Object.values(recordLimits)) {
      const options = { maxFragmentBytes: limit };
      const largest = record(ContentType.applicationData, filled(limit, 5));
      const [read] = new RecordReader(options).push(largest);
      expect(read?.length).toBe(limit);
      const larger = record(ContentType.applicationData, filled(limit + 1, 5));
      expect(() => [...new RecordReader(options).push(larger)]).toThrow("record-overflow");
    }
  });
});
