import { createPrivateKey } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority, type CertificateAuthorityOptions } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { openssl, temporaryFolder, verify } from "../openssl.ts";

type Files = { readonly certificatePath: string; readonly keyPath: string };

const passphrase = "open sesame";
const caExtensions = [
  "-addext",
  "basicConstraints=critical,CA:TRUE",
  "-addext",
  "keyUsage=critical,keyCertSign,cRLSign",
];

/** A self-signed certificate by OpenSSL; `extensions` replace those of a CA. */
function make(
  algorithm: readonly string[],
  extensions: readonly string[] = caExtensions,
): Files & { folder: string } {
  const folder = temporaryFolder();
  const [certificatePath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const config = join(folder, "empty.cnf");
  writeFileSync(config, "[req]\ndistinguished_name=dn\n[dn]\n");
  const subject = ["-subj", "/O=Somebody/CN=Their CA", "-days", "100", "-config", config];
  openssl(
    "req",
    "-x509",
    "-newkey",
    ...algorithm,
    "-nodes",
    ...subject,
    ...extensions,
    "-keyout",
    keyPath,
    "-out",
    certificatePath,
  );
  chmodSync(keyPath, 0o600);
  return { folder, certificatePath, keyPath };
}

const rsa = ["rsa:2048"];
const ec = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** The key in another form, with the right mode. */
function rewrite({ folder, certificatePath, keyPath }: ReturnType<typeof make>, ...command: string[]): Files {
  const rewritten = join(folder, "rewritten.pem");
  openssl(...command, "-in", keyPath, "-out", rewritten);
  chmodSync(rewritten, 0o600);
  return { certificatePath, keyPath: rewritten };
}

const open = (
  files: Partial<Files>,
  more: Partial<CertificateAuthorityOptions> = {},
): Promise<CertificateAuthority> =>
  CertificateAuthority.loadOrCreate({ targets: ["a.example"], environment: {}, ...files, ...more });

describe("a CA of one's own is accepted", () => {
  const forms: ReadonlyArray<readonly [string, string, readonly string[], readonly string[]]> = [
    ["RSA in PKCS #8", "BEGIN PRIVATE KEY", rsa, ["pkcs8", "-topk8", "-nocrypt"]],
    ["RSA in PKCS #1", "BEGIN RSA PRIVATE KEY", rsa, ["rsa", "-traditional"]],
    ["EC in PKCS #8", "BEGIN PRIVATE KEY", ec, ["pkcs8", "-topk8", "-nocrypt"]],
    ["EC in SEC 1", "BEGIN EC PRIVATE KEY", ec, ["ec"]],
    [
      "RSA in encrypted PKCS #8",
      "BEGIN ENCRYPTED PRIVATE KEY",
      rsa,
      ["pkcs8", "-topk8", "-passout", `pass:${passphrase}`],
    ],
    [
      "EC in encrypted PKCS #8",
      "BEGIN ENCRYPTED PRIVATE KEY",
      ec,
      ["pkcs8", "-topk8", "-passout", `pass:${passphrase}`],
    ],
    [
      "RSA in encrypted PKCS #1",
      "ENCRYPTED",
      rsa,
      ["rsa", "-aes256", "-traditional", "-passout", `pass:${passphrase}`],
    ],
    ["EC in encrypted SEC 1", "ENCRYPTED", ec, ["ec", "-aes128", "-passout", `pass:${passphrase}`]],
  ];

  it.each(forms)("with a key of %s", async (_name, header, algorithm, command) => {
    const files = rewrite(make(algorithm), ...command);
    expect(readFileSync(files.keyPath, "utf8")).toContain(header);
    const ca = await open(files, { environment: { FAULTWIRE_CA_PASSPHRASE: passphrase } });
    const leaf = await ca.forHost("a.example");
    expect(verify(leaf.certificateChainPem, ca.certificatePem, "a.example")).toBe("OK");
  });

  it.each([
    ["P-384", "ecdsa-with-SHA384"],
    ["P-521", "ecdsa-with-SHA512"],
  ])("on %s, signing with %s", async (curve, signature) => {
    const ca = await open(make(["ec", "-pkeyopt", `ec_paramgen_curve:${curve}`]));
    const leaf = await ca.forHost("a.example");
    expect(openssl("x509", "-noout", "-text", "-in", writeTemporary(leaf.certificatePem))).toContain(
      signature,
    );
    expect(verify(leaf.certificateChainPem, ca.certificatePem, "a.example")).toBe("OK");
  });

  it("without a subject key identifier of its own", async () => {
    const ca = await open(make(ec, [...caExtensions, "-addext", "subjectKeyIdentifier=none"]));
    const leaf = await ca.forHost("a.example");
    expect(leaf.certificate.checkIssued(ca.certificate)).toBe(true);
  });

  it("below a root that the server sends along: leaf first, then the CA, without the root", async () => {
    const root = make(ec);
    const below = make(ec);
    const request = join(below.folder, "request.pem");
    openssl("req", "-new", "-key", below.keyPath, "-subj", "/CN=Their issuing CA", "-out", request);
    const extensions = join(below.folder, "ext");
    writeFileSync(
      extensions,
      "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n",
    );
    openssl(
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      root.certificatePath,
      "-CAkey",
      root.keyPath,
      "-CAcreateserial",
      "-days",
      "50",
      "-extfile",
      extensions,
      "-out",
      below.certificatePath,
    );
    const rootPem = readFileSync(root.certificatePath, "utf8");
    const issuingPem = readFileSync(below.certificatePath, "utf8");
    writeFileSync(below.certificatePath, issuingPem + rootPem);
    const leaf = await (await open(below)).forHost("a.example");
    const blocks = leaf.certificateChainPem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g);
    expect(blocks).toEqual([leaf.certificatePem, issuingPem]);
    expect(verify(leaf.certificateChainPem, rootPem, "a.example")).toBe("OK");
  });

  it("with name constraints, which are kept to", async () => {
    const ca = await open(
      make(ec, [
        ...caExtensions,
        "-addext",
        "nameConstraints=critical,permitted;DNS:.example,excluded;DNS:b.example,permitted;IP:10.0.0.0/255.0.0.0",
      ]),
    );
    expect(ca.permits("a.example")).toBe(true);
    expect(ca.permits("b.example")).toBe(false);
    expect(ca.permits("*.example")).toBe(false);
    expect(ca.permits("a.test")).toBe(false);
    expect(ca.permits("10.1.2.3")).toBe(true);
    expect(ca.permits("11.1.2.3")).toBe(false);
    expect(ca.permits("::1")).toBe(false);
  });
});

