import { inspect } from "node:util";
import { CipherSuite, ContentType } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import {
  cipherSuiteProtection,
  RecordOpener,
  type RecordProtectionSuite,
  RecordSealer,
  type RecordSecrets,
  recordProtectionLimits,
  type SealOptions,
  TlsBridgeError,
} from "../../src/index.ts";
import { bytesOf, recordsOf, refusal, secretsFor, suites } from "../support/secrets.ts";

const [aes128, , chacha] = suites as [RecordProtectionSuite, RecordProtectionSuite, RecordProtectionSuite];
const tls12 = suites[3]!;
const lengthsOf = (bytes: Uint8Array): number[] => recordsOf(bytes).map(({ length }) => length);

describe("a sealer", () => {
  it.each(suites)("cuts at 16,384 bytes and counts each record under $name", (suite) => {
    const sealer = new RecordSealer(secretsFor(suite));
    const overhead = suite.version === "TLSv1.3" ? 17 : 16 + suite.explicitNonceBytes;
    const sealed = sealer.seal(23, new Uint8Array(40_000));
    expect(lengthsOf(sealed)).toEqual([16_384, 16_384, 7_232].map((bytes) => bytes + overhead));
    expect(sealer.sequenceNumber).toBe(3);
    expect(sealer.sealedBytes(40_000)).toBe(sealed.length);
    expect(lengthsOf(sealer.seal(23, new Uint8Array(0)))).toEqual([overhead]);
    expect(sealer.sequenceNumber).toBe(4);
  });

  it("makes records of the size asked for", () => {
    const sealer = new RecordSealer(secretsFor(aes128));
    const lengths = (bytes: number, options: SealOptions): number[] =>
      lengthsOf(sealer.seal(23, new Uint8Array(bytes), options));
    expect(lengths(5, { maxPlaintextBytes: 2 })).toEqual([19, 19, 18]);
    expect(lengths(5, { maxPlaintextBytes: 3, paddingBytes: 4 })).toEqual([24, 23]);
    expect(lengths(20_000, { maxPlaintextBytes: 20_000 })).toEqual([20_017]);
    expect(lengths(65_518, { maxPlaintextBytes: 65_518 })).toEqual([65_535]);
    expect(lengths(0, { paddingBytes: 16_384 })).toEqual([16_401]);
  });

  it("makes room for padding, so that records stay as long as they may be", () => {
    const sealer = new RecordSealer(secretsFor(aes128));
    const opener = new RecordOpener(secretsFor(aes128));
    const records = recordsOf(sealer.seal(23, new Uint8Array(20_000), { paddingBytes: 10_000 }));
    expect(records.map((record) => opener.open(record).plaintext.length)).toEqual([6_384, 6_384, 6_384, 848]);
  });

  it.each<[string, SealOptions, number?]>([
    ["a negative size", { maxPlaintextBytes: -1 }],
    ["no room for content", { maxPlaintextBytes: 0 }],
    ["part of a byte", { maxPlaintextBytes: 1.5 }],
    ["negative padding", { paddingBytes: -1 }],
    ["padding that is no number", { paddingBytes: Number.NaN }],
    ["padding that leaves no room", { paddingBytes: 16_384 }],
    ["more than the length field can say", { maxPlaintextBytes: 65_519 }, 65_519],
    ["padding beyond the length field", { maxPlaintextBytes: 1, paddingBytes: 65_518 }],
  ])("refuses %s and seals nothing", (_, options, bytes = 1) => {
    const sealer = new RecordSealer(secretsFor(aes128));
    expect(refusal(() => sealer.seal(23, new Uint8Array(bytes), options))).toBe("bad-option");
    expect(sealer.sequenceNumber).toBe(0);
  });

  it("refuses padding in TLS 1.2, and types that are no byte or look like padding", () => {
    const sealer = new RecordSealer(secretsFor(tls12));
    expect(refusal(() => sealer.seal(23, new Uint8Array(1), { paddingBytes: 1 }))).toBe("bad-option");
    for (const type of [0, -1, 256, 1.5, Number.NaN])
      expect(refusal(() => sealer.seal(type, new Uint8Array(1)))).toBe("bad-option");
  });

  it("never says the same explicit nonce twice: it counts", () => {
    const sealer = new RecordSealer(secretsFor(tls12, 2 ** 32 - 1));
    const nonces = recordsOf(sealer.seal(23, new Uint8Array(3), { maxPlaintextBytes: 1 })).map(
      ({ fragment }) => Buffer.from(fragment.subarray(0, 8)).readBigUInt64BE(),
    );
    expect(nonces).toEqual([2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n]);
  });

  it("leaves what it was given as it was", () => {
    const content = bytesOf("content", 100);
    new RecordSealer(secretsFor(aes128)).seal(23, content);
    expect(content).toEqual(bytesOf("content", 100));
  });

  it("keeps its own copy of the secret", () => {
    const trafficSecret = bytesOf("secret", 32);
    const secrets = { version: "TLSv1.3", suite: aes128, trafficSecret } as const;
    const sealer = new RecordSealer(secrets);
    const opener = new RecordOpener(secrets);
    trafficSecret.fill(0);
    sealer.updateKeys();
    opener.updateKeys();
    const reference = new RecordSealer(secretsFor(aes128));
    reference.updateKeys();
    const sealed = sealer.seal(23, Uint8Array.of(7));
    expect(sealed).toEqual(reference.seal(23, Uint8Array.of(7)));
    expect(opener.open(recordsOf(sealed)[0]!).plaintext).toEqual(Uint8Array.of(7));
  });
});

