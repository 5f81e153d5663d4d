import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { CERTIFICATE_DEFECTS } from "@faultwire/fault-engine";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DistrustWarnings } from "../../src/trust/distrust.ts";
import { identitiesOf } from "../../src/trust/identities.ts";
import { readUpstreamCa } from "../../src/trust/upstream-trust.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-trust-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("certificates for interception", () => {
  let authority: CertificateAuthority;
  beforeAll(async () => {
    authority = await CertificateAuthority.ephemeral({ targets: ["api.test"] });
  });

  it("stand for the name asked for, with the key that the client can verify", async () => {
    for (const keyType of ["ecdsa-p256", "rsa-2048"] as const) {
      const identity = await identitiesOf(authority).identityFor({ serverName: "api.test", keyType });
      expect(identity.certificateChainPem).toContain("BEGIN CERTIFICATE");
      expect(identity.privateKeyPem()).toContain("PRIVATE KEY");
    }
  });

  it("can have every defect that a rule names", async () => {
    const identities = identitiesOf(authority);
    for (const defect of CERTIFICATE_DEFECTS)
      expect((await identities.defectiveIdentityFor?.(defect, "api.test"))?.certificateChainPem).toContain(
        "BEGIN",
      );
  });

  it("are not for names outside of the CA's constraints, nor for what is no name", () => {
    const identities = identitiesOf(authority);
    expect(identities.permits?.("api.test")).toBe(true);
    expect(identities.permits?.("other.example")).toBe(false);
    expect(identities.permits?.("no host at all")).toBe(false);
  });
});

describe("CAs of upstreams", () => {
  it("are read whole", async () => {
    const { certificatePem } = await CertificateAuthority.ephemeral({ targets: ["up.test"] });
    const path = join(scratch, "ca.pem");
    writeFileSync(path, certificatePem);
    expect(await readUpstreamCa([path])).toEqual([certificatePem]);
  });

  it("that are none are refused by name", async () => {
    const path = join(scratch, "none.pem");
    writeFileSync(path, "nothing");
    await expect(readUpstreamCa([path])).rejects.toThrow(
      expect.objectContaining({
        code: "upstream-ca-unusable",
        message: `${path} holds no certificate (PEM)`,
      }),
    );
    await expect(readUpstreamCa([join(scratch, "missing.pem")])).rejects.toThrow(
      "can't be read (ENOENT: no such file or directory)",
    );
  });
});

describe("clients that don't trust the CA", () => {
  it("are told of once each, with the remedy, and no more than a hundred of them", () => {
    const logged: { client: string; msg: string }[] = [];
    const warnings = new DistrustWarnings(
      pino({}, { write: (line: string) => logged.push(JSON.parse(line)) }),
      "Run this.",
    );
    for (let at = 0; at < 300; at++)
      warnings.tell({ client: `c${at % 150}`, host: "api.test", message: "unknown_ca" });
    expect(logged).toHaveLength(100);
    expect(new Set(logged.map(({ client }) => client)).size).toBe(100);
    expect(logged[0]?.msg).toMatch(/: unknown_ca\. Run this\.$/);
  });
});
