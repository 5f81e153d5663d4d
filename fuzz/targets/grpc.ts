/** gRPC: messages at any chunking, byte-exact, with next to nothing kept; and the fields with which a call ends. */
import {
  decodeStatusMessage,
  encodePrefix,
  encodeStatusMessage,
  type MessageItem,
  MessageReader,
  readStatus,
  readStatusDetails,
  statusFields,
} from "@faultwire/grpc";
import { chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

const message = (text: string, flag = 0): Uint8Array =>
  Buffer.concat([encodePrefix(text.length, flag), Buffer.from(text, "latin1")]);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Items in a form that does not depend on how the bytes were cut. */
function summaryOf(items: readonly MessageItem[]): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const isPart = item.kind === "part" || item.kind === "opaque";
    const { bytes, ...rest } = item;
    if (isPart && lines.at(-1)?.startsWith(item.kind)) lines.push(`${lines.pop()}${hex(bytes)}`);
    else if (isPart) lines.push(`${item.kind} ${hex(bytes)}`);
    else lines.push(`${JSON.stringify(rest)} ${hex(bytes)}`);
  }
  return lines;
}

/** Messages as PROTOCOL-HTTP2 has them, read in another way: all bytes at hand, one behind the other. */
function messagesOf(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at + 5 <= bytes.length && bytes[at]! < 2; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push(hex(bytes.subarray(at + 5, end)));
    at = end;
  }
  return messages;
}

function checkMessages(bytes: Uint8Array, how: number): void {
  const whole = new MessageReader();
  const items = [...whole.push(bytes), ...whole.finish()];
  same(
    hex(Buffer.concat(items.map((item) => item.bytes))),
    hex(bytes),
    "every byte comes out once, unchanged",
  );
  const reader = new MessageReader();
  const parts: MessageItem[] = [];
  for (const chunk of chunked(bytes, how)) {
    parts.push(...reader.push(chunk).map((item) => ({ ...item, bytes: item.bytes.slice() })));
    chunk.fill(0xee);
    holds(reader.pendingBytes < 5, `${reader.pendingBytes} bytes are kept`);
  }
  parts.push(...reader.finish());
  same(summaryOf(parts), summaryOf(items), "any chunking says the same");
  const read: string[] = [];
  let open = "";
  for (const item of items) {
    if (item.kind === "head") open = "";
    else if (item.kind === "part") open += hex(item.bytes);
    else if (item.kind === "end") read.push(open);
  }
  same(read, messagesOf(Buffer.from(bytes)), "messages are those that stand there");
}

function checkFields(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString("latin1");
  decodeStatusMessage(text);
  same(decodeStatusMessage(encodeStatusMessage(text)), text, "a message is read as it was written");
  const details = readStatusDetails(bytes);
  holds(details?.retryDelayMs === undefined || details.retryDelayMs >= 0, "a delay is a time to wait");
  const status = readStatus([
    ["grpc-status", text.slice(0, 3)],
    ["grpc-status-details-bin", text],
    ["grpc-retry-pushback-ms", text.slice(3)],
  ]);
  if (!status || status.code > 2 ** 31 - 1) return;
  const { pushback } = status;
  const isWritable = typeof pushback !== "number" || pushback < 2 ** 31;
  if (isWritable)
    same(readStatus(statusFields({ ...status, retryDelayMs: undefined }))?.code, status.code, "a code");
}

export const target: Target = {
  maxBytes: 800,
  maxSteps: 400_000,
  words: [
    "\0\0\0\0\0",
    "\x01\0\0\0\x01",
    "%25",
    "type.googleapis.com/google.rpc.RetryInfo",
    "\x1a\x30\x0a\x28",
  ],
  seeds: () => [
    seed(0, message("one"), message(""), message("zip", 1)),
    seed(2, message("x".repeat(70)), Uint8Array.of(2, 0, 0, 0, 1, 0)),
    seed(4, encodePrefix(4_294_967_295), "end"),
    seed(1, "14 50 %25 %zz %e2%82%ac"),
    seed(
      1,
      Uint8Array.of(8, 14, 0x12, 1, 97, 0x1a, 0x2e, 0x0a, 0x28),
      "type.googleapis.com/google.rpc.RetryInfo",
    ),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    if ((how & 1) === 0) checkMessages(bytes, how >> 1);
    else checkFields(bytes);
  },
};
