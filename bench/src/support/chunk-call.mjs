// One ProcessTunnelData call with a chunk of 4 KiB, as bytes of HTTP/2's DATA frames.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  ProcessTunnelDataRequestSchema,
  ProcessTunnelDataResponseSchema,
  passThroughChunk,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";

export const chunkBytes = 4096;
export const prefixBytes = 5;
export const chunkPath = pluginMethodPaths.processTunnelData;

/** Puts a message behind the five bytes of its prefix. */
export function envelope(message) {
  const bytes = Buffer.alloc(prefixBytes + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, prefixBytes);
  return bytes;
}

export const request = envelope(
  toBinary(
    ProcessTunnelDataRequestSchema,
    create(ProcessTunnelDataRequestSchema, {
      id: "00000000-0000-4000-8000-000000000000",
      chunk: new Uint8Array(chunkBytes).fill(7),
    }),
  ),
);

/** The shortest right answer: it carries the chunk in one of two ways that differ in one byte. */
export const responseBytes = envelope(
  toBinary(ProcessTunnelDataResponseSchema, passThroughChunk(new Uint8Array(chunkBytes))),
).length;
