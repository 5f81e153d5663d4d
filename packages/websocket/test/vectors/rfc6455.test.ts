import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { encodeClose, encodeFrame, type FrameItem, type FrameReaderOptions } from "../../src/index.ts";
import { readFrames, summaryOf, wireOf } from "../support/frames.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The key of the examples in RFC 6455 section 5.7. */
const mask = bytes("37fa213d");

/** Reads whole, byte by byte and cut at every point; holds that all say the same and lose nothing. */
function readEveryWay(options: FrameReaderOptions, wire: Uint8Array): FrameItem[] {
  const whole = readFrames(options, [wire]);
  expect(wireOf(whole)).toBe(Buffer.from(wire).toString("hex"));
  expect(summaryOf(readFrames(options, chunksOf(wire, 1)))).toEqual(summaryOf(whole));
  const step = Math.max(1, Math.floor(wire.length / 300));
  let at = 0;
  for (const parts of splitsOf(wire))
    if (at++ % step === 0) expect(summaryOf(readFrames(options, parts))).toEqual(summaryOf(whole));
  return whole;
}

const server = { from: "server" } as const;
const client = { from: "client" } as const;

describe("the examples of RFC 6455 section 5.7", () => {
  it("a text in one frame, not masked", () => {
    const wire = bytes("81 05 48 65 6c 6c 6f");
    expect(encodeFrame({ type: "text", payload: utf8("Hello") })).toEqual(wire);
    expect(readEveryWay(server, wire)).toMatchObject([
      { kind: "head", type: "text", fin: true, isCompressed: false, mask: null, payloadBytes: 5, offset: 0 },
      { kind: "payload", at: 0 },
      { kind: "end", type: "text", message: { type: "text", bytes: 5, frames: 1, isCompressed: false } },
    ]);
  });

  it("the same, masked", () => {
    const wire = bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    expect(encodeFrame({ type: "text", payload: utf8("Hello"), mask })).toEqual(wire);
    expect(readEveryWay(client, wire)).toMatchObject([
      { kind: "head", type: "text", mask, payloadBytes: 5 },
      { kind: "payload" },
      { kind: "end", message: { type: "text", bytes: 5 } },
    ]);
  });

  it("a text in two frames", () => {
    const wire = bytes("01 03 48 65 6c 80 02 6c 6f");
    expect(
      concatBytes([
        encodeFrame({ type: "text", fin: false, payload: utf8("Hel") }),
        encodeFrame({ type: "continuation", payload: utf8("lo") }),
      ]),
    ).toEqual(wire);
    expect(readEveryWay(server, wire).filter(({ kind }) => kind === "end")).toMatchObject([
      { type: "text", message: null },
      { type: "continuation", message: { type: "text", bytes: 5, frames: 2 } },
    ]);
  });

  it("a ping, and a masked pong", () => {
    expect(readEveryWay(server, bytes("89 05 48 65 6c 6c 6f")).at(-1)).toMatchObject({
      kind: "end",
      type: "ping",
      message: null,
      control: utf8("Hello"),
    });
    expect(readEveryWay(client, bytes("8a 85 37 fa 21 3d 7f 9f 4d 51 58")).at(-1)).toMatchObject({
      kind: "end",
      type: "pong",
      control: utf8("Hello"),
    });
  });

  it("256 bytes in a length of 16 bits, 64 KiB in one of 64", () => {
    const medium = encodeFrame({ type: "binary", payload: new Uint8Array(256) });
    expect(medium.subarray(0, 4)).toEqual(bytes("82 7e 01 00"));
    expect(readEveryWay(server, medium)[0]).toMatchObject({ payloadBytes: 256 });
    const large = encodeFrame({ type: "binary", payload: new Uint8Array(65_536) });
    expect(large.subarray(0, 10)).toEqual(bytes("82 7f 00 00 00 00 00 01 00 00"));
    const parts = readFrames(server, chunksOf(large, 1000));
    expect(parts.at(-1)).toMatchObject({ kind: "end", message: { bytes: 65_536, frames: 1 } });
    expect(wireOf(parts)).toBe(Buffer.from(large).toString("hex"));
  });
});