function writeTemporary(text: string): string {
  const path = join(temporaryFolder(), "file.pem");
  writeFileSync(path, text);
  return path;
}

const refused = (
  files: Partial<Files>,
  code: string,
  more: Partial<CertificateAuthorityOptions> = {},
): Promise<void> =>
  expect(open(files, more)).rejects.toMatchObject({ name: "CertificateAuthorityError", code });

describe("a CA of one's own is refused by name", () => {
  it("when the key belongs to another certificate", () =>
    refused({ certificatePath: make(ec).certificatePath, keyPath: make(ec).keyPath }, "key-mismatch"));

  it("when key and certificate are of different kinds", () =>
    refused({ certificatePath: make(ec).certificatePath, keyPath: make(rsa).keyPath }, "key-mismatch"));

  it("when it has expired", () =>
    refused(make(ec), "ca-expired", { now: () => Date.now() + 101 * 86_400_000 }));

  it("when it is not valid yet", () =>
    refused(make(ec), "ca-not-yet-valid", { now: () => Date.now() - 86_400_000 }));

  it("when it is no CA", () =>
    refused(make(ec, ["-addext", "basicConstraints=critical,CA:FALSE"]), "not-a-ca"));

  it("when it may not sign certificates", () =>
    refused(
      make(ec, [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,digitalSignature",
      ]),
      "not-a-ca",
    ));

  it("when what it signs may not serve TLS", () =>
    refused(make(ec, [...caExtensions, "-addext", "extendedKeyUsage=emailProtection"]), "not-a-ca"));

  it("when its key is too short for any client", () => refused(make(["rsa:1024"]), "key-unsupported"));

  it("when its key is of a kind that TLS clients don't take", () =>
    refused(make(["ed25519"]), "key-unsupported"));

  it("when its key is on a curve that TLS clients don't take", () =>
    refused(make(["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]), "key-unsupported"));

  it("when others can read its key", () => {
    const files = make(ec);
    chmodSync(files.keyPath, 0o644);
    return refused(files, "readable-by-others");
  });

  it("when its key is encrypted and nobody says with what", () =>
    refused(rewrite(make(ec), "pkcs8", "-topk8", "-passout", "pass:x"), "passphrase-missing"));

  it("when the passphrase is another", () =>
    refused(rewrite(make(ec), "pkcs8", "-topk8", "-passout", "pass:x"), "passphrase-wrong", {
      passphrase: "y",
    }));

  it("when the certificate's file holds none", () => {
    const files = make(ec);
    return refused({ ...files, certificatePath: files.keyPath }, "certificate-malformed");
  });

  it("when the certificate is damaged", () => {
    const files = make(ec);
    writeFileSync(files.certificatePath, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    return refused(files, "certificate-malformed");
  });

  it("when the key's file holds none", () => {
    const files = make(ec);
    chmodSync(files.certificatePath, 0o600);
    return refused({ ...files, keyPath: files.certificatePath }, "key-malformed");
  });

  it("when the key is damaged", () => {
    const files = make(ec);
    writeFileSync(files.keyPath, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    return refused(files, "key-malformed");
  });

  it("when a file is missing", async () => {
    const files = make(ec);
    await refused({ ...files, keyPath: `${files.keyPath}.not` }, "ca-incomplete");
    await refused({ certificatePath: `${files.folder}/no`, keyPath: `${files.folder}/nor` }, "ca-missing");
  });

  it("when only one of certificate and key is named", async () => {
    const { certificatePath, keyPath } = make(ec);
    await refused({ certificatePath }, "bad-option");
    await refused({ keyPath }, "bad-option");
  });

  it("when its constraints do not permit a target", () =>
    refused(
      make(ec, [...caExtensions, "-addext", "nameConstraints=critical,permitted;DNS:b.example"]),
      "outside-constraint",
    ));
});

describe("what is said about a CA of one's own", () => {
  it("holds neither key nor passphrase", async () => {
    const files = make(ec);
    const other = make(ec);
    const der = createPrivateKey(readFileSync(files.keyPath)).export({ type: "pkcs8", format: "der" });
    const failures = await Promise.allSettled([
      open({ ...files, certificatePath: other.certificatePath }),
      open(rewrite(files, "pkcs8", "-topk8", "-passout", "pass:x"), { passphrase: "hunter2hunter2" }),
    ]);
    for (const failure of failures) {
      expect(failure.status).toBe("rejected");
      const text = failure.status === "rejected" ? `${failure.reason.stack} ${failure.reason.cause}` : "";
      expect(text).not.toContain("hunter2");
      expect(text).not.toContain(der.toString("base64").slice(40, 60));
      expect(text).not.toContain("-----BEGIN PRIVATE");
    }
  });
});
