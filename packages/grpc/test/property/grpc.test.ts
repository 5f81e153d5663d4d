import { concatBytes, randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeBinaryField,
  decodeStatusMessage,
  encodeBinaryField,
  encodePrefix,
  encodeStatusMessage,
  MessageReader,
  readStatus,
  readStatusDetails,
  statusFields,
} from "../../src/index.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const cut = (bytes: Uint8Array, seed: number): Uint8Array[] => {
  const random = seededRandom(seed);
  return randomChunks(bytes, 1, 1 + Math.floor(random() * 40), random);
};
const message = fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), isCompressed: fc.boolean() });

describe("messages", () => {
  it("are read as they were written, at any chunking, byte-exact", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), seeds, (messages, seed) => {
        const wire = concatBytes(
          messages.flatMap(({ bytes, isCompressed }) => [
            encodePrefix(bytes.length, isCompressed ? 1 : 0),
            bytes,
          ]),
        );
        const reader = new MessageReader();
        const items = [...cut(wire, seed).flatMap((chunk) => reader.push(chunk)), ...reader.finish()];
        expect(concatBytes(items.map(({ bytes }) => bytes))).toEqual(wire);
        const heads = items.flatMap((item) => (item.kind === "head" ? [item] : []));
        expect(heads.map(({ messageBytes, isCompressed }) => [messageBytes, isCompressed])).toEqual(
          messages.map(({ bytes, isCompressed }) => [bytes.length, isCompressed]),
        );
        expect(items.filter(({ kind }) => kind === "end").length).toBe(messages.length);
        expect(reader.isBetweenMessages).toBe(true);
      }),
    );
  });

  it("of any bytes: every byte comes out once, nothing is kept, and any chunking says the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), seeds, seeds, (bytes, one, other) => {
        // Small lengths are likelier to say something.
        for (let at = 0; at < bytes.length; at++) if (bytes[at]! > 40) bytes[at] = bytes[at]! % 3;
        const read = (seed: number): string => {
          const reader = new MessageReader({ maxMessageBytes: 50 });
          const items = cut(bytes, seed).flatMap((chunk) => reader.push(chunk));
          expect(reader.pendingBytes).toBeLessThan(5);
          const kept = reader.pendingBytes;
          const out = concatBytes(items.map((item) => item.bytes));
          expect(out).toEqual(bytes.subarray(0, bytes.length - kept));
          return items
            .map((item) =>
              item.kind === "part" || item.kind === "opaque"
                ? item.kind
                : JSON.stringify({ ...item, bytes: 0 }),
            )
            .filter((line, at, all) => line !== all[at - 1] || line.startsWith("{"))
            .join("\n");
        };
        expect(read(one)).toBe(read(other));
      }),
    );
  });
});

describe("statuses", () => {
  it("messages and binary values are read as they were written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array({ maxLength: 100 }), (text, bytes) => {
        const encoded = encodeStatusMessage(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeStatusMessage(encoded)).toBe(text);
        expect(decodeBinaryField(encodeBinaryField(bytes))).toEqual(bytes);
      }),
    );
  });

  it("what is written is read", () => {
    const ms = fc.option(fc.integer({ min: 0, max: 2_147_483_647 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 16 }),
        fc.string(),
        ms,
        fc.option(fc.oneof(fc.integer({ min: 0, max: 9_999_999 }), fc.constant("never" as const)), {
          nil: undefined,
        }),
        (code, text, retryDelayMs, pushback) => {
          expect(readStatus(statusFields({ code, message: text, retryDelayMs, pushback }))).toEqual({
            code,
            ...(retryDelayMs !== undefined && { retryDelayMs }),
            ...(pushback !== undefined && { pushback }),
          });
        },
      ),
    );
  });

  it("any bytes are a status or none, and never an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const status = readStatusDetails(bytes);
        if (status) expect(typeof status.message).toBe("string");
      }),
    );
  });
});
