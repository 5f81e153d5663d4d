import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { CERTIFICATE_DEFECTS } from "@faultwire/fault-engine";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRuntime } from "../../src/open-runtime.ts";
import { DistrustWarnings } from "../../src/trust/distrust.ts";
import { identitiesOf } from "../../src/trust/identities.ts";
import { ownAuthorityKeys } from "../../src/trust/own-authorities.ts";
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

  it("are signed by the CA's key, which says what a client must take", () => {
    expect(identitiesOf(authority).issuerKey?.equals(authority.certificate.publicKey)).toBe(true);
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
    // Names come from ClientHellos, byte by byte, where they are ASCII (RFC 6066 section 3).
    for (const name of [
      "api\t.test",
      "api.test\n",
      "api\xad.test",
      "api.test/x",
      "\xaapi.test",
      "api.te\u017ft",
    ])
      expect(identities.permits?.(name), JSON.stringify(name)).toBe(false);
  });
});

describe("CAs of our own, which clients trust", () => {
  /** As in a shell of `faultwire ca env`: Node itself trusts it for upstreams. */
  const shell = (...pems: readonly string[]): NodeJS.ProcessEnv => {
    const path = join(scratch, "extra.pem");
    writeFileSync(path, pems.join("\n"));
    return { NODE_EXTRA_CA_CERTS: path };
  };

  it("vouch for no upstream: this process's, and any that Node was told to trust", async () => {
    const [own, other] = [
      await CertificateAuthority.ephemeral({ targets: ["api.test"] }),
      await CertificateAuthority.ephemeral({ targets: ["api.test"] }),
    ];
    const company = new TestAuthority("a company's");
    const env = shell(company.caPem, other.certificatePem);
    const keys = await ownAuthorityKeys(own.certificatePem, [], env);
    expect(keys.map((key) => key.equals(own.certificate.publicKey))).toEqual([true, false]);
    expect(keys[1]?.equals(other.certificate.publicKey)).toBe(true);
    // A proxy that a plugin decides for has none itself.
    expect(await ownAuthorityKeys(undefined, [], env)).toHaveLength(1);
  });

  it("vouch for upstreams where the user names them for that", async () => {
    const own = await CertificateAuthority.ephemeral({ targets: ["api.test"] });
    expect(await ownAuthorityKeys(own.certificatePem, [own.certificatePem], {})).toEqual([]);
  });

  it("are none where the file is not there, or holds something else", async () => {
    expect(await ownAuthorityKeys(undefined, [], {})).toEqual([]);
    expect(await ownAuthorityKeys(undefined, [], { NODE_EXTRA_CA_CERTS: join(scratch, "none") })).toEqual([]);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(await ownAuthorityKeys(undefined, [], shell(broken))).toEqual([]);
  });

  it("are left out by whoever opens the runtime, but for the mock, whose certificates they sign", async () => {
    const authority = await CertificateAuthority.ephemeral({ targets: ["api.test"] });
    const open = async (ownCa: boolean): Promise<number | undefined> => {
      const runtime = await openRuntime({
        authority,
        logger: pino({ level: "silent" }),
        upstream: { ownCa },
      });
      await runtime.close();
      return runtime.interception?.upstream?.distrusted?.length;
    };
    expect([await open(false), await open(true)]).toEqual([1, 0]);
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
