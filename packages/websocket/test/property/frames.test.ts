import { concatBytes, randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeFrame,
  FrameReader,
  type FrameToWrite,
  type FrameType,
  frameFormatLimits,
  maskBytes,
} from "../../src/index.ts";
import { readFrames, summaryOf, wireOf } from "../support/frames.ts";

const cut = (bytes: Uint8Array, seed: number): Uint8Array[] => {
  const random = seededRandom(seed);
  return randomChunks(bytes, 1, 1 + Math.floor(random() * 40), random);
};
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const payload = fc.uint8Array({ maxLength: 300 });
const key = fc.uint8Array({ minLength: 4, maxLength: 4 });

/** A message in one frame or several, with pings between them; without masks. */
const message: fc.Arbitrary<FrameToWrite[]> = fc
  .tuple(fc.constantFrom<FrameType>("text", "binary"), fc.array(payload, { minLength: 1, maxLength: 4 }))
  .map(([type, parts]) =>
    parts.flatMap((part, at): FrameToWrite[] => [
      ...(at > 0 ? [{ type: "ping", payload: Uint8Array.of(at) } as const] : []),
      { type: at === 0 ? type : "continuation", fin: at === parts.length - 1, payload: part },
    ]),
  );

describe("frames", () => {
  it("are read as they were written, at any chunking, byte-exact", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        key,
        fc.boolean(),
        seeds,
        (messages, mask, masks, seed) => {
          const frames = messages.flat();
          const wire = concatBytes(frames.map((frame) => encodeFrame(masks ? { ...frame, mask } : frame)));
          const items = readFrames({ from: masks ? "client" : "server" }, cut(wire, seed));
          expect(wireOf(items)).toBe(Buffer.from(wire).toString("hex"));
          const heads = items.filter((item) => item.kind === "head");
          expect(heads.map(({ type, payloadBytes }) => [type, payloadBytes])).toEqual(
            frames.map(({ type, payload: of }) => [type, of?.length ?? 0]),
          );
          const whole = items.flatMap((item) => (item.kind === "end" && item.message ? [item.message] : []));
          expect(whole.map(({ bytes }) => bytes)).toEqual(
            messages.map((its) =>
              its.reduce((sum, { type, payload: of }) => sum + (type === "ping" ? 0 : (of?.length ?? 0)), 0),
            ),
          );
          // What was masked is what was meant.
          let mine = -1;
          for (const item of items) {
            if (item.kind === "head") mine++;
            if (item.kind !== "payload") continue;
            const plain = masks ? maskBytes(item.bytes, mask, item.at) : item.bytes;
            expect(plain).toEqual(frames[mine]?.payload?.slice(item.at, item.at + item.bytes.length));
          }
        },
      ),
    );
  });

  it("any bytes give items at once, the same at any chunking, and keep next to nothing", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        seeds,
        fc.boolean(),
        fc.boolean(),
        (bytes, seed, isClient, isDeflated) => {
          const options = { from: isClient ? "client" : "server", isDeflated } as const;
          const whole = readFrames(options, [bytes]);
          expect(wireOf(whole)).toBe(Buffer.from(bytes).toString("hex"));
          expect(summaryOf(readFrames(options, cut(bytes, seed)))).toEqual(summaryOf(whole));
          const reader = new FrameReader(options);
          for (const chunk of cut(bytes, seed)) {
            reader.push(chunk);
            expect(reader.pendingBytes).toBeLessThanOrEqual(125 + frameFormatLimits.headerBytes);
          }
        },
      ),
    );
  });

  it("a mask twice is none", () => {
    fc.assert(
      fc.property(payload, key, fc.nat(9), (bytes, mask, at) => {
        expect(maskBytes(maskBytes(bytes, mask, at), mask, at)).toEqual(bytes);
      }),
    );
  });
});
