import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { expect, it } from "vitest";
import { EnvelopeReader, encodeEnvelope } from "../../src/envelope.ts";

/** The bytes in pieces, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function read(pieces: readonly Uint8Array[], maxMessageBytes: number): Uint8Array | string {
  const reader = new EnvelopeReader(maxMessageBytes);
  try {
    for (const piece of pieces) {
      reader.push(piece);
      expect(reader.pendingBytes).toBeLessThan(maxMessageBytes + 5 + piece.length);
    }
    return Uint8Array.from(reader.end());
  } catch (error) {
    if (error instanceof ConnectError) return error.rawMessage;
    throw error;
  }
}

const places = fc.array(fc.nat(), { maxLength: 6 });

it("what was put into an envelope comes out of it, however it is cut", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), places, (message, at) => {
      expect(read(cut(encodeEnvelope(message), at), 300)).toEqual(message);
    }),
  );
});

it("any bytes give one outcome under every cut, a message or a ConnectError", () => {
  const prefixed = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 40 }))
    .map(([flags, length, rest]) => Uint8Array.from([flags, 0, 0, 0, length, ...rest]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), prefixed), places, (bytes, at) => {
      expect(read(cut(bytes, at), 30)).toEqual(read([bytes], 30));
    }),
  );
});
