/** Messages on their way into a stream. */
import type { Http2Stream } from "node:http2";
import { prefixBytes } from "./message-reader.ts";

type Writable = Http2Stream & {
  write(bytes: Uint8Array, gone?: () => void): boolean;
  cork(): void;
  uncork(): void;
};

/** Field numbers of `bytes` in the two messages, and of `peer` and `data` in it, as tags of protobuf. */
const lengthDelimited = (field: number): number => (field << 3) | 2;
const peerTag = 1 << 3;
const dataTag = lengthDelimited(2);

/** Writes a message behind its prefix. @param gone - Called when it has gone out, or the stream has broken. */
export function writeMessage(stream: Writable, message: Uint8Array, gone?: () => void): void {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  stream.write(framed, gone);
}

/**
 * Writes a `bytes` message without a copy of the bytes: protobuf's own writer would copy them twice, and the prefix a third
 * time. `message-writer.test.ts` holds it against protobuf's.
 *
 * @param field - Number of `bytes` in the oneof.
 */
export function writeBytesMessage(stream: Writable, field: number, peer: number, data: Uint8Array): void {
  const inner = [...(peer === 0 ? [] : [peerTag, ...varint(peer)]), dataTag, ...varint(data.length)];
  const outer = [lengthDelimited(field), ...varint(inner.length + data.length)];
  const head = Buffer.from([0, 0, 0, 0, 0, ...outer, ...inner]);
  head.writeUInt32BE(head.length - prefixBytes + data.length, 1);
  stream.cork();
  stream.write(head);
  stream.write(data);
  stream.uncork();
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left];
}
