import { X509Certificate } from "node:crypto";
import { CertificateAuthority, CertificateAuthorityError } from "@faultwire/cert-authority";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Host, readHost } from "../../src/x509/host.ts";

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const dnsName = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join("."));

/** The host, or undefined when it is refused as it should be. */
function readOrRefuse(text: string): Host | undefined {
  try {
    return readHost(text);
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateAuthorityError);
    expect(error).toMatchObject({ code: "bad-host" });
    return undefined;
  }
}

describe("any text as a host", () => {
  it("is a host or refused by our error, and a host's name reads as the same host again", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(...Array.from("aZ0.-*_:[]%/ üß例")) }),
      fc.domain(),
      fc.ipV4Extended(),
      fc.ipV6(),
      dnsName.map((name) => `*.${name}.`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const host = readOrRefuse(text);
        if (host) expect(readHost(host.name)).toEqual(host);
      }),
      { numRuns: 2000 },
    );
  });

  it("that is an IP address has the octets that Node reads in it", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*"], constrained: false });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.ipV4(), fc.ipV6()), async (address) => {
        const leaf = await ca.issue({ hosts: [address] });
        expect(new X509Certificate(leaf.certificateDer).checkIP(address)).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });

  it("that is a DNS name below a target gets a leaf that Node finds good for it", async () => {
    await fc.assert(
      fc.asyncProperty(dnsName, label, async (target, below) => {
        const ca = await CertificateAuthority.ephemeral({ targets: [target] });
        for (const name of [target, `${below}.${target}`]) {
          const { certificate } = await ca.forHost(name.toUpperCase());
          expect(certificate.checkHost(name, { subject: "never" })).toBeDefined();
          expect(certificate.verify(ca.certificate.publicKey)).toBe(true);
        }
        await expect(ca.forHost(`${below}${target}`)).rejects.toMatchObject({ code: "outside-constraint" });
      }),
      { numRuns: 100 },
    );
  });
});
