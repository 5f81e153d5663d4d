import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeClientHello,
  decodeHandshake,
  decodeSsl2ClientHello,
  encodeClientHello,
  encodeHandshake,
  encodeRecords,
  encodeSsl2ClientHello,
  HandshakeReader,
  RecordReader,
  ssl2RecordBytes,
} from "../../src/index.ts";
import { clientHello, messageInContext, ssl2ClientHello } from "../arbitraries.ts";

describe("what was encoded", () => {
  it("decodes to the same handshake message, of any type and version", () => {
    fc.assert(
      fc.property(messageInContext, ({ message, context }) => {
        const bytes = encodeHandshake(message);
        const [frame, ...more] = new HandshakeReader().push(bytes);
        expect(more).toEqual([]);
        expect(frame?.bytes).toEqual(bytes);
        const decoded = decodeHandshake(frame!, context);
        expect(decoded).toEqual(message);
        expect(encodeHandshake(decoded)).toEqual(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it("decodes to the same ClientHello", () => {
    fc.assert(
      fc.property(clientHello, (hello) => {
        expect(decodeClientHello(encodeClientHello(hello))).toEqual(hello);
      }),
    );
  });

  it("decodes to the same SSL 2.0 hello", () => {
    fc.assert(
      fc.property(ssl2ClientHello, (hello) => {
        const bytes = encodeSsl2ClientHello(hello);
        expect(ssl2RecordBytes(bytes)).toBe(bytes.length);
        expect(decodeSsl2ClientHello(bytes)).toEqual(hello);
      }),
    );
  });

  it("comes back from records of any size", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.integer({ min: 1, max: 600 }),
        (fragment, maxFragmentBytes) => {
          const bytes = encodeRecords({ type: 22, legacyVersion: 0x0301, fragment }, { maxFragmentBytes });
          const records = [...new RecordReader().push(bytes)];
          expect(records.flatMap((record) => [...record.fragment])).toEqual([...fragment]);
          expect(records.every(({ length }) => length <= maxFragmentBytes)).toBe(true);
        },
      ),
    );
  });
});