describe("frames of a message and of the connection", () => {
  it("a ping between two frames of a message", () => {
    const wire = bytes("01 01 61 89 00 80 01 62");
    expect(readEveryWay(server, wire).filter(({ kind }) => kind === "end")).toMatchObject([
      { type: "text", message: null },
      { type: "ping", control: new Uint8Array(0) },
      { type: "continuation", message: { frames: 2, bytes: 2 } },
    ]);
  });

  it("an empty message, and the frames at the borders of the lengths", () => {
    expect(readEveryWay(server, bytes("81 00")).at(-1)).toMatchObject({ message: { bytes: 0 } });
    for (const length of [125, 126, 65_535, 65_536]) {
      const wire = encodeFrame({ type: "binary", payload: new Uint8Array(length) });
      expect(readFrames(server, [wire]).at(-1)).toMatchObject({ message: { bytes: length } });
    }
  });

  it("a compressed message, where that is agreed on", () => {
    const wire = bytes("c1 07 f2 48 cd c9 c9 07 00");
    expect(encodeFrame({ type: "text", reserved: 4, payload: wire.subarray(2) })).toEqual(wire);
    expect(readEveryWay({ ...server, isDeflated: true }, wire)).toMatchObject([
      { kind: "head", isCompressed: true },
      { kind: "payload" },
      { kind: "end", message: { isCompressed: true, bytes: 7 } },
    ]);
  });

  it("closes: with nothing, with a code, with a reason, masked", () => {
    expect(readEveryWay(server, bytes("88 00")).at(-1)).toMatchObject({ close: { code: null, reason: "" } });
    expect(readEveryWay(server, bytes("88 02 03 e8")).at(-1)).toMatchObject({
      kind: "end",
      close: { code: 1000, reason: "" },
    });
    const said = encodeClose(1013, "später");
    expect(readEveryWay(server, encodeFrame({ type: "close", payload: said })).at(-1)).toMatchObject({
      kind: "end",
      type: "close",
      close: { code: 1013, reason: "später" },
    });
    expect(readEveryWay(client, encodeFrame({ type: "close", payload: said, mask })).at(-1)).toMatchObject({
      close: { code: 1013, reason: "später" },
    });
  });

  it("a pong behind a close is no message", () => {
    expect(readEveryWay(server, bytes("88 00 8a 00")).at(-1)).toMatchObject({ kind: "end", type: "pong" });
  });
});

describe("what is no frame", () => {
  const deflated = { ...server, isDeflated: true };
  const cases: readonly (readonly [string, FrameReaderOptions, string, string, number])[] = [
    ["RSV2", server, "a1 00", "reserved-bits", 0],
    ["RSV3", server, "91 00", "reserved-bits", 0],
    ["RSV1 where nothing is compressed", server, "c1 00", "reserved-bits", 0],
    ["RSV1 on a continuation", deflated, "41 00 c0 00", "reserved-bits", 2],
    ["RSV1 on a ping", deflated, "c9 00", "reserved-bits", 0],
    ["opcode 3", server, "83 00", "reserved-opcode", 0],
    ["opcode 11", server, "8b 00", "reserved-opcode", 0],
    ["a ping that goes on", server, "09 00", "control-fragmented", 0],
    ["a ping of 126 bytes", server, "89 7e 00 7e", "control-too-long", 0],
    ["125 in 16 bits", server, "81 7e 00 7d", "length-not-minimal", 0],
    ["65535 in 64 bits", server, "81 7f 00 00 00 00 00 00 ff ff", "length-not-minimal", 0],
    ["the highest bit of a length", server, "81 7f 80 00 00 00 00 01 00 00", "payload-too-large", 0],
    ["2^53 bytes", server, "81 7f 00 20 00 00 00 00 00 00", "payload-too-large", 0],
    ["a masked frame of a server", server, "81 80 00 00 00 00", "masked", 0],
    ["a frame of a client without a mask", client, "81 00", "not-masked", 0],
    ["a continuation of nothing", server, "81 00 80 00", "nothing-to-continue", 2],
    ["a text within a text", server, "01 00 81 00", "message-not-ended", 2],
    ["a close of one byte", server, "81 00 88 01 03", "close-payload", 2],
    ["a masked close of one byte", client, "88 81 00 00 00 00 03", "close-payload", 0],
    ["a close with 1005", server, "88 02 03 ed", "close-payload", 0],
    ["a close with 2000", server, "88 02 07 d0", "close-payload", 0],
    ["a close whose reason is no UTF-8", server, "88 03 03 e8 ff", "close-payload", 0],
    ["a text behind a close", server, "88 00 81 00", "after-close", 2],
    ["half a header", server, "81 00 81", "truncated", 2],
    ["half a payload", server, "81 02 61", "truncated", 0],
    ["half a message", server, "01 01 61", "truncated", 3],
  ];
  it.each(cases)("%s", (_what, options, hex, code, offset) => {
    const behind = code === "truncated" ? "" : "de ad be ef";
    const items = readEveryWay(options, bytes(hex + behind));
    const at = items.findIndex(({ kind }) => kind === "malformed");
    expect(items[at]).toMatchObject({ kind: "malformed", code, offset });
    expect(items.slice(at + 1).every(({ kind }) => kind === "opaque")).toBe(true);
  });

  it("2^53 - 1 bytes may be declared, and are waited for", () => {
    const wire = bytes("82 7f 00 1f ff ff ff ff ff ff 61");
    expect(readFrames(server, [wire], false)).toMatchObject([
      { kind: "head", payloadBytes: Number.MAX_SAFE_INTEGER },
      { kind: "payload" },
    ]);
  });
});
