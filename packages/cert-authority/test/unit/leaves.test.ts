import { CertificateAuthority } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { textOf, verify } from "../openssl.ts";

const dayMs = 86_400_000;
const now = Date.UTC(2027, 0, 1);
const unconstrained = { targets: ["*"], constrained: false } as const;

describe("a good leaf", () => {
  it.each([
    ["api.anthropic.com", "api.anthropic.com"],
    ["*.example.com", "anything.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["localhost", "localhost"],
  ])("for %s passes OpenSSL's strict check for %s, below a constrained root", async (host, asked) => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const leaf = await ca.forHost(host);
    expect(verify(leaf.certificateChainPem, ca.certificatePem, asked, "-auth_level", "2")).toBe("OK");
  });

  it.each(["127.0.0.1", "192.0.2.17", "::1", "2001:db8::42"])(
    "for the address %s passes OpenSSL's strict check",
    async (host) => {
      const ca = await CertificateAuthority.ephemeral(unconstrained);
      const leaf = await ca.forHost(host);
      expect(verify(leaf.certificateChainPem, ca.certificatePem, host)).toBe("OK");
    },
  );

  it.each(["ecdsa-p256", "rsa-2048"] as const)("with an %s key passes below either root", async (keyType) => {
    for (const rootKey of ["ecdsa-p256", "rsa-3072"] as const) {
      const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], keyType: rootKey });
      const leaf = await ca.forHost("a.example", { keyType });
      expect(leaf.keyType).toBe(keyType);
      expect(verify(leaf.certificateChainPem, ca.certificatePem, "a.example", "-auth_level", "2")).toBe("OK");
    }
  });

  it("says its names in subjectAltName and nowhere else", async () => {
    const ca = await CertificateAuthority.ephemeral(unconstrained);
    const leaf = await ca.issue({ hosts: ["a.example", "*.b.example", "192.0.2.1", "2001:db8::1"] });
    const text = textOf(leaf.certificatePem);
    expect(text).toMatch(
      /Subject Alternative Name: \s+DNS:a.example, DNS:\*.b.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1\n/,
    );
    expect(text).toContain("Subject: O = Faultwire test certificate\n");
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: \s+TLS Web Server Authentication\n/);
    expect(leaf.hosts).toEqual(["a.example", "*.b.example", "192.0.2.1", "2001:db8::1"]);
  });

  it("leaves out the bits of keyUsage that are not set at its end, as DER wants (X.690 §11.2.2)", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const usage = (der: Buffer): string | undefined =>
      /0603551d0f0101ff0404(\w{8})/.exec(der.toString("hex"))?.[1];
    expect(usage(ca.certificate.raw)).toBe("03020106");
    expect(usage((await ca.forHost("a.example")).certificateDer)).toBe("03020780");
    expect(usage((await ca.forHost("a.example", { keyType: "rsa-2048" })).certificateDer)).toBe("030205a0");
  });

  it("names its issuer by the root's key identifier", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const identifier = (kind: string, pem: string): string | undefined =>
      new RegExp(`${kind} Key Identifier: \\s+([0-9A-F:]{59})`).exec(textOf(pem))?.[1];
    const leaf = await ca.forHost("a.example");
    expect(identifier("Authority", leaf.certificatePem)).toBe(identifier("Subject", ca.certificatePem));
    expect(leaf.certificate.checkIssued(ca.certificate)).toBe(true);
  });

  it("has a fresh serial number each time", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const leaves = await Promise.all(Array.from({ length: 50 }, () => ca.issue({ hosts: ["a.example"] })));
    expect(new Set(leaves.map((leaf) => leaf.serialNumber)).size).toBe(50);
  });

  it("starts a day ago, when the clocks of clients are behind, and ends after 90 days or what was asked", async () => {
    let clock = now - 100 * dayMs;
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], now: () => clock });
    clock = now;
    const leaf = await ca.forHost("a.example");
    expect(leaf.notBefore.getTime()).toBe(now - dayMs);
    expect(leaf.notAfter.getTime()).toBe(now + 89 * dayMs);
    const longest = await ca.issue({ hosts: ["a.example"], validityDays: 397 });
    expect(longest.notAfter.getTime() - longest.notBefore.getTime()).toBe(397 * dayMs);
    expect(Date.parse(longest.certificate.validTo)).toBe(longest.notAfter.getTime());
  });

  it("is never valid outside the root's own validity", async () => {
    let clock = now;
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], now: () => clock });
    clock = now - dayMs / 2;
    const first = await ca.issue({ hosts: ["a.example"] });
    expect(first.notBefore.getTime()).toBe(ca.notBefore.getTime());
    clock = ca.notAfter.getTime() - 10 * dayMs;
    const last = await ca.forHost("a.example");
    expect(last.notAfter.getTime()).toBe(ca.notAfter.getTime());
  });

  it.each([0, -1, 398, Number.NaN, Number.POSITIVE_INFINITY])(
    "is not issued for %d days",
    async (validityDays) => {
      const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
      await expect(ca.issue({ hosts: ["a.example"], validityDays })).rejects.toMatchObject({
        code: "bad-option",
      });
    },
  );

  it("is not issued without a name", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    await expect(ca.issue({ hosts: [] })).rejects.toMatchObject({ code: "bad-option" });
  });

  it("is not issued for a name outside the constraints, and the message tells what to do", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    await expect(ca.forHost("b.example")).rejects.toMatchObject({
      code: "outside-constraint",
      message: expect.stringContaining("faultwire ca init --force --target a.example --target b.example"),
    });
    await expect(ca.forHost("127.0.0.1")).rejects.toMatchObject({
      code: "outside-constraint",
      message: expect.stringContaining("--ca-unconstrained"),
    });
    await expect(ca.forHost("nota.example")).rejects.toMatchObject({ code: "outside-constraint" });
    await expect(ca.issue({ hosts: ["a.example", "b.example"] })).rejects.toMatchObject({
      code: "outside-constraint",
    });
    expect(ca.permits("deep.below.a.example")).toBe(true);
    expect(ca.permits("b.example")).toBe(false);
  });

  it("is not issued by a CA that expired while the process ran", async () => {
    let clock = now;
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], now: () => clock });
    clock = ca.notAfter.getTime() + 1000;
    await expect(ca.forHost("a.example")).rejects.toMatchObject({ code: "ca-expired" });
  });
});
