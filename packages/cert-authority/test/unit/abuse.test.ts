// What someone can do with a stolen root key: certificates that our code would never make, signed by OpenSSL with it.
// docs/threats.md names these tests.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { openssl, temporaryFolder, verify } from "../openssl.ts";

type Thief = {
  readonly rootPem: string;
  /** A certificate with these extensions, by the stolen key or by one that it signed before. */
  readonly sign: (name: string, extensions: readonly string[], issuer?: string) => string;
};

async function steal(): Promise<Thief> {
  const folder = temporaryFolder();
  const ca = await CertificateAuthority.loadOrCreate({
    directory: folder,
    targets: ["a.example"],
    environment: {},
  });
  const filesOf = (name: string): [string, string] => [
    join(folder, `${name}.pem`),
    join(folder, `${name}.key`),
  ];
  const sign: Thief["sign"] = (name, extensions, issuer) => {
    const [, keyPath] = filesOf(name);
    const [issuerPath, issuerKey] = issuer ? filesOf(issuer) : [ca.certificatePath ?? "", ca.keyPath ?? ""];
    const [request, config] = [join(folder, `${name}.csr`), join(folder, `${name}.cnf`)];
    writeFileSync(
      config,
      `authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n${extensions.join("\n")}\n`,
    );
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyPath];
    openssl("req", "-new", ...key, "-subj", `/CN=${name}`, "-out", request);
    const by = ["-CA", issuerPath, "-CAkey", issuerKey, "-CAcreateserial"];
    return openssl("x509", "-req", "-in", request, ...by, "-days", "30", "-extfile", config);
  };
  const signAndKeep: Thief["sign"] = (name, extensions, issuer) => {
    const text = sign(name, extensions, issuer);
    const pem = /-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\n/.exec(text)?.[0] ?? "";
    writeFileSync(filesOf(name)[0], pem);
    return pem;
  };
  return { rootPem: ca.certificatePem, sign: signAndKeep };
}

const server = [
  "basicConstraints=critical,CA:FALSE",
  "keyUsage=critical,digitalSignature",
  "extendedKeyUsage=serverAuth",
];

describe("whoever has the root's key", () => {
  it("can pose as a target, which is all that it is for", async () => {
    const { rootPem, sign } = await steal();
    const pem = sign("thief", [...server, "subjectAltName=DNS:a.example"]);
    expect(verify(pem, rootPem, "a.example")).toBe("OK");
  });

  it.each([
    ["DNS:b.example", "b.example", "47 at 0 depth lookup: permitted subtree violation"],
    ["DNS:nota.example", "nota.example", "47 at 0 depth lookup: permitted subtree violation"],
    ["IP:127.0.0.1", "127.0.0.1", "48 at 0 depth lookup: excluded subtree violation"],
    ["IP:2001:db8::1", "2001:db8::1", "48 at 0 depth lookup: excluded subtree violation"],
    ["DNS:a.example,email:me@b.example", "a.example", "47 at 0 depth lookup: permitted subtree violation"],
    [
      "DNS:a.example,URI:spiffe://b.example/x",
      "a.example",
      "47 at 0 depth lookup: permitted subtree violation",
    ],
  ])("can't pose as %s", async (name, asked, verdict) => {
    const { rootPem, sign } = await steal();
    const pem = sign("thief", [...server, `subjectAltName=${name}`]);
    expect(verify(pem, rootPem, asked)).toBe(verdict);
  });

  it("can't pose as another name by the subject alone", async () => {
    const { rootPem, sign } = await steal();
    expect(verify(sign("b.example", server), rootPem, "b.example")).toMatch(/permitted subtree violation/);
  });

  it("can't make a further CA", async () => {
    const { rootPem, sign } = await steal();
    const below = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"];
    const ca = sign("below", below);
    const leaf = sign("leaf", [...server, "subjectAltName=DNS:a.example"], "below");
    expect(verify(leaf + ca, rootPem, "a.example")).toMatch(/path length constraint exceeded/);
  });

  it.each([
    ["sslclient", "clientAuth"],
    ["smimesign", "emailProtection"],
    ["timestampsign", "timeStamping"],
  ])("can't sign for the purpose %s", async (purpose, usage) => {
    const { rootPem, sign } = await steal();
    const pem = sign("thief", [
      ...server.slice(0, 2),
      `extendedKeyUsage=${usage}`,
      "subjectAltName=DNS:a.example",
    ]);
    expect(verify(pem, rootPem, "a.example", "-purpose", purpose)).toMatch(
      /^26 at \d depth lookup: unsuitable certificate purpose$/,
    );
  });
});
