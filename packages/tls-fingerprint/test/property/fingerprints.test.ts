import { type ClientHello, isGrease } from "@faultwire/tls-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ja3, ja3Full, ja4, ja4o, ja4r, ja4ro } from "../../src/index.ts";
import { type HelloParts, helloBytesOf, helloOf } from "../support/hello.ts";
import { referenceOf } from "../support/reference.ts";

const greaseValue = fc.integer({ min: 0, max: 15 }).map((nibble) => nibble * 0x1010 + 0x0a0a);
const word = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  { weight: 1, arbitrary: greaseValue },
);
const words = fc.array(word, { minLength: 1, maxLength: 120 });
const known = fc.constantFrom(0, 10, 11, 13, 16, 43, 23, 65281);
const version = fc.oneof(fc.constantFrom(0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304), word);
const protocol = fc.oneof(
  fc.constantFrom("h2", "http/1.1"),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => String.fromCharCode(...bytes)),
);
const parts: fc.Arbitrary<HelloParts> = fc
  .record({
    legacyVersion: version,
    cipherSuites: words,
    extensions: fc.option(
      // A type that the helper gives an empty body must be one that means nothing to the fingerprints.
      fc.uniqueArray(fc.oneof(known, word), { maxLength: 120 }),
      { nil: undefined },
    ),
    versions: fc.array(version, { minLength: 1, maxLength: 8 }),
    groups: words,
    formats: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }),
    schemes: words,
    alpn: fc.array(protocol, { minLength: 1, maxLength: 3 }),
  })
  .map(({ extensions, ...rest }) =>
    extensions === undefined ? rest : { ...rest, extensions: pskLast(extensions) },
  );

/** RFC 8446 section 4.2.11: the parser refuses a hello that has it elsewhere. */
function pskLast(types: readonly number[]): number[] {
  const others = types.filter((type) => type !== 41);
  return others.length === types.length ? others : [...others, 41];
}

const allOf = (hello: ClientHello): Record<string, string> => ({
  ja3Full: ja3Full(hello),
  ja3: ja3(hello),
  ja4: ja4(hello),
  ja4r: ja4r(hello),
  ja4o: ja4o(hello),
  ja4ro: ja4ro(hello),
});

describe("fingerprints of any hello", () => {
  it("are those of a second implementation that reads the bytes itself", () => {
    fc.assert(
      fc.property(parts, (p) => {
        expect(allOf(helloOf(p))).toEqual(referenceOf(helloBytesOf(p)));
      }),
      { numRuns: 1000 },
    );
  });

  it("do not change when all GREASE is taken out", () => {
    const plain = (list: readonly number[]): number[] => list.filter((value) => !isGrease(value));
    fc.assert(
      fc.property(parts, (p) => {
        const hello = helloOf(p);
        const bare: ClientHello = {
          ...hello,
          cipherSuites: plain(hello.cipherSuites),
          extensions: hello.extensions
            ?.filter(({ type }) => !isGrease(type))
            .map((extension) => {
              if (extension.kind === "supportedGroups")
                return { ...extension, groups: plain(extension.groups) };
              if (extension.kind === "signatureAlgorithms")
                return { ...extension, schemes: plain(extension.schemes) };
              return extension;
            }),
        };
        expect(allOf(bare)).toEqual(allOf(hello));
      }),
    );
  });

  it("in JA4's sorted forms do not depend on the order of suites and extensions", () => {
    fc.assert(
      fc.property(parts, (p) => {
        const hello = helloOf(p);
        const shuffled: ClientHello = {
          ...hello,
          cipherSuites: hello.cipherSuites.toReversed(),
          extensions: hello.extensions?.toReversed(),
        };
        expect(ja4(shuffled)).toBe(ja4(hello));
        expect(ja4r(shuffled)).toBe(ja4r(hello));
      }),
    );
  });
});
