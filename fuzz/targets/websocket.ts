/** Frames of WebSockets: any bytes at any chunking, byte-exact, with next to nothing kept; and what is written is read. */
import {
  encodeClose,
  encodeFrame,
  type FrameItem,
  FrameReader,
  frameFormatLimits,
  frameTypeOf,
  isControl,
  maskBytes,
} from "@faultwire/websocket";
import { summaryOf, wireOf } from "../../packages/websocket/test/support/frames.ts";
import { chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
const frame = (type: number, text: string, isMasked = false, fin = true): Uint8Array =>
  encodeFrame({ type, fin, payload: Buffer.from(text), ...(isMasked && { mask }) });

/** Frames as RFC 6455 section 5.2 has them, read in another way: all bytes at hand, one frame after the other. */
function framesOf(bytes: Buffer): { opcode: number; payload: string }[] {
  const frames: { opcode: number; payload: string }[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = bytes[at]! & 15;
    const isMasked = bytes[at + 1]! > 127;
    let length = bytes[at + 1]! & 127;
    let head = at + 2;
    if (length === 126) {
      if (head + 2 > bytes.length) break;
      length = bytes.readUInt16BE(head);
      head += 2;
    } else if (length === 127) {
      if (head + 8 > bytes.length) break;
      length = Number(bytes.readBigUInt64BE(head));
      head += 8;
    }
    const key = isMasked ? bytes.subarray(head, head + 4) : Buffer.alloc(4);
    if (isMasked) head += 4;
    if (head + length > bytes.length) break;
    const payload = Buffer.from(bytes.subarray(head, head + length));
    for (let index = 0; index < payload.length; index++) payload[index]! ^= key[index & 3]!;
    frames.push({ opcode, payload: payload.toString("hex") });
    at = head + length;
  }
  return frames;
}

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 400_000,
  words: [
    "\x81\x00",
    "\x01\x00",
    "\x80\x00",
    "\x89\x00",
    "\x88\x02\x03\xe8",
    "\x81\x7e\x00\x7e",
    "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
    "\x81\x80\x00\x00\x00\x00",
    "\xc1\x00",
  ],
  seeds: () => [
    seed(0, frame(1, "Hello"), frame(9, "ping"), frame(8, "\x03\xe8bye")),
    seed(1, frame(1, "Hello", true), frame(10, "", true)),
    seed(2, Uint8Array.of(0xc1, 1, 0), frame(1, "plain")),
    seed(0, frame(1, "Hel", false, false), frame(9, ""), frame(0, "lo")),
    seed(
      3,
      frame(2, "x".repeat(130), true),
      encodeFrame({ type: "close", payload: encodeClose(1013), mask }),
    ),
    seed(0, encodeFrame({ type: "binary", declaredBytes: 70_000 })),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    const from = (how & 1) === 0 ? "server" : "client";
    const options = { from, isDeflated: (how & 2) !== 0 } as const;
    const whole = new FrameReader(options);
    const items = [...whole.push(bytes), ...whole.finish()];
    holds(wireOf(items) === Buffer.from(bytes).toString("hex"), "every byte comes out once, unchanged");
    const reader = new FrameReader(options);
    const parts: FrameItem[] = [];
    for (const chunk of chunked(bytes, how >> 2)) {
      parts.push(...reader.push(chunk).map((item) => ({ ...item, bytes: item.bytes.slice() })));
      chunk.fill(0);
      holds(
        reader.pendingBytes <= 125 + frameFormatLimits.headerBytes,
        `${reader.pendingBytes} bytes are kept`,
      );
    }
    parts.push(...reader.finish());
    same(summaryOf(parts), summaryOf(items), "any chunking says the same");
    checkFrames(items, bytes);
  },
};

/** What is read as a frame is one, and says what stands in it. */
function checkFrames(items: readonly FrameItem[], bytes: Uint8Array): void {
  const frames = framesOf(Buffer.from(bytes));
  let at = -1;
  let key: Uint8Array | null = null;
  let payload = "";
  for (const item of items) {
    if (item.kind === "head") {
      at++;
      key = item.mask;
      payload = "";
    } else if (item.kind === "payload")
      payload += Buffer.from(key ? maskBytes(item.bytes, key, item.at) : item.bytes).toString("hex");
    else if (item.kind === "end") {
      const other = frames[at];
      holds(other !== undefined && frameTypeOf(other.opcode) === item.type, "a frame is of its type");
      same(payload, other.payload, "a payload is what stands in the frame");
      if (isControl(other.opcode))
        same(Buffer.from(item.control ?? []).toString("hex"), payload, "a control frame's payload");
    }
  }
}
