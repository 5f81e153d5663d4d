import { splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { encodePrefix, type MessageItem, MessageReader } from "../../src/index.ts";
import { refused } from "../support/refused.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** What items say, with parts of one message joined. */
function told(items: readonly MessageItem[]): string[] {
  const lines: string[] = [];
  for (const item of items) {
    if (item.kind === "part" || item.kind === "opaque") {
      const last = lines.at(-1) ?? "";
      if (last.startsWith(`${item.kind} `)) lines[lines.length - 1] = last + hex(item.bytes);
      else lines.push(`${item.kind} ${hex(item.bytes)}`);
    } else if (item.kind === "head")
      lines.push(`head ${item.isCompressed ? "compressed " : ""}${item.messageBytes} at ${item.offset}`);
    else if (item.kind === "end") lines.push(`end ${item.messageBytes}`);
    else lines.push(`${item.code} at ${item.offset}, kept ${hex(item.bytes)}`);
  }
  return lines;
}

const cases: readonly (readonly [does: string, wire: string, lines: readonly string[]])[] = [
  ["a message", "00 00000003 616263", ["head 3 at 0", "part 616263", "end 3"]],
  ["an empty one", "00 00000000", ["head 0 at 0", "end 0"]],
  [
    "a compressed one behind another",
    "00 00000001 61 01 00000002 6263",
    ["head 1 at 0", "part 61", "end 1", "head compressed 2 at 6", "part 6263", "end 2"],
  ],
  ["a reserved flag", "02 00000001 61", ["reserved-flag at 0, kept 02", "opaque 0000000161"]],
  [
    "the flag of gRPC-Web's trailers, behind a message",
    "00 00000001 61 80 00000000",
    ["head 1 at 0", "part 61", "end 1", "reserved-flag at 6, kept 80", "opaque 00000000"],
  ],
  ["a message without its end", "00 00000003 6162", ["head 3 at 0", "part 6162", "truncated at 0, kept "]],
  ["a prefix without its end", "00 000000", ["truncated at 0, kept 00000000"]],
  ["the longest length", "00 ffffffff 61", ["head 4294967295 at 0", "part 61", "truncated at 0, kept "]],
];

describe("a reader of messages", () => {
  it("tells what is wrong with a prefix at its last byte, without one behind it", () => {
    const tooLong = new MessageReader({ maxMessageBytes: 4 });
    expect(told(tooLong.push(bytesOf("00 000000")))).toEqual([]);
    expect(told(tooLong.push(bytesOf("05")))).toEqual(["message-too-long at 0, kept 0000000005"]);
    expect(told(new MessageReader().push(bytesOf("02")))).toEqual(["reserved-flag at 0, kept 02"]);
  });

  it.each(cases)("reads %s: whole, byte by byte, split at every point", (_does, wire, lines) => {
    const bytes = bytesOf(wire);
    const read = (chunks: readonly Uint8Array[]): string[] => {
      const reader = new MessageReader();
      // Memory that is used again: what was kept has to be a copy.
      const items = chunks.flatMap((chunk) => {
        const used = chunk.slice();
        const some = reader.push(used).map((item) => ({ ...item, bytes: item.bytes.slice() }));
        used.fill(0xee);
        return some;
      });
      expect(reader.pendingBytes).toBeLessThan(5);
      return told([...items, ...reader.finish()] as MessageItem[]);
    };
    expect(read([bytes])).toEqual(lines);
    expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(lines);
    for (const split of splitsOf(bytes)) expect(read(split)).toEqual(lines);
  });

  it("refuses a message above its limit by its prefix alone", () => {
    const reader = new MessageReader({ maxMessageBytes: 4 });
    expect(told(reader.push(bytesOf("00 00000004 61626364 00 00000005 61")))).toEqual([
      "head 4 at 0",
      "part 61626364",
      "end 4",
      "message-too-long at 9, kept 0000000005",
      "opaque 61",
    ]);
    expect(reader.isOpaque).toBe(true);
    expect(told(reader.finish())).toEqual([]);
  });

  it.each([
    ["a message", "00 00000001 61 00 00000003 6162"],
    ["a prefix", "00 0000"],
  ])("has nothing under way any more once it was told that %s has no end", (_what, wire) => {
    const reader = new MessageReader();
    reader.push(bytesOf(wire));
    expect([reader.isBetweenMessages, reader.isOpaque]).toEqual([false, false]);
    expect(reader.finish()).toMatchObject([{ kind: "malformed", code: "truncated" }]);
    expect([reader.isBetweenMessages, reader.isOpaque, reader.pendingBytes]).toEqual([true, true, 0]);
    expect(told([...reader.push(bytesOf("00 00000000")), ...reader.finish()])).toEqual(["opaque 0000000000"]);
  });

  it("keeps nothing of a declared length", () => {
    const reader = new MessageReader();
    reader.push(encodePrefix(4_294_967_295));
    for (let at = 0; at < 100; at++) reader.push(new Uint8Array(65_536));
    expect(reader.pendingBytes).toBe(0);
    expect(reader.isBetweenMessages).toBe(false);
  });
});

describe("a prefix", () => {
  it("has a flag and a length in big endian", () => {
    expect(hex(encodePrefix(258))).toBe("0000000102");
    expect(hex(encodePrefix(4_294_967_295, 3))).toBe("03ffffffff");
  });

  it.each([
    [() => encodePrefix(-1), "messageBytes: found -1, expected a whole number from 0 to 4294967295"],
    [
      () => encodePrefix(2 ** 32),
      "messageBytes: found 4294967296, expected a whole number from 0 to 4294967295",
    ],
    [() => encodePrefix(0, 256), "flag: found 256, expected a byte"],
    [() => encodePrefix(0, -1), "flag: found -1, expected a byte"],
    [() => encodePrefix(0, 0.5), "flag: found 0.5, expected a byte"],
    [
      () => new MessageReader({ maxMessageBytes: 1.5 }),
      "maxMessageBytes: found 1.5, expected a whole number from 0 to 4294967295",
    ],
    [
      () => new MessageReader({ maxMessageBytes: -1 }),
      "maxMessageBytes: found -1, expected a whole number from 0 to 4294967295",
    ],
  ])("refuses what it can't hold (%#)", (call, message) => {
    expect(refused(call)).toBe(`invalid-argument: ${message}`);
  });

  it("may have any byte as its flag, and a limit may be nothing", () => {
    expect([encodePrefix(0, 255)[0], encodePrefix(0, 0)[0]]).toEqual([255, 0]);
    const reader = new MessageReader({ maxMessageBytes: 0 });
    expect(told(reader.push(bytesOf("00 00000000 00 00000001")))).toEqual([
      "head 0 at 0",
      "end 0",
      "message-too-long at 5, kept 0000000001",
    ]);
  });
});
