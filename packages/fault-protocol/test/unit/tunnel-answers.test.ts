import { toBinary } from "@bufbuild/protobuf";
import {
  buffer,
  close,
  FaultProtocolError,
  hostLimits,
  type ProcessTunnelDataResponse,
  ProcessTunnelDataResponseSchema,
  passThrough,
  passThroughChunk,
  replace,
  swallow,
} from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";
import { bytesField, textField, varintField } from "../vectors/hand-encoder.ts";

const encoded = (answer: ProcessTunnelDataResponse): number[] =>
  Array.from(toBinary(ProcessTunnelDataResponseSchema, answer));
const chunk = new Uint8Array([0x16, 0x03, 0x01]);

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof FaultProtocolError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("answers to ProcessTunnelData", () => {
  it("pass through whatever the host holds: an action is set, its chunk is empty", () => {
    expect(encoded(passThrough())).toEqual([0x0a, 0x00]);
  });

  it("pass a chunk through", () => {
    expect(encoded(passThroughChunk(chunk))).toEqual(bytesField(1, bytesField(1, chunk)));
  });

  it("replace", () => {
    expect(encoded(replace(chunk))).toEqual(bytesField(2, bytesField(1, chunk)));
  });

  it("swallow: a Replace is set, its chunk is empty", () => {
    expect(encoded(swallow())).toEqual([0x12, 0x00]);
  });

  it("close", () => {
    expect(encoded(close("why"))).toEqual(bytesField(4, textField(1, "why")));
  });

  it("buffer", () => {
    expect(encoded(buffer(0))).toEqual([0x1a, 0x00]);
    expect(encoded(buffer(300))).toEqual(bytesField(3, varintField(1, 300)));
  });

  it("share no state: each answer is a message of its own", () => {
    expect(passThrough()).not.toBe(passThrough());
    expect(swallow()).not.toBe(swallow());
  });

  it.each([passThroughChunk, replace])(
    "refuse no bytes where the host loses data or loops (%o)",
    (answer) => {
      expect(codeOf(() => answer(new Uint8Array(0)))).toBe("empty-chunk");
    },
  );

  it("fill a message to the last byte that the host decodes, and refuse one more", () => {
    const longest = new Uint8Array(hostLimits.maxAnswerChunkBytes);
    expect(toBinary(ProcessTunnelDataResponseSchema, replace(longest))).toHaveLength(
      hostLimits.maxMessageBytes,
    );
    const tooLong = new Uint8Array(hostLimits.maxAnswerChunkBytes + 1);
    expect(codeOf(() => replace(tooLong))).toBe("message-too-large");
    expect(codeOf(() => passThroughChunk(tooLong))).toBe("message-too-large");
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("refuse to buffer for %d ms", (ms) => {
    expect(codeOf(() => buffer(ms))).toBe("invalid-delay");
  });
});
