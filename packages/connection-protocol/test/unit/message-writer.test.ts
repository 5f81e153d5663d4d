import { create, toBinary } from "@bufbuild/protobuf";
import {
  ProcessConnectionRequestSchema,
  ProcessConnectionResponseSchema,
} from "@faultwire/connection-protocol";
import { expect, it } from "vitest";
import { writeBytesMessage } from "../../src/http2/message-writer.ts";

const written = (field: number, peer: number, data: Uint8Array): Buffer => {
  const parts: Uint8Array[] = [];
  const stream = { cork() {}, uncork() {}, write: (bytes: Uint8Array) => parts.push(bytes) };
  writeBytesMessage(stream as never, field, peer, data);
  return Buffer.concat(parts);
};

it.each([0, 1, 16, 127, 128, 300])("writes bytes of peer %i as protobuf would", (peer) => {
  for (const length of [1, 100, 127, 128, 16_383, 16_384, 65_536]) {
    const data = Buffer.alloc(length, 7);
    const value = { peer, data };
    const [request, response] = [
      toBinary(
        ProcessConnectionRequestSchema,
        create(ProcessConnectionRequestSchema, { message: { case: "bytes", value } }),
      ),
      toBinary(
        ProcessConnectionResponseSchema,
        create(ProcessConnectionResponseSchema, { message: { case: "bytes", value } }),
      ),
    ];
    const fields = [ProcessConnectionRequestSchema, ProcessConnectionResponseSchema].map(
      ({ field }) => field.bytes.number,
    );
    for (const [at, expected] of [request, response].entries()) {
      const found = written(fields[at] ?? 0, peer, data);
      expect(found[0]).toBe(0);
      expect(found.readUInt32BE(1)).toBe(expected.length);
      expect(found.subarray(5).equals(expected)).toBe(true);
    }
  }
});
