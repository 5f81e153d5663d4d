/** What both tables remember, for how long, and what a block that HPACK does not allow is refused with (RFC 7541). */
import { HpackDecoder, HpackEncoder } from "@faultwire/http2";
import { describe, expect, it } from "vitest";

type Field = readonly [string, string];
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
/** A field of so many bytes as a table counts them. */
const sized = (name: string, bytes: number): Field => [name, "v".repeat(bytes - name.length - 32)];

describe("an encoder remembers", () => {
  it("any field but those whose values differ from message to message", () => {
    const isKept = (field: Field): boolean => {
      const encoder = new HpackEncoder();
      encoder.encode([field]);
      return encoder.encode([field]).length === 1;
    };
    const never = [
      ":path",
      "age",
      "content-length",
      "date",
      "etag",
      "expires",
      "last-modified",
      "location",
      "request-id",
      "retry-after",
      "x-request-id",
    ];
    for (const name of never) expect(isKept([name, "17"]), name).toBe(false);
    for (const name of [":authority", "authorization", "cookie", "user-agent", "x-a", ""])
      expect(isKept([name, "17"]), name).toBe(true);
  });

  it("those are written in a form that the peer does not remember either", () => {
    const encoder = new HpackEncoder();
    expect(hexOf(encoder.encode([["date", "!"]]))).toBe("0f120121");
    expect(hexOf(encoder.encode([["x-request-id", "!"]])).startsWith("00")).toBe(true);
    expect(hexOf(encoder.encode([["server", "!"]]))).toBe("760121");
  });

  it("a field of half of the table at the most", () => {
    const encoder = new HpackEncoder();
    const half = sized("x-a", 2048);
    const more = sized("x-b", 2049);
    encoder.encode([half, more]);
    expect(encoder.encode([half]).length).toBe(1);
    expect(encoder.encode([more]).length).toBeGreaterThan(1_000);
  });

  it("fields that are never indexed nowhere, not even where they were indexed before", () => {
    const encoder = new HpackEncoder();
    const field: Field = ["x-a", "!"];
    encoder.encode([field]);
    // The name's index is 62, the newest entry's: 15 and 47.
    expect(hexOf(encoder.encode([field], new Set([field])))).toBe("1f2f0121");
    expect(new HpackEncoder().encode([field], new Set([field]))[0]).toBe(0x10);
    // A pair that is equal and not the same is not marked.
    expect(encoder.encode([["x-a", "!"]], new Set([field])).length).toBe(1);
  });

  it("the newest of a name, and forgets what was pushed out", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    const said = (...fields: readonly Field[]): string => {
      const block = encoder.encode(fields);
      expect(decoder.decode(block).fields).toEqual(fields);
      return hexOf(block);
    };
    encoder.resize(128);
    // The size is told first: 128 is 31 and 97.
    expect(said(["x-a", "1"]).startsWith("3f61")).toBe(true);
    expect(said(["x-a", "2"])).toBe("7e0132");
    expect(said(["x-a", "1"], ["x-a", "2"])).toBe("bfbe");
    // 36 bytes each, three of them are 108: a fourth pushes the oldest out.
    said(["x-a", "3"]);
    said(["x-a", "4"]);
    expect(said(["x-a", "2"])).toBe("c0");
    expect(said(["x-a", "1"])).toBe("7e0131");
  });

  it("as much as the peer has room for, 4096 bytes at the most, and tells the least and the last of sizes", () => {
    const sizes = (...given: readonly number[]): string => {
      const encoder = new HpackEncoder();
      for (const bytes of given) encoder.resize(bytes);
      const written = hexOf(encoder.encode([]));
      expect(encoder.encode([]).length).toBe(0);
      return written;
    };
    expect(sizes()).toBe("");
    expect(sizes(4096)).toBe("3fe11f");
    expect(sizes(65_536)).toBe("3fe11f");
    expect(sizes(30)).toBe("3e");
    expect(sizes(31)).toBe("3f00");
    expect(sizes(158)).toBe("3f7f");
    expect(sizes(159)).toBe("3f8001");
    expect(sizes(0, 4096)).toBe("203fe11f");
    expect(sizes(4096, 0)).toBe("20");
    expect(sizes(10, 5, 20)).toBe("2534");
  });

  it("nothing in a table of no bytes, and again once there is one", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    const field: Field = ["x-a", "1"];
    encoder.resize(0);
    for (let index = 0; index < 3; index++) {
      const block = encoder.encode([field]);
      expect(block.length).toBeGreaterThan(1);
      expect(decoder.decode(block).fields).toEqual([field]);
    }
    encoder.resize(4096);
    decoder.decode(encoder.encode([field]));
    const again = encoder.encode([field]);
    expect([again.length, decoder.decode(again).fields]).toEqual([1, [field]]);
  });

  it("the same as its peer through thousands of fields", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    for (let index = 0; index < 5_000; index++) {
      const fields: Field[] = [
        ["x-a", String(index)],
        ["x-b", String(index % 7)],
        [`x-${index % 90}`, "1"],
      ];
      expect(decoder.decode(encoder.encode(fields)).fields).toEqual(fields);
    }
  });
});