describe("key updates", () => {
  it.each(suites.slice(0, 3))("take both ends on together under $name", (suite) => {
    const [sealer, opener] = [new RecordSealer(secretsFor(suite)), new RecordOpener(secretsFor(suite))];
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const sealed = sealer.seal(23, Uint8Array.of(1));
      seen.add(Buffer.from(sealed).toString("hex"));
      expect(opener.open(recordsOf(sealed)[0]!).plaintext).toEqual(Uint8Array.of(1));
      sealer.updateKeys();
      opener.updateKeys();
      expect([sealer.sequenceNumber, opener.sequenceNumber]).toEqual([0, 0]);
    }
    expect(seen.size).toBe(5);
  });

  it.each(suites.slice(0, 3))("shut out whoever has not heard of them under $name", (suite) => {
    const [sealer, opener] = [new RecordSealer(secretsFor(suite)), new RecordOpener(secretsFor(suite))];
    sealer.updateKeys();
    const [record] = recordsOf(sealer.seal(23, Uint8Array.of(1)));
    expect(refusal(() => opener.open(record!))).toBe("bad-record-mac");
    opener.updateKeys();
    expect(opener.open(record!).plaintext).toEqual(Uint8Array.of(1));
  });

  it("are none of TLS 1.2's", () => {
    expect(refusal(() => new RecordSealer(secretsFor(tls12)).updateKeys())).toBe("no-key-update");
    expect(refusal(() => new RecordOpener(secretsFor(tls12)).updateKeys())).toBe("no-key-update");
  });
});

describe("the limit of a key", () => {
  const last = recordProtectionLimits.aesGcmRecords - 1;

  it("is 2^24.5 for AES-GCM in TLS 1.3", () => {
    expect(recordProtectionLimits.aesGcmRecords).toBe(Math.floor(2 ** 24.5));
    for (const suite of suites)
      expect(suite.maxRecords).toBe(
        suite.version === "TLSv1.3" && suite.aead !== "chacha20-poly1305"
          ? recordProtectionLimits.aesGcmRecords
          : Number.MAX_SAFE_INTEGER,
      );
  });

  it("is held when sealing, for all of the records or for none, and lifted by a key update", () => {
    const sealer = new RecordSealer(secretsFor(aes128, last));
    expect(sealer.keyUpdateDue).toBe(true);
    expect(refusal(() => sealer.seal(23, new Uint8Array(2), { maxPlaintextBytes: 1 }))).toBe(
      "sequence-exhausted",
    );
    expect(sealer.sequenceNumber).toBe(last);
    sealer.seal(23, new Uint8Array(2));
    expect(refusal(() => sealer.seal(23, new Uint8Array(2)))).toBe("sequence-exhausted");
    sealer.updateKeys();
    expect(sealer.keyUpdateDue).toBe(false);
    sealer.seal(23, new Uint8Array(2));
  });

  it("is announced at its half", () => {
    const half = Math.ceil(recordProtectionLimits.aesGcmRecords / 2);
    expect(new RecordSealer(secretsFor(aes128, half - 1)).keyUpdateDue).toBe(false);
    expect(new RecordSealer(secretsFor(aes128, half)).keyUpdateDue).toBe(true);
  });

  it("does not keep a peer from going on, up to the end of the sequence", () => {
    const records = (suite: RecordProtectionSuite, from: number): Uint8Array =>
      new RecordSealer(secretsFor(suite, from)).seal(23, Uint8Array.of(1));
    expect(
      refusal(() => new RecordOpener(secretsFor(aes128, last + 5)).open(recordsOf(records(aes128, 0))[0]!)),
    ).toBe("bad-record-mac");
    const end = Number.MAX_SAFE_INTEGER;
    for (const suite of [chacha, tls12]) {
      const record = recordsOf(records(suite, end - 1))[0]!;
      const opener = new RecordOpener(secretsFor(suite, end - 1));
      expect(opener.open(record).plaintext).toEqual(Uint8Array.of(1));
      expect(refusal(() => opener.open(record))).toBe("sequence-exhausted");
      expect(refusal(() => records(suite, end))).toBe("sequence-exhausted");
    }
  });
});

