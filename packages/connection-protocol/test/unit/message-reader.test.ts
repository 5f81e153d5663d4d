import type { ConnectionProtocolError } from "@faultwire/connection-protocol";
import { describe, expect, it } from "vitest";
import { MessageReader } from "../../src/http2/message-reader.ts";

const framed = (...texts: string[]): Buffer =>
  Buffer.concat(
    texts.map((text) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(text.length, 1);
      return Buffer.concat([head, Buffer.from(text)]);
    }),
  );

const read = (bytes: Uint8Array, size: number): string[] => {
  const reader = new MessageReader(100);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += size)
    for (const each of reader.push(bytes.subarray(at, at + size))) found.push(Buffer.from(each).toString());
  expect(reader.pendingBytes).toBe(0);
  return found;
};

describe("messages of a stream", () => {
  const all = ["first", "", "a third that is longer than the others"];
  const bytes = framed(...all);

  it.each(Array.from({ length: bytes.length }, (_, at) => at + 1))("come in pieces of %i", (size) => {
    expect(read(bytes, size)).toEqual(all);
  });

  it("are refused by their declared length, before anything of them is kept", () => {
    const reader = new MessageReader(100);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(101, 1);
    expect(() => reader.push(head)).toThrow(
      expect.objectContaining({ code: "too-much" } satisfies Partial<ConnectionProtocolError>),
    );
  });

  it("keep nothing of what was read with them", () => {
    const reader = new MessageReader(1000);
    const block = new Uint8Array(65_536);
    const bytes = framed("x".repeat(1000));
    for (const [at, byte] of bytes.subarray(0, -1).entries()) {
      block[at] = byte;
      expect(reader.push(block.subarray(at, at + 1))).toEqual([]);
      expect(reader.heldBytes).toBeGreaterThan(at);
      expect(reader.heldBytes).toBeLessThanOrEqual(Math.max(5, 2 * (at + 1)));
    }
    const [message] = reader.push(bytes.subarray(-1));
    expect(message?.buffer.byteLength).toBeLessThanOrEqual(bytes.length);
    expect([reader.pendingBytes, reader.heldBytes]).toEqual([0, 0]);
  });

  it("are forgotten", () => {
    const reader = new MessageReader(100);
    reader.push(bytes.subarray(0, 7));
    reader.drop();
    expect([reader.pendingBytes, reader.heldBytes]).toEqual([0, 0]);
    expect(reader.push(framed("next")).map((each) => Buffer.from(each).toString())).toEqual(["next"]);
  });

  it("are refused where they are compressed", () => {
    expect(() => new MessageReader(100).push(Buffer.from([1, 0, 0, 0, 0]))).toThrow(
      expect.objectContaining({ code: "bad-message" } satisfies Partial<ConnectionProtocolError>),
    );
  });
});
