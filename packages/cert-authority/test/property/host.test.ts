import { X509Certificate } from "node:crypto";
import { domainToASCII } from "node:url";
import { CertificateAuthority, CertificateAuthorityError } from "@faultwire/cert-authority";
import { propertyRuns } from "@faultwire/testkit/property-runs";
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

const isRefused = (text: string): boolean => readOrRefuse(text) === undefined;

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
      { numRuns: propertyRuns(500) },
    );
  });

  it("has no character that a name loses without a word, whichever it is and wherever it stands", () => {
    const lost: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point);
      for (const text of [`ab${character}.example`, `${character}ab.example`, `ab.example${character}`]) {
        // Two names that read as one have one certificate, and only one of them was asked for.
        if (character !== "." && domainToASCII(text) === "ab.example" && !isRefused(text))
          lost.push(`U+${point.toString(16)}`);
        // The rest need one place each; a million of names are enough.
        else if (point > 0xff) break;
      }
    }
    expect(lost).toEqual([]);
  });

  it("with a control character, a space or a character that can't be seen is refused", () => {
    const unseen = fc
      .integer({ min: 0, max: 0x10ffff })
      .map((point) => String.fromCodePoint(point))
      .filter((character) => /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character));
    fc.assert(
      fc.property(
        dnsName,
        fc.oneof(unseen, fc.constantFrom("\t", "\n", "\r", "\0", "\x7f")),
        fc.nat(80),
        (name, character, at) => {
          const text = name.slice(0, at) + character + name.slice(at);
          expect(readOrRefuse(text)).toBeUndefined();
          expect(readOrRefuse(`*.${text}`)).toBeUndefined();
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });

  it("that is an IP address has the octets that Node reads in it", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*"], constrained: false });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.ipV4(), fc.ipV6()), async (address) => {
        const leaf = await ca.issue({ hosts: [address] });
        expect(new X509Certificate(leaf.certificateDer).checkIP(address)).toBeDefined();
      }),
      { numRuns: propertyRuns(60) },
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
      { numRuns: propertyRuns(25) },
    );
  });
});
