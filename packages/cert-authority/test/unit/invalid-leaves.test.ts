import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CertificateAuthority,
  type InvalidLeafKind,
  invalidLeafKinds,
  type Leaf,
} from "@faultwire/cert-authority";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { temporaryFolder, textOf, verify } from "../openssl.ts";
import { nodeVerdict, startServer } from "../tls-pair.ts";

const host = "api.example.com";

/** What each program says at its default settings. `OK` means that it takes the certificate. */
type Verdicts = { readonly openssl: string; readonly node: string; readonly curl: string };

/**
 * OpenSSL's command verifies at security level 1 unless told otherwise, Node 20 connects at 1, Debian's curl at 2.
 * UNSPECIFIED is Node's code for every verdict of OpenSSL that it has no name for.
 */
const verdicts: Readonly<Record<InvalidLeafKind, Verdicts>> = {
  expired: {
    openssl: "10 at 0 depth lookup: certificate has expired",
    node: "CERT_HAS_EXPIRED",
    curl: "certificate has expired",
  },
  "not-yet-valid": {
    openssl: "9 at 0 depth lookup: certificate is not yet valid",
    node: "CERT_NOT_YET_VALID",
    curl: "certificate is not yet valid",
  },
  "wrong-host": {
    openssl: "62 at 0 depth lookup: hostname mismatch",
    node: "ERR_TLS_CERT_ALTNAME_INVALID",
    curl: "no alternative certificate subject name matches",
  },
  "self-signed": {
    openssl: "18 at 0 depth lookup: self-signed certificate",
    node: "DEPTH_ZERO_SELF_SIGNED_CERT",
    curl: "self-signed certificate",
  },
  "untrusted-root": {
    openssl: "19 at 1 depth lookup: self-signed certificate in certificate chain",
    node: "SELF_SIGNED_CERT_IN_CHAIN",
    curl: "self-signed certificate in certificate chain",
  },
  "incomplete-chain": {
    openssl: "20 at 0 depth lookup: unable to get local issuer certificate",
    node: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    curl: "unable to get local issuer certificate",
  },
  "weak-key": { openssl: "OK", node: "OK", curl: "EE certificate key too weak" },
  "sha1-signature": {
    openssl: "68 at 0 depth lookup: CA signature digest algorithm too weak",
    node: "UNSPECIFIED",
    curl: "CA signature digest algorithm too weak",
  },
  "not-for-servers": {
    openssl: "26 at 0 depth lookup: unsuitable certificate purpose",
    node: "INVALID_PURPOSE",
    curl: "unsuitable certificate purpose",
  },
  "name-constraint-violation": {
    openssl: "47 at 0 depth lookup: permitted subtree violation",
    node: "UNSPECIFIED",
    curl: "permitted subtree violation",
  },
  // Only Apple's and Chromium's verifiers know a longest life; OpenSSL takes any.
  "too-long-lived": { openssl: "OK", node: "OK", curl: "OK" },
};

const rows = Object.entries(verdicts) as [InvalidLeafKind, Verdicts][];

