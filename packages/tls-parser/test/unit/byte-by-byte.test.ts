/** A peer that sends a byte in each chunk must not make a reader copy what it has again and again. */
import { concatBytes } from "@faultwire/testkit/chunkers";
import { copiedBytes } from "@faultwire/testkit/copied-bytes";
import { describe, expect, it } from "vitest";
import {
  ClientHelloReader,
  ContentType,
  encodeRecord,
  HandshakeReader,
  RecordReader,
} from "../../src/index.ts";

const BODY_BYTES = 65_500;
/** Once into its record, once into its message, and twice that for memory that grows by doubling. */
const COPIES = 6;

const message = new Uint8Array(4 + BODY_BYTES);
message.set([1, BODY_BYTES >> 16, (BODY_BYTES >> 8) & 0xff, BODY_BYTES & 0xff]);
const inRecordsOf = (bytes: number): Uint8Array => {
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += bytes) {
    const fragment = message.subarray(at, at + bytes);
    records.push(encodeRecord({ type: ContentType.handshake, legacyVersion: 0x0301, fragment }));
  }
  return concatBytes(records);
};
const drain = (items: Iterable<unknown>): void => {
  for (const _ of items);
};

describe.each([
  ["large records", inRecordsOf(16_384)],
  ["records of one byte", inRecordsOf(1)],
])("64 KiB in %s, a byte in each chunk", (_, stream) => {
  const each = (push: (chunk: Uint8Array) => void): number =>
    copiedBytes(() => {
      for (let at = 0; at < stream.length; at++) push(stream.subarray(at, at + 1));
    });

  it("are copied a few times by a ClientHelloReader", () => {
    const reader = new ClientHelloReader();
    expect(each((chunk) => reader.push(chunk))).toBeLessThan(COPIES * stream.length);
  });

  it("are copied a few times by a RecordReader, read at once or at the end", () => {
    const atOnce = new RecordReader();
    expect(each((chunk) => drain(atOnce.push(chunk)))).toBeLessThan(COPIES * stream.length);
    const late = new RecordReader();
    expect(each((chunk) => void late.push(chunk))).toBeLessThan(COPIES * stream.length);
    expect([...late].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(stream.length);
  });

  it("are copied a few times by a RecordReader that is left after each record", () => {
    const reader = new RecordReader();
    let count = 0;
    const copied = each((chunk) => {
      reader.push(chunk);
      // One record of three: the rest waits.
      if (count++ % 3 === 0) reader.next();
    });
    expect(copied).toBeLessThan(COPIES * stream.length);
  });
});

it("64 KiB of a message are copied a few times by a HandshakeReader, read at once or at the end", () => {
  for (const read of [drain, () => {}]) {
    const reader = new HandshakeReader();
    const copied = copiedBytes(() => {
      for (let at = 0; at < message.length; at++) read(reader.push(message.subarray(at, at + 1)));
    });
    expect(copied).toBeLessThan(COPIES * message.length);
    expect(reader.pendingBytes).toBe(read === drain ? 0 : message.length);
  }
});
