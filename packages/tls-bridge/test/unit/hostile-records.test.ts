import { createCipheriv, createHmac } from "node:crypto";
import { AlertDescription, ContentType, encodeRecord, type RecordParts } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { RecordOpener, type RecordProtectionSuite, RecordSealer, TlsBridgeError } from "../../src/index.ts";
import { bytesOf, recordsOf, refusal, secretsFor, suites } from "../support/secrets.ts";

const TEXT = bytesOf("text", 23);
const openerOf = (suite: RecordProtectionSuite, sequenceNumber = 0): RecordOpener =>
  new RecordOpener(secretsFor(suite, sequenceNumber));
const sealerOf = (suite: RecordProtectionSuite, sequenceNumber = 0): RecordSealer =>
  new RecordSealer(secretsFor(suite, sequenceNumber));

function recordOf(suite: RecordProtectionSuite, content: Uint8Array = TEXT): RecordParts {
  const [record] = recordsOf(sealerOf(suite).seal(ContentType.applicationData, content));
  const { type, legacyVersion, fragment } = record!;
  return { type, legacyVersion, fragment };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

describe.each(suites)("a record of $name", (suite) => {
  const record = recordOf(suite);
  const isTls13 = suite.version === "TLSv1.3";

  it("opens as it is, once", () => {
    const opener = openerOf(suite);
    expect(opener.open(record)).toEqual({ contentType: 23, plaintext: TEXT, paddingBytes: 0 });
    expect(refusal(() => opener.open(record))).toBe("bad-record-mac");
    expect(opener.sequenceNumber).toBe(1);
  });

  it("is refused with any one bit flipped, and opens still when it comes undamaged", () => {
    const opener = openerOf(suite);
    for (let bit = 0; bit < 8 * record.fragment.length; bit++) {
      const damaged = { ...record, fragment: flipped(record.fragment, bit) };
      expect(refusal(() => opener.open(damaged))).toBe("bad-record-mac");
    }
    expect(opener.open(record).plaintext).toEqual(TEXT);
  });

  it("is refused at every shorter and at a greater length", () => {
    const opener = openerOf(suite);
    for (let length = 0; length < record.fragment.length; length++) {
      const shorter = { ...record, fragment: record.fragment.subarray(0, length) };
      expect(refusal(() => opener.open(shorter))).toBe("bad-record-mac");
    }
    const longer = { ...record, fragment: Uint8Array.from([...record.fragment, 0]) };
    expect(refusal(() => opener.open(longer))).toBe("bad-record-mac");
  });

  it("is refused under another version or type", () => {
    const opener = openerOf(suite);
    for (const legacyVersion of [0x0301, 0x0302, 0x0304])
      expect(refusal(() => opener.open({ ...record, legacyVersion }))).toBe("bad-record-mac");
    for (const type of [20, 21, 22, 24])
      expect(refusal(() => opener.open({ ...record, type }))).toBe(
        isTls13 ? "unexpected-record" : "bad-record-mac",
      );
  });

  it.each([1, 2, 256, 2 ** 32, 2 ** 40])("is refused %i places from its own", (distance) => {
    expect(refusal(() => openerOf(suite, distance).open(record))).toBe("bad-record-mac");
    if (distance >= suite.maxRecords) return;
    const [far] = recordsOf(sealerOf(suite, distance).seal(ContentType.applicationData, TEXT));
    expect(refusal(() => openerOf(suite).open(far!))).toBe("bad-record-mac");
    expect(openerOf(suite, distance).open(far!).plaintext).toEqual(TEXT);
  });

  it("is refused by whoever has other secrets", () => {
    const stranger = new RecordOpener(secretsFor(suite, 0, "another secret"));
    expect(refusal(() => stranger.open(record))).toBe("bad-record-mac");
    const secrets = secretsFor(suite);
    if (secrets.version === "TLSv1.2")
      expect(refusal(() => new RecordOpener({ ...secrets, side: "server" }).open(record))).toBe(
        "bad-record-mac",
      );
  });

  it("is refused when it is longer than the version allows, before anything is decrypted", () => {
    const most = isTls13 ? 16_640 : 18_432;
    const opener = openerOf(suite);
    expect(refusal(() => opener.open({ ...record, fragment: new Uint8Array(most + 1) }))).toBe(
      "record-overflow",
    );
    expect(refusal(() => opener.open({ ...record, fragment: new Uint8Array(most) }))).toBe("bad-record-mac");
  });

  it("is refused when genuine and still one byte too long inside", () => {
    const open = (bytes: number): unknown => {
      const sealed = sealerOf(suite).seal(23, new Uint8Array(bytes), { maxPlaintextBytes: bytes });
      return openerOf(suite).open(recordsOf(sealed)[0]!).plaintext.length;
    };
    expect(open(16_384)).toBe(16_384);
    expect(refusal(() => open(16_385))).toBe("record-overflow");
  });

  it("may be empty only as application data", () => {
    const open = (type: number): unknown =>
      openerOf(suite).open(recordsOf(sealerOf(suite).seal(type, new Uint8Array(0)))[0]!);
    expect(open(23)).toEqual({ contentType: 23, plaintext: new Uint8Array(0), paddingBytes: 0 });
    for (const type of [21, 22, 24]) expect(refusal(() => open(type))).toBe("empty-content");
  });

  it("is refused when it was sealed with a bad MAC, and the next one is none the worse", () => {
    const sealer = sealerOf(suite);
    const [bad] = recordsOf(sealer.seal(23, TEXT, { badMac: true }));
    const [good] = recordsOf(sealer.seal(23, TEXT));
    expect(refusal(() => openerOf(suite).open(bad!))).toBe("bad-record-mac");
    expect(openerOf(suite, 1).open(good!).plaintext).toEqual(TEXT);
  });
});

/** Seals an inner plaintext that the sealer would not make: HKDF-Expand-Label and AEAD by hand. */
function sealInner(inner: Uint8Array): RecordParts {
  const secret = bytesOf("secret", 32);
  const expand = (label: string, length: number): Buffer =>
    createHmac("sha256", secret)
      .update(Buffer.from([0, length, 6 + label.length, ...Buffer.from(`tls13 ${label}`), 0, 1]))
      .digest()
      .subarray(0, length);
  const cipher = createCipheriv("aes-128-gcm", expand("key", 16), expand("iv", 12));
  const length = inner.length + 16;
  cipher.setAAD(Uint8Array.of(23, 3, 3, length >> 8, length & 0xff));
  const sealed = Buffer.concat([cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  return { type: 23, legacyVersion: 0x0303, fragment: sealed };
}

describe("the inside of a TLS 1.3 record", () => {
  const open = (inner: number[] | Uint8Array): unknown =>
    openerOf(suites[0]!).open(sealInner(Uint8Array.from(inner)));

  it("agrees with what was sealed by hand", () => {
    expect(open([...TEXT, 22, 0, 0])).toEqual({ contentType: 22, plaintext: TEXT, paddingBytes: 2 });
    expect(encodeRecord(sealInner(Uint8Array.of(...TEXT, 23)))).toEqual(sealerOf(suites[0]!).seal(23, TEXT));
  });

  it.each([
    ["nothing", []],
    ["one zero", [0]],
    ["zeros alone", new Uint8Array(16_385)],
    ["ChangeCipherSpec", [1, 20]],
    ["an unknown type", [1, 25]],
    ["type 255", [1, 255]],
  ])("is refused when it is %s", (_, inner) => {
    expect(refusal(() => open(inner))).toBe("bad-inner-type");
  });

  it("counts padding against its length", () => {
    const padded = (bytes: number): number[] => [1, 23, ...new Array<number>(bytes - 2).fill(0)];
    expect(open(padded(16_385))).toMatchObject({ plaintext: Uint8Array.of(1), paddingBytes: 16_383 });
    expect(refusal(() => open(padded(16_386)))).toBe("record-overflow");
  });

  it("keeps zeros that belong to the content", () => {
    expect(open([0, 0, 23, 0])).toEqual({ contentType: 23, plaintext: new Uint8Array(2), paddingBytes: 1 });
  });
});

it("errors name the alert that the RFC wants sent", () => {
  const codes = { "bad-record-mac": 20, "record-overflow": 22, "bad-inner-type": 10 } as const;
  for (const [code, description] of Object.entries(codes))
    expect(new TlsBridgeError(code as keyof typeof codes, "").alertDescription).toBe(description);
  expect(AlertDescription.badRecordMac).toBe(20);
  expect(new TlsBridgeError("bad-option", "").alertDescription).toBeUndefined();
});
