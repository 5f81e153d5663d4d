import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as digest from "../../src/digest.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

describe("the hashes", () => {
  // Every length around the borders of a block, where padding goes wrong.
  const lengths = Array.from({ length: 200 }, (_, length) => length);

  it("are the same on any runtime", () => {
    for (const length of lengths) {
      const text = "7".repeat(length);
      const bytes = new Uint8Array(length).fill(0x37);
      expect(digest.portableMd5Hex(text)).toBe(md5(text));
      expect(digest.md5Hex(text)).toBe(md5(text));
      expect(digest.portableSha256Hex12(bytes)).toBe(sha256(bytes));
      expect(digest.sha256Hex12(bytes)).toBe(sha256(bytes));
    }
  });
});

describe("without Node's hashes", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  const withCrypto = async (crypto: object | undefined): Promise<typeof digest> => {
    vi.resetModules();
    vi.spyOn(process, "getBuiltinModule").mockImplementation((() => crypto) as never);
    return import("../../src/digest.ts");
  };

  it("the portable ones do", async () => {
    for (const missing of [undefined, {}]) {
      const { md5Hex, sha256Hex12 } = await withCrypto(missing);
      expect(md5Hex("abc")).toBe(md5("abc"));
      expect(sha256Hex12(new Uint8Array(3))).toBe(sha256(new Uint8Array(3)));
    }
  });

  it("MD5 is there even where OpenSSL refuses it, as in FIPS mode", async () => {
    const { md5Hex } = await withCrypto({
      hash: () => {
        throw new Error("digital envelope routines::unsupported");
      },
    });
    expect(md5Hex("abc")).toBe(md5("abc"));
  });
});
