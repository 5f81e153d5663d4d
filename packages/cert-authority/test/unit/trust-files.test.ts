import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { rootCertificates } from "node:tls";
import {
  CertificateAuthority,
  CertificateAuthorityError,
  exportCertificate,
  trustEnvironment,
  writeTrustFiles,
} from "@faultwire/cert-authority";
import {
  encodeCertificate,
  pkcs12TrustStore,
  trustFolder,
  trustVariables,
} from "@faultwire/cert-authority/internal";
import { describe, expect, it } from "vitest";
import { openssl, temporaryFolder } from "../openssl.ts";

const anyCa = (): Promise<CertificateAuthority> => CertificateAuthority.ephemeral({ targets: ["a.example"] });

const fingerprintsOf = (pem: string): string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block).fingerprint256,
  );

describe("the exported certificate", () => {
  it("is the certificate as PEM and as DER", async () => {
    const ca = await anyCa();
    const folder = temporaryFolder();
    await exportCertificate(ca, join(folder, "ca.pem"));
    await exportCertificate(ca, join(folder, "ca.der"), "der");
    const ours = ca.fingerprint256;
    expect(openssl("x509", "-in", join(folder, "ca.pem"), "-noout", "-fingerprint", "-sha256")).toContain(
      ours,
    );
    expect(
      openssl("x509", "-inform", "der", "-in", join(folder, "ca.der"), "-noout", "-fingerprint", "-sha256"),
    ).toContain(ours);
  });

  it("makes folders, replaces a file, and may be read by all", async () => {
    const path = join(temporaryFolder(), "a", "b", "ca.pem");
    const [first, second] = [await anyCa(), await anyCa()];
    await exportCertificate(first, path);
    await exportCertificate(second, path);
    expect(readFileSync(path, "utf8")).toBe(second.certificatePem);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it("takes the place of a file and of a link, never of a pipe, as it would of a device for root", async () => {
    const folder = temporaryFolder();
    const [fifo, other, link] = [join(folder, "fifo"), join(folder, "other"), join(folder, "link")];
    execFileSync("mkfifo", [fifo]);
    writeFileSync(other, "precious");
    symlinkSync(other, link);
    const ca = await anyCa();
    await expect(exportCertificate(ca, fifo)).rejects.toThrow(`Can't write ${fifo}: it is a pipe.`);
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    await exportCertificate(ca, link);
    expect([readFileSync(other, "utf8"), lstatSync(link).isFile()]).toEqual(["precious", true]);
  });

  it("says which file can't be written", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const path = join(file, "ca.pem");
    await expect(exportCertificate(await anyCa(), path)).rejects.toMatchObject({
      name: CertificateAuthorityError.name,
      code: "storage-failed",
      message: expect.stringContaining(path),
    });
  });

  it("is a trust store that OpenSSL reads, without a key, whole or not at all", async () => {
    const ca = await anyCa();
    const path = join(temporaryFolder(), "ca.p12");
    const store = await encodeCertificate(ca, "p12");
    writeFileSync(path, store);
    const read = openssl("pkcs12", "-in", path, "-passin", "pass:faultwire", "-info");
    expect(read).toMatch(/MAC: sha256, Iteration 2048/);
    expect(read).not.toContain("PRIVATE KEY");
    expect(fingerprintsOf(read)).toEqual([ca.fingerprint256]);
    const at = store.indexOf(ca.certificate.raw) + 100;
    store[at] = (store[at] ?? 0) ^ 1;
    writeFileSync(path, store);
    expect(() => openssl("pkcs12", "-in", path, "-passin", "pass:faultwire")).toThrow(
      /mac verify|invalid password/i,
    );
  });

  it("is a trust store under any password and name", async () => {
    const ca = await anyCa();
    const path = join(temporaryFolder(), "ca.p12");
    for (const password of ["", "pässwörd", "x".repeat(200)]) {
      writeFileSync(path, pkcs12TrustStore([{ name: "Grüße", der: ca.certificate.raw }], password));
      const read = openssl("pkcs12", "-in", path, "-passin", `pass:${password}`, "-nokeys");
      expect(fingerprintsOf(read)).toEqual([ca.fingerprint256]);
    }
  });

  it("as a bundle comes first and keeps all the roots that Node knows, each once", async () => {
    const ca = await anyCa();
    const fingerprints = fingerprintsOf((await encodeCertificate(ca, "bundle")).toString());
    expect(fingerprints[0]).toBe(ca.fingerprint256);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
    const roots = rootCertificates.map((pem) => new X509Certificate(pem).fingerprint256);
    expect(fingerprints).toEqual(expect.arrayContaining(roots));
  });
});

describe.skipIf(process.platform === "win32")("the folder for trust files", () => {
  const isRoot = process.geteuid?.() === 0;
  const other = 12_345;
  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  /** A home with that mode. */
  const madeHome = (mode: number): string => {
    const home = join(temporaryFolder(), "home");
    mkdirSync(home);
    chmodSync(home, mode);
    return home;
  };

  it("is for its user alone to write, whatever the umask, and so is the home that is made for it", async () => {
    const before = process.umask(0);
    try {
      const home = join(temporaryFolder(), "new");
      const folder = await trustFolder(home, {});
      expect([home, folder, join(folder, "php")].map(modeOf)).toEqual([0o700, 0o755, 0o755]);
    } finally {
      process.umask(before);
    }
  });

  it.each(["trust", "trust/php"])(
    "is closed where %s was open, and nobody else could come into the home",
    async (open) => {
      const home = madeHome(0o700);
      mkdirSync(join(home, "trust/php"), { recursive: true });
      chmodSync(join(home, open), 0o777);
      await trustFolder(home, {});
      expect(modeOf(join(home, open))).toBe(0o755);
    },
  );

  it.each(["trust", "trust/php"])("is refused where others may write %s", async (open) => {
    const home = madeHome(0o755);
    mkdirSync(join(home, "trust/php"), { recursive: true });
    chmodSync(join(home, open), 0o777);
    await expect(trustFolder(home, {})).rejects.toMatchObject({
      code: "writable-by-others",
      message: expect.stringContaining(`chmod 700 ${join(home, open)}`),
    });
  });

  it.skipIf(!isRoot)("is refused where another user owns it, or has put a link in its place", async () => {
    const owned = madeHome(0o755);
    mkdirSync(join(owned, "trust"));
    chownSync(join(owned, "trust"), other, other);
    await expect(trustFolder(owned, {})).rejects.toMatchObject({ code: "owned-by-other" });
    const linked = madeHome(0o755);
    symlinkSync(temporaryFolder(), join(linked, "trust"));
    lchownSync(join(linked, "trust"), other, other);
    await expect(trustFolder(linked, {})).rejects.toMatchObject({ code: "owned-by-other" });
  });
});

describe("the variables for one process", () => {
  it("add our certificate, or replace the roots with a bundle that has them all", async () => {
    const ca = await anyCa();
    const folder = temporaryFolder();
    const files = await writeTrustFiles(ca, folder, {});
    const variables = trustEnvironment(files, {});
    for (const [name, effect] of Object.entries(trustVariables)) {
      const fingerprints = fingerprintsOf(readFileSync(variables[name] ?? "", "utf8"));
      expect(fingerprints[0]).toBe(ca.fingerprint256);
      if (effect === "adds") expect(fingerprints).toHaveLength(1);
      else expect(fingerprints.length).toBeGreaterThan(rootCertificates.length);
    }
    expect(Object.keys(variables)).toEqual(
      expect.arrayContaining([
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
      ]),
    );
    expect(variables["JAVA_TOOL_OPTIONS"]).toContain(`-Djavax.net.ssl.trustStore=${files.trustStore}`);
  });

  it("have PHP read one more file of settings, behind those that it reads already", async () => {
    const files = await writeTrustFiles(await anyCa(), temporaryFolder(), {});
    expect(readFileSync(join(files.phpSettings, "faultwire.ini"), "utf8")).toBe(
      `curl.cainfo = "${files.bundle}"\nopenssl.cafile = "${files.bundle}"\n`,
    );
    const folders = (before?: string) =>
      trustEnvironment(files, { PHP_INI_SCAN_DIR: before })["PHP_INI_SCAN_DIR"];
    expect(folders()).toBe(`${delimiter}${files.phpSettings}`);
    expect(folders("/own")).toBe(`/own${delimiter}${files.phpSettings}`);
    expect(folders(folders("/own"))).toBe(folders("/own"));
  });

  it("keep what the variables named before: the roots of a company", async () => {
    const [ca, company] = [await anyCa(), await anyCa()];
    const folder = temporaryFolder();
    const companyPath = join(folder, "company.pem");
    writeFileSync(companyPath, company.certificatePem);
    const before = { NODE_EXTRA_CA_CERTS: companyPath, JAVA_TOOL_OPTIONS: "-Xmx1g" };
    const files = await writeTrustFiles(ca, join(folder, "trust"), before);
    const variables = trustEnvironment(files, before);
    const fingerprints = fingerprintsOf(readFileSync(variables["NODE_EXTRA_CA_CERTS"] ?? "", "utf8"));
    expect(fingerprints).toEqual(expect.arrayContaining([ca.fingerprint256, company.fingerprint256]));
    expect(variables["JAVA_TOOL_OPTIONS"]).toMatch(/^-Xmx1g -Djavax/);
  });

  it("are the same when they are asked for in a shell that has them", async () => {
    const ca = await anyCa();
    const folder = temporaryFolder();
    const first = trustEnvironment(await writeTrustFiles(ca, folder, {}), {});
    const digest = (): string =>
      createHash("sha256")
        .update(readFileSync(join(folder, "bundle.pem")))
        .digest("hex");
    const before = digest();
    const second = trustEnvironment(await writeTrustFiles(ca, folder, first), first);
    expect(second).toEqual(first);
    expect(digest()).toBe(before);
  });

  it("name another machine's file without harm", async () => {
    const before = { SSL_CERT_FILE: "/nowhere/roots.pem" };
    await expect(writeTrustFiles(await anyCa(), temporaryFolder(), before)).resolves.toBeDefined();
  });
});
