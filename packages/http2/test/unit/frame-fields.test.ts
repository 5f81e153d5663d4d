/** What each field of a frame holds: its least and its most are written and read, one beyond is refused. */
import {
  FrameFlag,
  FrameReader,
  FrameType,
  type Http2ErrorCode,
  readContent,
  readGoaway,
  readSettings,
  readUint31,
  readUint32,
  writeData,
  writeFrame,
  writeGoaway,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const refusal = (code: Http2ErrorCode, message: string): unknown =>
  expect.objectContaining({ name: "Http2Error", code, message });
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** Where the field stands in the frame, as hex digits before and behind it, and what an error calls it. */
interface Field {
  readonly what: string;
  readonly write: (value: number) => Uint8Array;
  readonly most: number;
  readonly before: string;
  readonly digits: number;
  readonly behind: string;
  readonly called: string;
}

const fields: readonly Field[] = [
  {
    what: "a declared length",
    write: (declaredBytes) => writeFrame({ type: 0, declaredBytes }),
    ...{ most: 16_777_215, before: "", digits: 6, behind: "000000000000", called: "a frame's length" },
  },
  {
    what: "a type",
    write: (type) => writeFrame({ type }),
    ...{ most: 255, before: "000000", digits: 2, behind: "0000000000", called: "a frame's type" },
  },
  {
    what: "flags",
    write: (flags) => writeFrame({ type: 0, flags }),
    ...{ most: 255, before: "00000000", digits: 2, behind: "00000000", called: "a frame's flags" },
  },
  {
    what: "a stream",
    write: (streamId) => writeFrame({ type: 0, streamId }),
    ...{ most: 2_147_483_647, before: "0000000000", digits: 8, behind: "", called: "a stream identifier" },
  },
  {
    what: "a setting's identifier",
    write: (id) => writeSettings([[id, 0]]),
    ...{ most: 65_535, before: "000006040000000000", digits: 4, behind: "00000000" },
    called: "a setting's identifier",
  },
  {
    what: "a setting's value",
    write: (value) => writeSettings([[0, value]]),
    ...{ most: 4_294_967_295, before: "0000060400000000000000", digits: 8, behind: "" },
    called: "a setting's value",
  },
  {
    what: "a code of RST_STREAM",
    write: (code) => writeRstStream(1, code),
    ...{ most: 4_294_967_295, before: "000004030000000001", digits: 8, behind: "" },
    called: "a number of 32 bits",
  },
  {
    what: "an increment",
    write: (increment) => writeWindowUpdate(1, increment),
    ...{ most: 4_294_967_295, before: "000004080000000001", digits: 8, behind: "" },
    called: "a number of 32 bits",
  },
  {
    what: "the last stream of GOAWAY",
    write: (last) => writeGoaway(last, 1),
    ...{ most: 2_147_483_647, before: "000008070000000000", digits: 8, behind: "00000001" },
    called: "a stream identifier",
  },
  {
    what: "a code of GOAWAY",
    write: (code) => writeGoaway(1, code),
    ...{ most: 4_294_967_295, before: "00000807000000000000000001", digits: 8, behind: "" },
    called: "a number of 32 bits",
  },
];

describe.each(fields)("$what", ({ write, most, before, digits, behind, called }) => {
  it("holds 0, each bit of its most, and all of them", () => {
    for (let value = 1; value <= most; value = value * 2 + 1)
      expect(hexOf(write(value))).toBe(before + value.toString(16).padStart(digits, "0") + behind);
    expect(hexOf(write(0))).toBe(before + "0".repeat(digits) + behind);
  });

  it("holds nothing else", () => {
    for (const value of [most + 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => write(value)).toThrow(
        refusal("invalid-argument", `${called} is ${value}; 0 to ${most} expected`),
      );
  });
});

it("each frame stands on the wire as RFC 9113 section 6 draws it", () => {
  const payload = Uint8Array.of(0xca, 0xfe);
  const eight = bytesOf("0001020304050607");
  expect(hexOf(writeData(3, payload))).toBe("000002000000000003cafe");
  expect(hexOf(writeData(3, payload, true))).toBe("000002000100000003cafe");
  expect(hexOf(writeHeaders(3, payload, false))).toBe("000002010400000003cafe");
  expect(hexOf(writeHeaders(3, payload, true))).toBe("000002010500000003cafe");
  expect(hexOf(writeHeaders(3, new Uint8Array(0), true))).toBe("000000010500000003");
  expect(hexOf(writeSettingsAck())).toBe("000000040100000000");
  expect(hexOf(writeSettings([]))).toBe("000000040000000000");
  expect(hexOf(writePing(eight))).toBe("0000080600000000000001020304050607");
  expect(hexOf(writePing(eight, true))).toBe("0000080601000000000001020304050607");
  expect(hexOf(writeGoaway(1, 2, payload))).toBe("00000a0700000000000000000100000002cafe");
});

it("a header block goes out over frames of the peer's size, of which the last says that it ends", () => {
  const block = Uint8Array.of(1, 2, 3, 4);
  expect(hexOf(writeHeaders(1, block, true, 4))).toBe("00000401050000000101020304");
  expect(hexOf(writeHeaders(1, block, true, 3))).toBe("000003010100000001010203" + "00000109040000000104");
  expect(hexOf(writeHeaders(1, block, false, 2))).toBe("0000020100000000010102" + "0000020904000000010304");
  const three = ["0000010100000000017f", "0000010900000000017e", "0000010904000000017d"];
  expect(hexOf(writeHeaders(1, bytesOf("7f7e7d"), false, 1))).toBe(three.join(""));
});

it("a PING has eight bytes", () => {
  for (const bytes of [0, 7, 9])
    expect(() => writePing(new Uint8Array(bytes))).toThrow(
      refusal("invalid-argument", `a PING has ${bytes} bytes; 8 expected`),
    );
});

describe("what stands in payloads", () => {
  it("numbers, with and without the reserved bit", () => {
    const bytes = bytesOf("00fffefdfc00");
    expect(readUint32(bytes, 1)).toBe(0xfffe_fdfc);
    expect(readUint31(bytes, 1)).toBe(0x7ffe_fdfc);
    expect(readUint31(bytesOf("80000001"), 0)).toBe(1);
  });

  it("a stream's number is read without the reserved bit", () => {
    expect(new FrameReader().push(bytesOf("000000000080000003"))).toEqual([
      { type: 0, flags: 0, streamId: 3, payload: new Uint8Array(0) },
    ]);
  });

  it("settings, in their order", () => {
    expect(readSettings(bytesOf("0102fffefdfc000300000001"))).toEqual([
      [0x0102, 0xfffe_fdfc],
      [3, 1],
    ]);
    for (const bytes of [1, 5, 7])
      expect(() => readSettings(new Uint8Array(bytes))).toThrow(
        refusal("bad-payload", `SETTINGS with ${bytes} bytes; a multiple of 6 expected`),
      );
  });

  it("a GOAWAY, with and without words", () => {
    const goaway = { lastStreamId: 5, code: 0x8000_0002 };
    expect(readGoaway(bytesOf("8000000580000002"))).toEqual({ ...goaway, debugData: new Uint8Array(0) });
    expect(readGoaway(bytesOf("8000000580000002cafe"))).toEqual({ ...goaway, debugData: bytesOf("cafe") });
    expect(() => readGoaway(new Uint8Array(7))).toThrow(
      refusal("bad-payload", "GOAWAY with 7 bytes; 8 or more expected"),
    );
  });

  const { PADDED, PRIORITY } = FrameFlag;
  it.each([
    { what: "as it is", flags: 0, payload: "0102", mayHavePriority: true, content: "0102" },
    { what: "padded", flags: PADDED, payload: "02aabb0000", mayHavePriority: false, content: "aabb" },
    { what: "padded by 0", flags: PADDED, payload: "00aabb", mayHavePriority: false, content: "aabb" },
    { what: "nothing but padding", flags: PADDED, payload: "020000", mayHavePriority: false, content: "" },
    {
      what: "with a priority",
      flags: PRIORITY,
      payload: "0000000105aa",
      mayHavePriority: true,
      content: "aa",
    },
    { what: "only a priority", flags: PRIORITY, payload: "0000000105", mayHavePriority: true, content: "" },
    {
      what: "with both",
      flags: PADDED | PRIORITY,
      payload: "010000000105aa00",
      mayHavePriority: true,
      content: "aa",
    },
    {
      what: "where that bit means nothing",
      flags: PRIORITY,
      payload: "0000000105aa",
      mayHavePriority: false,
      content: "0000000105aa",
    },
  ])("content: $what", ({ flags, payload, mayHavePriority, content }) => {
    const frame = { type: FrameType.HEADERS, flags, streamId: 1, payload: bytesOf(payload) };
    expect(hexOf(readContent(frame, mayHavePriority))).toBe(content);
  });

  it.each([
    [PADDED, "", "a padded frame without the length of its padding"],
    [PADDED, "01", "more padding than there is payload"],
    [PADDED, "03aabb", "more padding than there is payload"],
    [PRIORITY, "00000001", "more padding than there is payload"],
    [PADDED | PRIORITY, "01000000010500".slice(0, 12), "more padding than there is payload"],
  ])("content with flags %i and payload %s is refused", (flags, payload, words) => {
    const frame = { type: FrameType.HEADERS, flags, streamId: 1, payload: bytesOf(payload) };
    expect(() => readContent(frame, true)).toThrow(refusal("bad-payload", words));
  });
});

describe("a frame that is too long", () => {
  it("is told by its header, with nothing of it or behind it read or kept", () => {
    const reader = new FrameReader(100);
    const fits = writeFrame({ type: 0xfa, streamId: 7, payload: new Uint8Array(100) });
    expect(reader.push(fits).length).toBe(1);
    expect(reader.oversized).toBeUndefined();
    expect(
      reader.push(Buffer.concat([fits, writeFrame({ type: 0xfb, streamId: 9, declaredBytes: 101 })])).length,
    ).toBe(1);
    expect(reader.oversized).toEqual({ type: 0xfb, streamId: 9, payloadBytes: 101 });
    expect(reader.push(fits)).toEqual([]);
    expect(reader.pendingBytes).toBe(0);
  });

  it("is one that was allowed, once it is; less than before is not asked for", () => {
    const reader = new FrameReader(100);
    const frame = writeFrame({ type: 0, payload: new Uint8Array(101) });
    reader.allow(101);
    reader.allow(50);
    expect(reader.push(frame).length).toBe(1);
    expect(new FrameReader().push(writeFrame({ type: 0, payload: new Uint8Array(16_384) })).length).toBe(1);
    const strict = new FrameReader();
    strict.push(writeFrame({ type: 0, declaredBytes: 16_385 }));
    expect(strict.oversized?.payloadBytes).toBe(16_385);
  });

  it("pending bytes are those of the frame that has begun", () => {
    const reader = new FrameReader();
    const frame = writeFrame({ type: 0, payload: new Uint8Array(10) });
    for (let at = 1; at < frame.length; at++) {
      expect(reader.push(frame.subarray(at - 1, at))).toEqual([]);
      expect(reader.pendingBytes).toBe(at);
    }
    expect(reader.push(frame.subarray(frame.length - 1)).length).toBe(1);
    expect(reader.pendingBytes).toBe(0);
  });
});
