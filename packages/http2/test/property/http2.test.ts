/** Properties: what is encoded decodes to the same, any chunking says the same, any bytes give an error of ours at most. */
import {
  type Frame,
  FrameReader,
  HpackDecoder,
  HpackEncoder,
  Http2Error,
  writeFrame,
} from "@faultwire/http2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { peerOf } from "../support/peer.ts";

const byteText = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const names = fc.oneof(byteText, fc.constantFrom(":path", "cookie", "x-a", "x-b", "content-type", ":status"));
const fields = fc.array(fc.tuple(names, byteText), { maxLength: 12 });
const frame = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 255 }),
  streamId: fc.integer({ min: 0, max: 0x7fff_ffff }),
  payload: fc.uint8Array({ maxLength: 200 }),
});

/** Cuts bytes where the numbers say. */
function chunksOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return [...chunks, bytes.slice(at)];
}

const plain = ({ type, flags, streamId, payload }: Frame): unknown => [
  type,
  flags,
  streamId,
  Buffer.from(payload).toString("hex"),
];

describe("HPACK", () => {
  it("decodes what was encoded, through one table, of any size", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fields, fc.option(fc.integer({ min: 0, max: 4096 })), fc.boolean()), {
          maxLength: 20,
        }),
        (blocks) => {
          const encoder = new HpackEncoder();
          const decoder = new HpackDecoder();
          for (const [list, size, isSecret] of blocks) {
            if (size !== null) encoder.resize(size);
            const marked = new Set(isSecret ? list.slice(0, 1) : []);
            const decoded = decoder.decode(encoder.encode(list, marked));
            expect(decoded.fields).toEqual(list);
            expect(decoded.neverIndexed.size).toBe(marked.size);
          }
        },
      ),
    );
  });

  it("any bytes decode, or are refused by an error of ours", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          new HpackDecoder({ maxListBytes: 1_000 }).decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Http2Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("frames", () => {
  it("are read as they were written, in any chunks", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 40 })),
        (list, sizes) => {
          const bytes = Buffer.concat(list.map((parts) => writeFrame(parts)));
          const reader = new FrameReader();
          const read = chunksOf(bytes, sizes).flatMap((chunk) => reader.push(chunk).map(plain));
          expect(read).toEqual(list.map(plain));
          expect(reader.pendingBytes).toBe(0);
        },
      ),
    );
  });
});

describe("a connection", () => {
  it.each(["client", "server"] as const)(
    "as a %s takes any frames in any chunks the same way, and keeps little",
    (role) => {
      const ids = fc.record({
        ...{ type: fc.integer({ min: 0, max: 11 }), flags: fc.integer({ min: 0, max: 63 }) },
        streamId: fc.integer({ min: 0, max: 6 }),
        payload: fc.uint8Array({ maxLength: 40 }),
      });
      fc.assert(
        fc.property(
          fc.array(ids, { maxLength: 30 }),
          fc.array(fc.integer({ min: 0, max: 50 })),
          (list, sizes) => {
            const bytes = new Uint8Array(Buffer.concat(list.map((parts) => writeFrame(parts))));
            const whole = peerOf(role);
            const cut = peerOf(role);
            whole.say(bytes);
            for (const chunk of chunksOf(bytes, sizes)) cut.connection.push(chunk);
            cut.say();
            expect(cut.told.what).toEqual(whole.told.what);
            expect(cut.told.frames.map(plain)).toEqual(whole.told.frames.map(plain));
            expect(whole.connection.heldBytes).toBeLessThan(2_000);
          },
        ),
      );
    },
  );
});
