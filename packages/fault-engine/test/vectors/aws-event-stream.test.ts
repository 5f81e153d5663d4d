/** Frames of AWS event streams, byte by byte. The hexadecimal texts were made by an encoder of another language. */
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "../../src/formats/aws-event-stream/base64.ts";
import { crc32 } from "../../src/formats/aws-event-stream/crc32.ts";
import { createMachine, type EventDamage, STREAM_FORMATS, type StreamItem } from "../../src/index.ts";
import { context, drive } from "../support/streams.ts";

const format = STREAM_FORMATS["aws-event-stream"];
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

const messageStop = bytesOf(
  "0000007a00000051ca2c46650b3a6576656e742d7479706507000b6d65737361676553746f700d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2273746f70526561736f6e223a22656e645f7475726e227d5fbf09fc",
);
const chunk = bytesOf(
  "000000870000004b87ea2bf30b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a306558426c496a6f696257567a6332466e5a56397a64473977496e303d227dba48ab22",
);
const exception = bytesOf(
  "0000008300000061a9d144e50f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22736c6f77227d9350311c",
);

const cases = [
  ["an event", messageStop, { name: "messageStop", data: '{"stopReason":"end_turn"}' }],
  ["a chunk, read as what is inside", chunk, { name: null, data: '{"type":"message_stop"}' }],
  ["an exception", exception, { name: "throttlingException", data: '{"message":"slow"}' }],
] as const;

const read = (bytes: Uint8Array): StreamItem[] => {
  const reader = format.reader();
  return [...reader.push(bytes), ...reader.finish()];
};
const events = (bytes: Uint8Array) =>
  read(bytes).flatMap((item) => (item.kind === "event" ? [item.event] : []));

describe("frames", () => {
  it.each(cases)("%s", (_, bytes, said) => {
    expect(events(bytes)).toEqual([said]);
    expect(format.encode(said)).toEqual(bytes);
    expect(format.change(bytes, { data: said.data })).toEqual(bytes);
  });

  it("have the CRC of gzip", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  it.each(["", "a", "ab", "abc", "Grüße €"])("base64 of %j is that of Node", (text) => {
    const bytes = new TextEncoder().encode(text);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  });

  it("with one wrong bit anywhere are not read, and the bytes go on", () => {
    for (let at = 0; at < messageStop.length * 8; at++) {
      const wrong = messageStop.slice();
      wrong[at >> 3]! ^= 1 << (at & 7);
      const items = read(Uint8Array.from([...wrong, ...messageStop]));
      expect(items.some(({ kind }) => kind === "opaque")).toBe(true);
      expect(Buffer.concat(items.map(({ bytes }) => bytes))).toEqual(Buffer.from([...wrong, ...messageStop]));
    }
  });

  it("keep headers of every type when their data is changed", () => {
    // A frame with headers of the types 0 to 9, made here by hand.
    const header = (name: string, type: number, value: readonly number[]): number[] => [
      name.length,
      ...Buffer.from(name),
      type,
      ...value,
    ];
    const headers = [
      ...header("a", 0, []),
      ...header("b", 1, []),
      ...header("c", 2, [9]),
      ...header("d", 3, [1, 2]),
      ...header("e", 4, [1, 2, 3, 4]),
      ...header("f", 5, [1, 2, 3, 4, 5, 6, 7, 8]),
      ...header("g", 6, [0, 2, 7, 7]),
      ...header("h", 7, [0, 1, 65]),
      ...header("i", 8, [1, 2, 3, 4, 5, 6, 7, 8]),
      ...header(
        "j",
        9,
        Array.from({ length: 16 }, (_, at) => at),
      ),
    ];
    const framed = (payload: readonly number[]): Uint8Array => {
      const frame = Buffer.alloc(16 + headers.length + payload.length);
      frame.writeUInt32BE(frame.length, 0);
      frame.writeUInt32BE(headers.length, 4);
      frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
      frame.set([...headers, ...payload], 12);
      frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
      return Uint8Array.from(frame);
    };
    expect(format.change(framed([65]), { data: "BC" })).toEqual(framed([66, 67]));
  });
});

describe("stream.damage of a frame", () => {
  function damaged(how: EventDamage): Buffer {
    const events = { indices: [0], types: null, every: null, probability: null };
    const created = createMachine({ kind: "stream.damage", events, how }, context({ format: format.name }));
    if (created.kind === "none") throw new Error(created.reason);
    const raw: Uint8Array[] = [];
    drive(created.machine, [messageStop, chunk], { raw });
    expect(created.machine.outcome).toEqual({ kind: "done" });
    const all = Buffer.concat(raw);
    expect(all.subarray(messageStop.length)).toEqual(Buffer.from(chunk));
    return all.subarray(0, messageStop.length);
  }
  const end = messageStop.length - 4;
  const crcs = (frame: Buffer) => ({
    total: frame.readUInt32BE(0),
    headers: frame.readUInt32BE(4),
    isPreludeRight: frame.readUInt32BE(8) === crc32(frame.subarray(0, 8)),
    isMessageRight: frame.readUInt32BE(end) === crc32(frame.subarray(0, end)),
  });
  const right = { total: messageStop.length, headers: 0x51, isPreludeRight: true, isMessageRight: true };

  it.each([
    ["bad-message-crc", { ...right, isMessageRight: false }],
    ["bad-prelude-crc", { ...right, isPreludeRight: false }],
    ["bad-total-length", { ...right, total: right.total + 1 }],
    ["bad-headers-length", { ...right, headers: right.headers + 1 }],
  ] as const)("%s", (how, found) => {
    expect(crcs(damaged(how))).toEqual(found);
  });
});
