import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseKeylogLine, RecordOpener, RecordSealer, TlsBridgeError } from "../../src/index.ts";
import { recordsOf, secretsFor, suites } from "../support/secrets.ts";

const suite = fc.constantFrom(...suites);
const contentType = fc.constantFrom(21, 22, 23, 24);

const refusedOrTaken = (attempt: () => unknown): void => {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof TlsBridgeError)) throw error;
  }
};

describe("for any bytes", () => {
  it("opening is the reverse of sealing, at any place in the sequence, in any pieces, with any padding", () => {
    const pieces = fc.array(
      fc.record({
        contentType,
        content: fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 300 }),
          fc.uint8Array({ minLength: 1, maxLength: 40_000, size: "max" }),
        ),
        padding: fc.nat(600),
        size: fc.option(fc.integer({ min: 1, max: 15_784 }), { nil: undefined }),
        update: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    // Small enough for the limit of AES-GCM, or beyond 32 bits where there is none.
    const places = fc.oneof(fc.nat(2 ** 20), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 52 }));
    fc.assert(
      fc.property(suite, places, pieces, (chosen, place, list) => {
        const start = place % (chosen.maxRecords - 2 ** 18);
        const sealer = new RecordSealer(secretsFor(chosen, start));
        const opener = new RecordOpener(secretsFor(chosen, start));
        const isTls13 = chosen.version === "TLSv1.3";
        for (const { content, padding, size, update, ...piece } of list) {
          const paddingBytes = isTls13 ? padding : 0;
          const cut = size === undefined ? {} : { maxPlaintextBytes: Math.max(size, content.length >> 6) };
          const options = { paddingBytes, ...cut };
          const sealed = sealer.seal(piece.contentType, content, options);
          expect(sealed.length).toBe(sealer.sealedBytes(content.length, options));
          const opened = recordsOf(sealed).map((record) => opener.open(record));
          for (const record of opened)
            expect([record.contentType, record.paddingBytes]).toEqual([piece.contentType, paddingBytes]);
          expect(Buffer.concat(opened.map(({ plaintext }) => plaintext)).equals(content)).toBe(true);
          if (!update || !isTls13) continue;
          sealer.updateKeys();
          opener.updateKeys();
        }
        expect(opener.sequenceNumber).toBe(sealer.sequenceNumber);
      }),
      { numRuns: 150 },
    );
  });

  it("an opener gives content or TlsBridgeError, and stays where it was when it refuses", () => {
    const record = fc.record({
      type: fc.oneof(fc.constant(23), fc.nat(255)),
      legacyVersion: fc.oneof(fc.constant(0x0303), fc.nat(0xffff)),
      fragment: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(suite, record, (chosen, bytes) => {
        const opener = new RecordOpener(secretsFor(chosen));
        expect(() => opener.open(bytes)).toThrow(TlsBridgeError);
        expect(opener.sequenceNumber).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it("a genuine record with other bytes in one place does not open", () => {
    fc.assert(
      fc.property(
        suite,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (chosen, content, at, change) => {
          const bytes = new RecordSealer(secretsFor(chosen)).seal(23, content);
          const [record] = recordsOf(bytes);
          const fragment = Uint8Array.from(record!.fragment);
          fragment[at % fragment.length]! ^= change;
          const open = (): unknown =>
            new RecordOpener(secretsFor(chosen)).open({ type: 23, legacyVersion: 0x0303, fragment });
          expect(open).toThrow(TlsBridgeError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("a sealer and the key log's reader throw nothing but TlsBridgeError", () => {
    const number = fc.oneof(fc.integer({ min: -5, max: 70_000 }), fc.double());
    fc.assert(
      fc.property(
        suite,
        number,
        fc.uint8Array({ maxLength: 50 }),
        number,
        number,
        (chosen, type, content, padding, size) => {
          const sealer = new RecordSealer(secretsFor(chosen));
          refusedOrTaken(() =>
            sealer.seal(type, content, { paddingBytes: padding, maxPlaintextBytes: size }),
          );
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (line) => refusedOrTaken(() => parseKeylogLine(line))),
    );
  });
});