async function curlVerdict(port: number, rootPem: string): Promise<string> {
  const rootPath = join(temporaryFolder(), "root.pem");
  writeFileSync(rootPath, rootPem);
  const url = `https://${host}:${port}/`;
  const args = [
    "-q",
    "-sS",
    "--noproxy",
    "*",
    "--cacert",
    rootPath,
    "--connect-to",
    `::127.0.0.1:${port}`,
    url,
  ];
  const curl = spawn("curl", args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  curl.stderr.on("data", (chunk) => {
    text += chunk;
  });
  const [code] = await soon(once(curl, "close"), "the event close of curl", 45_000);
  return code === 0 ? "OK" : text;
}

const serve = (leaf: Leaf): Promise<number> =>
  startServer({
    cert: leaf.certificateChainPem,
    key: leaf.privateKeyPem(),
    ...(leaf.ciphers !== undefined && { ciphers: leaf.ciphers }),
  });

describe("a leaf with one fault", () => {
  it("comes in every kind that is promised, and each has its verdicts", () => {
    expect(Object.keys(verdicts).sort()).toEqual(Object.keys(invalidLeafKinds).sort());
  });

  it.each(rows)("%s: what OpenSSL says", async (kind, { openssl }) => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const leaf = await ca.issueInvalid(kind, host);
    expect(verify(leaf.certificateChainPem, ca.certificatePem, host, "-auth_level", "1")).toBe(openssl);
  });

  it("weak-key: OpenSSL refuses it from security level 2 on", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const leaf = await ca.issueInvalid("weak-key", host);
    expect(verify(leaf.certificateChainPem, ca.certificatePem, host, "-auth_level", "2")).toBe(
      "66 at 0 depth lookup: EE certificate key too weak",
    );
  });

  it.each(rows)("%s: what Node says", async (kind, { node }) => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const port = await serve(await ca.issueInvalid(kind, host));
    // Node 20's own level, said so that a newer Node gives the same verdict.
    const options = { servername: host, ca: ca.certificatePem, ciphers: "DEFAULT@SECLEVEL=1" };
    expect(await nodeVerdict(port, options)).toBe(node);
  });

  it.each(rows)("%s: what curl says", async (kind, { curl }) => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const port = await serve(await ca.issueInvalid(kind, host));
    expect(await curlVerdict(port, ca.certificatePem)).toContain(curl);
  });

  it("is as bad below an RSA root", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host], keyType: "rsa-3072" });
    for (const [kind, { openssl }] of rows) {
      const leaf = await ca.issueInvalid(kind, host);
      expect(verify(leaf.certificateChainPem, ca.certificatePem, host, "-auth_level", "1")).toBe(openssl);
    }
    const sha1 = await ca.issueInvalid("sha1-signature", host);
    expect(textOf(sha1.certificatePem)).toContain("sha1WithRSAEncryption");
  });

  it("has no other: with OpenSSL told to look away from that one it passes", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    const passes = async (kind: InvalidLeafKind, ...lookAway: string[]): Promise<void> => {
      const leaf = await ca.issueInvalid(kind, host);
      const name = kind === "wrong-host" ? `wrong-host.${host}` : host;
      expect(verify(leaf.certificateChainPem, ca.certificatePem, name, ...lookAway)).toBe("OK");
    };
    await passes("expired", "-no_check_time");
    await passes("not-yet-valid", "-no_check_time");
    await passes("wrong-host");
    await passes("weak-key", "-auth_level", "0");
    await passes("sha1-signature", "-auth_level", "0");
    await passes("not-for-servers", "-purpose", "any");
    for (const kind of ["self-signed", "untrusted-root"] as const) {
      const leaf = await ca.issueInvalid(kind, host);
      const last = leaf.certificateChainPem.split(/(?<=-----END CERTIFICATE-----\n)/).at(-1) ?? "";
      expect(verify(leaf.certificateChainPem, last, host)).toBe("OK");
    }
  });

  it("is refused where it would be bad in two ways", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    await expect(ca.issueInvalid("expired", "other.example")).rejects.toMatchObject({
      code: "outside-constraint",
    });
    await expect(ca.issueInvalid("self-signed", "other.example")).resolves.toBeDefined();
  });

  it("can't violate constraints that a CA does not have", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host], constrained: false });
    const issuing = ca.issueInvalid("name-constraint-violation", host);
    await expect(issuing).rejects.toMatchObject({ code: "not-possible" });
  });

  it("can be for an address, from an unconstrained CA", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*"], constrained: false });
    const leaf = await ca.issueInvalid("wrong-host", "127.0.0.1");
    expect(verify(leaf.certificateChainPem, ca.certificatePem, "127.0.0.1")).toBe(
      "64 at 0 depth lookup: IP address mismatch",
    );
  });

  it("is asked for by one of the known names", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: [host] });
    for (const kind of ["rotten", "toString"]) {
      const issuing = ca.issueInvalid(kind as InvalidLeafKind, host);
      await expect(issuing).rejects.toMatchObject({ code: "bad-option" });
    }
  });
});
