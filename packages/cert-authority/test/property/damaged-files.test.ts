import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority, CertificateAuthorityError } from "@faultwire/cert-authority";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";

const pemOf = (type: string, der: Uint8Array): string =>
  `-----BEGIN ${type}-----\n${Buffer.from(der).toString("base64")}\n-----END ${type}-----\n`;
const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

describe("a damaged CA", () => {
  it("is opened as it was or refused by our error, whatever octets were changed", async () => {
    const home = temporaryFolder();
    const good = await CertificateAuthority.loadOrCreate({
      directory: home,
      targets: ["a.example"],
      environment: {},
    });
    const certificate = good.certificate.raw;
    const key = derOf(readFileSync(good.keyPath ?? "", "utf8"));
    const folder = join(home, "damaged");
    mkdirSync(folder);
    const [certificatePath, keyPath] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const damaged = (der: Buffer, changes: [number, number][]): Buffer => {
      const copy = Buffer.from(der);
      for (const [at, octet] of changes) copy[at % copy.length] = octet;
      return copy;
    };
    await fc.assert(
      fc.asyncProperty(fc.boolean(), damage, async (damageKey, changes) => {
        writeFileSync(
          certificatePath,
          pemOf("CERTIFICATE", damageKey ? certificate : damaged(certificate, changes)),
        );
        writeFileSync(keyPath, pemOf("PRIVATE KEY", damageKey ? damaged(key, changes) : key), {
          mode: 0o600,
        });
        try {
          const options = { certificatePath, keyPath, targets: ["a.example"], environment: {} };
          const leaf = await (await CertificateAuthority.load(options)).forHost("a.example");
          expect(leaf.certificate.verify(good.certificate.publicKey)).toBe(true);
        } catch (error) {
          if (!(error instanceof CertificateAuthorityError)) throw error;
          expect(error.message).not.toContain(key.toString("base64").slice(48, 80));
        }
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});
