import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CipherSuite,
  ContentType,
  cipherSuiteFacts,
  cipherSuiteName,
  contentTypeName,
  ExtensionType,
  extensionTypeName,
  isGrease,
  isGreaseAlpn,
  isGreasePskMode,
  NamedGroup,
  namedGroupFacts,
  namedGroupName,
  protocolVersionName,
  SignatureScheme,
  signatureSchemeName,
} from "../../src/index.ts";

describe("the tables", () => {
  it("are what the data file makes", () => {
    const script = join(import.meta.dirname, "../../scripts/generate-tables.mjs");
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
  });

  it("name every constant", () => {
    for (const [name, value] of Object.entries(CipherSuite)) expect(cipherSuiteName(value)).toBe(name);
    for (const [name, value] of Object.entries(NamedGroup)) expect(namedGroupName(value)).toBe(name);
    for (const [name, value] of Object.entries(SignatureScheme))
      expect(signatureSchemeName(value)).toBe(name);
    for (const value of Object.values(ExtensionType)) expect(extensionTypeName(value)).toBeDefined();
    for (const [name, value] of Object.entries(ContentType)) expect(contentTypeName(value)).toBe(name);
  });

  it("say nothing of numbers that have no name", () => {
    for (const value of [0x9999, 70_000, -1, 1.5]) {
      expect(cipherSuiteName(value)).toBeUndefined();
      expect(cipherSuiteFacts(value)).toBeUndefined();
      expect(namedGroupName(value)).toBeUndefined();
      expect(signatureSchemeName(value)).toBeUndefined();
      expect(extensionTypeName(value)).toBeUndefined();
    }
    expect(contentTypeName(19)).toBeUndefined();
    expect(contentTypeName(25)).toBeUndefined();
  });

  it.each([
    [CipherSuite.TLS_AES_128_GCM_SHA256, "any", "any", "AES_128_GCM", 128, true, "sha256", 0x0304, 0x0304],
    [0xc02f, "ecdhe", "rsa", "AES_128_GCM", 128, true, "sha256", 0x0303, 0x0303],
    [0xc024, "ecdhe", "ecdsa", "AES_256_CBC", 256, false, "sha384", 0x0303, 0x0303],
    [0x0003, "rsa_export", "rsa", "RC4_40", 40, false, "md5", 0x0300, 0x0301],
    [0x000a, "rsa", "rsa", "3DES_EDE_CBC", 168, false, "sha1", 0x0300, 0x0303],
    [0x0014, "dhe", "rsa", "DES40_CBC", 40, false, "sha1", 0x0300, 0x0301],
    [0x002f, "rsa", "rsa", "AES_128_CBC", 128, false, "sha1", 0x0301, 0x0303],
    [0x009e, "dhe", "rsa", "AES_128_GCM", 128, true, "sha256", 0x0303, 0x0303],
    [0x00a8, "psk", "psk", "AES_128_GCM", 128, true, "sha256", 0x0303, 0x0303],
    [0xc018, "ecdh_anon", "anon", "AES_128_CBC", 128, false, "sha1", 0x0301, 0x0303],
    [0xc01d, "srp", "password", "AES_128_CBC", 128, false, "sha1", 0x0301, 0x0303],
    [0xc0a0, "rsa", "rsa", "AES_128_CCM_8", 128, true, "sha256", 0x0303, 0x0303],
    [0xcca8, "ecdhe", "rsa", "CHACHA20_POLY1305", 256, true, "sha256", 0x0303, 0x0303],
    [0x0002, "rsa", "rsa", "NULL", 0, false, "sha1", 0x0300, 0x0303],
    [0xc0b4, "any", "any", "SHA256", 0, false, "sha256", 0x0304, 0x0304],
    [0xc104, "any", "any", "MAGMA_MGM_L", 256, true, "streebog256", 0x0304, 0x0304],
  ])(
    "know the facts of suite %i",
    (suite, keyExchange, authentication, cipher, keyBits, aead, hash, min, max) => {
      expect(cipherSuiteFacts(suite)).toMatchObject({
        keyExchange,
        authentication,
        cipher,
        keyBits,
        aead,
        hash,
        minVersion: min,
        maxVersion: max,
      });
    },
  );

  it("tell signalling values from suites", () => {
    expect(cipherSuiteName(0x00ff)).toBe("TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    expect(cipherSuiteFacts(0x00ff)).toBeUndefined();
    expect(cipherSuiteName(0x5600)).toBe("TLS_FALLBACK_SCSV");
    expect(cipherSuiteFacts(0x5600)).toBeUndefined();
  });

  it("know which groups resist a quantum computer, and how long their shares are", () => {
    expect(namedGroupFacts(NamedGroup.X25519MLKEM768)).toEqual({
      name: "X25519MLKEM768",
      family: "hybrid",
      postQuantum: true,
      clientShareBytes: 1216,
      serverShareBytes: 1120,
    });
    expect(namedGroupFacts(29)).toMatchObject({ postQuantum: false, clientShareBytes: 32 });
    expect(namedGroupFacts(256)).toMatchObject({ family: "finite-field", clientShareBytes: 256 });
  });

  it("name versions, drafts included", () => {
    expect([2, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304].map(protocolVersionName)).toEqual([
      "SSL 2.0",
      "SSL 3.0",
      "TLS 1.0",
      "TLS 1.1",
      "TLS 1.2",
      "TLS 1.3",
    ]);
    expect(protocolVersionName(0x7f1c)).toBe("TLS 1.3 draft 28");
    expect(protocolVersionName(0xfb1a)).toBe("TLS 1.3 draft 26 (Facebook)");
    expect(protocolVersionName(0x7e02)).toBe("TLS 1.3 experiment");
    expect(protocolVersionName(0x0a0a)).toBeUndefined();
    expect(protocolVersionName(0x0305)).toBeUndefined();
  });
});

describe("GREASE", () => {
  it("is sixteen values of 16 bits", () => {
    const values = Array.from({ length: 0x1_0000 }, (_, value) => value).filter(isGrease);
    expect(values).toEqual(Array.from({ length: 16 }, (_, high) => high * 0x1010 + 0x0a0a));
    expect(cipherSuiteName(0x0a0a)).toBe("GREASE");
    expect(namedGroupName(0xfafa)).toBe("GREASE");
  });

  it("is eight values of 8 bits for key exchange modes", () => {
    const values = Array.from({ length: 0x100 }, (_, value) => value).filter(isGreasePskMode);
    expect(values).toEqual([0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4]);
  });

  it("is sixteen names of two bytes for protocols", () => {
    expect(isGreaseAlpn("\x0a\x0a")).toBe(true);
    expect(isGreaseAlpn("\u00fa\u00fa")).toBe(true);
    expect(isGreaseAlpn("h2")).toBe(false);
    expect(isGreaseAlpn("\x0a\x0a\x0a")).toBe(false);
  });
});
