import { CertificateAuthority } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { textOf } from "../openssl.ts";

const now = Date.UTC(2027, 1, 3, 4, 5, 6);

describe("the root", () => {
  it("is an ECDSA P-256 CA for two years, constrained to the targets, as OpenSSL reads it", async () => {
    const ca = await CertificateAuthority.ephemeral({
      targets: ["api.anthropic.com", "*.example.com", "localhost"],
      now: () => now,
    });
    const text = textOf(ca.certificatePem);
    expect(text).toContain("Version: 3 (0x2)");
    expect(text).toContain("NIST CURVE: P-256");
    expect(text).toContain("Signature Algorithm: ecdsa-with-SHA256");
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(text).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication\n/);
    expect(text).toMatch(
      /Name Constraints: critical\s+Permitted:\s+DNS:api.anthropic.com\s+DNS:example.com\s+DNS:localhost\s+email:nobody.invalid\s+URI:nobody.invalid\s+Excluded:\s+IP:0.0.0.0\/0.0.0.0\s+IP:0:0:0:0:0:0:0:0\/0:0:0:0:0:0:0:0\n/,
    );
    const subject = /Subject Key Identifier: \s+([0-9A-F:]{59})\n/.exec(text)?.[1];
    expect(subject).toBeDefined();
    expect(/Authority Key Identifier: \s+([0-9A-F:]{59})\n/.exec(text)?.[1]).toBe(subject);
    expect(text).toContain("Not Before: Feb  2 04:05:06 2027 GMT");
    expect(text).toContain("Not After : Feb  2 04:05:06 2029 GMT");
    expect(ca.certificate.verify(ca.certificate.publicKey)).toBe(true);
  });

  it("says what it is, whose and from when", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["localhost"], now: () => now });
    expect(ca.certificate.subject).toMatch(
      /^O=Faultwire\nCN=Faultwire test CA on .+ \(2027-02-03 [0-9a-f]{6}\)$/,
    );
    expect(/CN=(.*)/.exec(ca.certificate.subject)?.[1]?.length).toBeLessThanOrEqual(64);
  });

  it("has a serial number of 128 random bits", async () => {
    const serials = await Promise.all(
      Array.from({ length: 16 }, async () =>
        BigInt(
          `0x${(await CertificateAuthority.ephemeral({ targets: ["localhost"] })).certificate.serialNumber}`,
        ),
      ),
    );
    expect(new Set(serials).size).toBe(serials.length);
    // All sixteen below 2^120 happens once in 2^128 runs.
    expect(serials.some((serial) => serial >= 2n ** 120n)).toBe(true);
    expect(serials.every((serial) => serial < 2n ** 128n)).toBe(true);
  });

  it("has an RSA-3072 key when asked for", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["localhost"], keyType: "rsa-3072" });
    expect(ca.certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(textOf(ca.certificatePem)).toContain("Signature Algorithm: sha256WithRSAEncryption");
  });

  it("has no name constraints when asked for none", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*"], constrained: false });
    expect(textOf(ca.certificatePem)).not.toContain("Name Constraints");
    expect(ca.constraints).toBeUndefined();
  });

  it("permits a name once, and not again what lies below it", async () => {
    const targets = ["b.example.com", "*.example.com", "EXAMPLE.com.", "notexample.com"];
    const ca = await CertificateAuthority.ephemeral({ targets });
    expect(ca.constraints?.permittedDns).toEqual(["example.com", "notexample.com"]);
  });

  it.each([
    [[], "no-targets"],
    [["*"], "bad-target"],
    [["*.com"], "bad-target"],
    [["127.0.0.1"], "bad-target"],
    [["::1"], "bad-target"],
    [["api.anthropic.com:443"], "bad-host"],
  ])("is not made for the targets %j", async (targets, code) => {
    const making = CertificateAuthority.ephemeral({ targets });
    await expect(making).rejects.toMatchObject({ name: "CertificateAuthorityError", code });
    if (code !== "bad-host") await expect(making).rejects.toThrow("--ca-unconstrained");
  });
});
