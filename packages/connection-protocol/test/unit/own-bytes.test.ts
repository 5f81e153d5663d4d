/** Bytes of a message that are kept: credit counts them alone, so nothing else may be kept with them. */
import { fromBinary } from "@bufbuild/protobuf";
import { ProcessConnectionRequestSchema } from "@faultwire/connection-protocol";
import { expect, it } from "vitest";
import { withOwnBytes } from "../../src/http2/own-bytes.ts";

/** A field of protobuf with a length, for lengths of three bytes of seven bits. */
const field = (number: number, content: Uint8Array): Buffer => {
  const { length } = content;
  const size = [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), content]);
};
const bytesField = ProcessConnectionRequestSchema.field.bytes.number;
const decoded = (data: string, more: readonly Buffer[] = []) => {
  const inner = Buffer.concat([field(2, Buffer.from(data)), ...more]);
  // In memory of its own: a pool of Node's may be 8 or 64 KiB long.
  const came = new Uint8Array(field(bytesField, inner));
  const message = fromBinary(ProcessConnectionRequestSchema, came, { readUnknownFields: false });
  const { message: said } = withOwnBytes(message);
  if (said.case !== "bytes") throw new Error(`${said.case} came; bytes expected`);
  return said.value.data;
};

it("a byte beside 190 kB of a field that nobody knows is kept alone", () => {
  const data = decoded("x", [field(9, Buffer.alloc(190_000))]);
  expect(Buffer.from(data).toString()).toBe("x");
  expect(data.buffer.byteLength).toBe(1);
});

it("bytes that are most of what came are not copied", () => {
  const data = decoded("x".repeat(10_000));
  expect(data.length).toBe(10_000);
  expect(data.buffer.byteLength).toBeGreaterThan(10_000);
});