describe("what a sealer is made from", () => {
  const bad = (change: object, suite = aes128): string =>
    refusal(() => new RecordSealer({ ...secretsFor(suite), ...change } as RecordSecrets));

  it("has to fit the suite", () => {
    expect(bad({ trafficSecret: new Uint8Array(48) })).toBe("bad-secret");
    expect(bad({ trafficSecret: new Uint8Array(0) })).toBe("bad-secret");
    expect(bad({ suite: tls12 })).toBe("unsupported-suite");
    expect(bad({ suite: aes128 }, tls12)).toBe("unsupported-suite");
    for (const field of ["masterSecret", "clientRandom", "serverRandom"])
      expect(bad({ [field]: new Uint8Array(31) }, tls12)).toBe("bad-secret");
    for (const sequenceNumber of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(bad({ sequenceNumber })).toBe("bad-option");
  });

  it("shows nowhere: not when it is inspected, not as JSON, not in errors", () => {
    for (const suite of [aes128, tls12]) {
      const secrets = secretsFor(suite);
      const sealer = new RecordSealer(secrets);
      const opener = new RecordOpener(secrets);
      const error = ((): unknown => {
        try {
          return opener.open({
            type: ContentType.applicationData,
            legacyVersion: 0x0303,
            fragment: new Uint8Array(40),
          });
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(TlsBridgeError);
      const secret = secrets.version === "TLSv1.3" ? secrets.trafficSecret : secrets.masterSecret;
      for (const value of [sealer, opener, error]) {
        const text = inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value);
        expect(text).not.toContain([...secret.subarray(0, 4)].join(", "));
        expect(text).not.toContain(Buffer.from(secret.subarray(0, 4)).toString("hex"));
        expect(text).not.toMatch(/#?(key|iv|trafficSecret|masterSecret)s?:/);
      }
    }
  });
});

describe("suites", () => {
  it("are those with AES-GCM and ChaCha20-Poly1305, however the keys were agreed", () => {
    expect(cipherSuiteProtection(0x1301)).toEqual({
      cipherSuite: 0x1301,
      name: "TLS_AES_128_GCM_SHA256",
      version: "TLSv1.3",
      aead: "aes-128-gcm",
      hash: "sha256",
      hashBytes: 32,
      keyBytes: 16,
      ivBytes: 12,
      explicitNonceBytes: 0,
      tagBytes: 16,
      maxRecords: recordProtectionLimits.aesGcmRecords,
    });
    expect(cipherSuiteProtection(0xc030)).toMatchObject({
      aead: "aes-256-gcm",
      hash: "sha384",
      ivBytes: 4,
      explicitNonceBytes: 8,
    });
    expect(cipherSuiteProtection(CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)?.version).toBe("TLSv1.2");
    for (const name of [
      "TLS_AES_128_CCM_SHA256",
      "TLS_RSA_WITH_AES_128_CBC_SHA",
      "TLS_NULL_WITH_NULL_NULL",
    ] as const)
      expect(cipherSuiteProtection(CipherSuite[name])).toBeUndefined();
    for (const number of [0x0a0a, 0xffff, -1, 1.5]) expect(cipherSuiteProtection(number)).toBeUndefined();
  });
});
