import { concatBytes } from "@faultwire/testkit/chunkers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ClientHelloReader,
  decodeClientHello,
  encodeHandshake,
  HandshakeReader,
  RecordReader,
  TlsParseError,
} from "../../src/index.ts";
import { messageInContext } from "../arbitraries.ts";
import { contexts, decodeOne, enterEverywhere } from "../entry-points.ts";

describe("bytes from anybody", () => {
  it("give our error alone, the same under any chunking", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 20 }), (bytes, size) => {
        enterEverywhere(bytes, size);
      }),
      { numRuns: 400 },
    );
  });

  it("give our error alone where a good message has bytes changed, cut off or added", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        messageInContext,
        fc.array(change, { maxLength: 4 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 3 }),
        ({ message, context }, changes, cut, added) => {
          const whole = encodeHandshake(message);
          const bytes = concatBytes([
            whole.subarray(0, 1),
            whole.subarray(4, 4 + (cut % whole.length)),
            added,
          ]);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          decodeOne(bytes, context);
          for (const other of contexts) decodeOne(bytes, other);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("are never mistaken for a whole message when the end is missing", () => {
    fc.assert(
      fc.property(messageInContext, ({ message, context }) => {
        if (message.kind === "clientHello" && message.extensions !== undefined) {
          const body = encodeHandshake(message).subarray(4);
          for (let length = 0; length < body.length; length++) {
            const prefix = body.subarray(0, length);
            const withoutList = body.length - length === lengthOfExtensions(body) + 2;
            if (!withoutList) expect(() => decodeClientHello(prefix, context)).toThrow(TlsParseError);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Bytes of a ClientHello's extension list, found from the front. */
function lengthOfExtensions(body: Uint8Array): number {
  let at = 34;
  at += 1 + body[at]!;
  at += 2 + ((body[at]! << 8) | body[at + 1]!);
  at += 1 + body[at]!;
  return (body[at]! << 8) | body[at + 1]!;
}

describe("memory", () => {
  /** Bytes of array buffers that `count` values of `make` keep alive. */
  function keptBytes(count: number, make: () => unknown): number {
    const kept: unknown[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < count; index++) kept.push(make());
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(kept).toHaveLength(count);
    return grown;
  }

  it("follows the bytes that came, not the length that a handshake message declares", () => {
    const header = Uint8Array.of(1, 1, 0, 0);
    const grown = keptBytes(2000, () => {
      const reader = new HandshakeReader();
      for (const frame of reader.push(header)) throw new Error(`${frame.type} is not complete`);
      return reader;
    });
    expect(grown).toBeLessThan(2000 * 2048);
  });

  it("grows in steps where a long message comes slowly", () => {
    const start = concatBytes([Uint8Array.of(1, 1, 0, 0), new Uint8Array(1500)]);
    const grown = keptBytes(300, () => {
      const reader = new HandshakeReader();
      for (let at = 0; at < start.length; at += 500)
        for (const frame of reader.push(start.subarray(at, at + 500)))
          throw new Error(`${frame.type} is not complete`);
      return reader;
    });
    expect(grown).toBeLessThan(300 * 6000);
  });

  it("of a record that is not complete is its declared length at most, and nothing where it is skipped", () => {
    const header = Uint8Array.of(23, 3, 3, 0x40, 0);
    const push = (skipApplicationData: boolean): unknown => {
      const reader = new RecordReader({ skipApplicationData });
      for (const record of reader.push(header)) throw new Error(`${record.type} is not complete`);
      return reader;
    };
    expect(keptBytes(500, () => push(false))).toBeLessThan(500 * 20_000);
    expect(keptBytes(500, () => push(true))).toBeLessThan(500 * 100);
  });

  it("of a reader for hellos is bounded however slowly and in however many records they come", () => {
    const body = new Uint8Array(60_000);
    const message = concatBytes([Uint8Array.of(1, 0, body.length >> 8, body.length & 0xff), body]);
    const reader = new ClientHelloReader();
    for (const byte of message.subarray(0, 5000))
      expect(reader.push(Uint8Array.of(22, 3, 1, 0, 1, byte)).status).toBe("more");
  });

  it("and time stay small for a hello of as many extensions as fit", () => {
    const count = 16_000;
    const list = new Uint8Array(count * 4);
    for (let index = 0; index < count; index++) {
      list[4 * index] = 0x40 + (index >> 8);
      list[4 * index + 1] = index & 0xff;
    }
    const front = concatBytes([Uint8Array.of(3, 3), new Uint8Array(32), Uint8Array.of(0, 0, 2, 19, 1, 1, 0)]);
    const extensions = concatBytes([Uint8Array.of((list.length >> 8) & 0xff, list.length & 0xff), list]);
    const body = concatBytes([front, extensions]);
    const start = process.cpuUsage();
    for (let run = 0; run < 20; run++)
      expect(decodeClientHello(body, { malformedExtensions: "keep" }).extensions).toHaveLength(count);
    const { user, system } = process.cpuUsage(start);
    // Comparing each with all others takes more than ten times this.
    expect((user + system) / 20_000).toBeLessThan(100);
  });
});