describe("a decoder remembers", () => {
  it("what is marked so, the newest first, and no other form", () => {
    const decoder = new HpackDecoder();
    decoder.decode(bytesOf("40 01 61 01 31 40 01 62 01 32 00 01 63 01 33 10 01 64 01 34"));
    expect(decoder.decode(bytesOf("be bf")).fields).toEqual([
      ["b", "2"],
      ["a", "1"],
    ]);
    expect(() => decoder.decode(bytesOf("c0"))).toThrow("index 64; 1 to 63 expected");
  });

  it("as much as its table holds, an entry that is larger than it empties it", () => {
    const decoder = new HpackDecoder({ maxTableBytes: 68 });
    const size = (): string => {
      for (let index = 62; ; index++)
        try {
          decoder.decode(Uint8Array.of(0x80 | index));
        } catch (error) {
          return String(error).replace(/.*to (\d+) expected.*/, "$1");
        }
    };
    decoder.decode(bytesOf("40 01 61 01 31 40 01 62 01 32"));
    expect(size()).toBe("63");
    decoder.decode(bytesOf("40 01 61 02 31 32"));
    expect(size()).toBe("62");
    decoder.decode(new HpackEncoder().encode([sized("x-a", 69)]));
    expect(size()).toBe("61");
  });

  it("a table that its sender makes smaller and larger again", () => {
    const decoder = new HpackDecoder({ maxTableBytes: 100 });
    decoder.decode(bytesOf("40 01 61 01 31 40 01 62 01 32"));
    // To 34 bytes, which hold one of them, and back to 100.
    expect(decoder.decode(bytesOf("3f 03 3f 45 be")).fields).toEqual([["b", "2"]]);
    expect(() => decoder.decode(bytesOf("bf"))).toThrow("index 63; 1 to 62 expected");
    expect(() => new HpackDecoder({ maxTableBytes: 100 }).decode(bytesOf("3f 46"))).toThrow(
      "a table of 101 bytes; 100 at the most expected",
    );
  });

  it("each pair by itself, so that a mark of one is none of the others", () => {
    const decoder = new HpackDecoder();
    const { fields, neverIndexed } = decoder.decode(bytesOf("82 82 10 01 61 01 31 00 01 61 01 31"));
    expect(fields.map((field) => neverIndexed.has(field))).toEqual([false, false, true, false]);
    expect(fields[0]).not.toBe(fields[1]);
  });
});

describe("blocks that HPACK does not allow are refused with the reason and the place", () => {
  it.each([
    ["80", "index 0; 1 to 61 expected", 1],
    ["82 be", "index 62; 1 to 61 expected", 2],
    ["7f 80 80 80 80 80 01", "an integer of more than five bytes", 6],
    ["00 05 61", "a text of 5 bytes; 1 are there", 2],
    ["00 01 61 03 62", "a text of 3 bytes; 1 are there", 4],
    ["00 01 61", "the block ends within a field", 3],
    ["7f", "the block ends within a field", 1],
    ["00", "the block ends within a field", 1],
    ["3f e2 1f", "a table of 4097 bytes; 4096 at the most expected", 3],
    ["82 20", "a change of the table's size behind a field", 1],
    ["00 01 61 81 18", "a Huffman code that is not padded with ones", 5],
    ["00 01 61 82 1f ff", "a Huffman code that is not padded with ones", 6],
    ["00 01 61 85 ff ff ff ff ff", "EOS within a Huffman code", 7],
  ])("%s: %s at %i", (hex, message, offset) => {
    expect(() => new HpackDecoder().decode(bytesOf(hex))).toThrow(
      expect.objectContaining({ name: "Http2Error", code: "bad-header-block", message, offset }),
    );
  });

  it.each([
    ["an integer of five bytes behind its first", "00 7f 80 80 80 80 00", 127],
    ["a text of 127 bytes", "00 7f 00", 127],
    ["a text of 128 bytes", "00 7f 01", 128],
    ["a text of 255 bytes", "00 7f 80 01", 255],
  ])("%s is none of those", (_what, hex, length) => {
    const block = Buffer.concat([bytesOf(hex), Buffer.alloc(length, "a"), bytesOf("00")]);
    expect(new HpackDecoder().decode(block).fields).toEqual([["a".repeat(length), ""]]);
  });

  it("padding of none to seven ones", () => {
    // "0" is five bits of zero: one to eight of them leave 3, 6, 1, 4, 7, 2, 5 and no bits of a byte.
    for (let count = 1; count <= 8; count++) {
      const bits = "0".repeat(5 * count).padEnd(Math.ceil((5 * count) / 8) * 8, "1");
      const coded = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
      const block = Uint8Array.of(0, 0, 0x80 | coded.length, ...coded);
      expect(new HpackDecoder().decode(block).fields).toEqual([["", "0".repeat(count)]]);
    }
  });
});
