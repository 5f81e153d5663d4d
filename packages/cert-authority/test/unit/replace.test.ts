/** Replacing a CA: whatever moment a process ends at, and whoever else is at it, there is one whole CA. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CertificateAuthority, certificateAuthorityLimits } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";
import { filesOf, keysOf, killedAtEveryStep, leftoversOf, prepare } from "../support/store-processes.ts";

const options = (directory: string) => ({ directory, targets: ["a.example"], environment: {} });
const load = (home: string): Promise<CertificateAuthority> => CertificateAuthority.load(options(home));
const certificatesOf = (home: string): string[] =>
  filesOf(home)
    .filter((name) => name.endsWith("certificate.pem"))
    .map((name) => readFileSync(join(home, name), "utf8"));

/** Moves a new CA to where CAs were stored before: both files in the folder `ca`. */
function asBefore(home: string): void {
  for (const name of ["certificate.pem", "key.pem"])
    renameSync(join(home, "ca", "1", name), join(home, "ca", name));
  rmSync(join(home, "ca", "1"), { recursive: true });
}

describe("a CA that is replaced", () => {
  it.each([
    ["as CAs are stored now", () => {}],
    ["as CAs were stored before", asBefore],
  ])("is there, old or new, when the process is killed at any step (%s)", async (_name, arrange) => {
    const template = join(temporaryFolder(), "template");
    const old = await CertificateAuthority.create(options(template));
    arrange(template);
    const seen = new Set<string>();
    const homes = await killedAtEveryStep("replace", async (home) =>
      cpSync(template, home, { recursive: true }),
    );
    for (const home of homes) {
      const found = await load(home);
      seen.add(found.fingerprint256 === old.fingerprint256 ? "old" : "new");
      // Who opens a CA sweeps what a killed process left.
      expect(keysOf(home)).toEqual([found.keyPath]);
      expect(leftoversOf(home)).toEqual([]);
      expect(certificatesOf(home)).toContain(old.certificatePem);
      expect(statSync(found.keyPath ?? "").mode & 0o777).toBe(0o600);
    }
    expect([...seen]).toEqual(["old", "new"]);
  });

  it("is there for three that load while three replace it", async () => {
    const home = join(temporaryFolder(), "home");
    await CertificateAuthority.create(options(home));
    const processes = await Promise.all([
      ...[1, 2, 3].map(() => prepare("replace", home, 20)),
      ...[1, 2, 3].map(() => prepare("load", home, 60)),
    ]);
    const lines = (await Promise.all(processes.map((one) => one.go()))).flat();
    expect(lines).toHaveLength(3 * 20 + 3 * 60);
    expect(lines.filter((line) => !/^[0-9A-F:]{95}$/.test(line))).toEqual([]);
    expect(keysOf(home)).toEqual([(await load(home)).keyPath]);
    expect(leftoversOf(home)).toEqual([]);
  });

  it("keeps its certificate where it was, and loses its key", async () => {
    const home = temporaryFolder();
    const old = await CertificateAuthority.create(options(home));
    const { authority, retiredCertificatePath } = await CertificateAuthority.replace(options(home));
    expect(retiredCertificatePath).toBe(old.certificatePath);
    expect(readFileSync(retiredCertificatePath ?? "", "utf8")).toBe(old.certificatePem);
    expect(keysOf(home)).toEqual([authority.keyPath]);
  });

  it("is forgotten when so many came after it that nobody takes it out of a store any more", async () => {
    const home = temporaryFolder();
    const first = await CertificateAuthority.create(options(home));
    // Made up: as many that are retired as are kept.
    const { retiredCertificates } = certificateAuthorityLimits;
    for (let number = 2; number <= retiredCertificates + 1; number++)
      cpSync(join(home, "ca", "1"), join(home, "ca", String(number)), { recursive: true });
    const { authority } = await CertificateAuthority.replace(options(home));
    expect(existsSync(first.certificatePath ?? "")).toBe(false);
    expect(certificatesOf(home)).toHaveLength(retiredCertificates + 1);
    expect(keysOf(home)).toEqual([authority.keyPath]);
  });
});

describe("a CA that is made", () => {
  const makeFolder = async (home: string): Promise<void> => {
    mkdirSync(home);
  };

  it("is whole or not there when the process is killed at any step, and then made by the next", async () => {
    const seen = new Set<string>();
    for (const home of await killedAtEveryStep("loadOrCreate", makeFolder)) {
      const before = await load(home).then(
        ({ fingerprint256 }) => fingerprint256,
        (error: { code: string }) => error.code,
      );
      seen.add(before === "ca-missing" ? before : "there");
      const { fingerprint256, keyPath } = await CertificateAuthority.loadOrCreate(options(home));
      if (before !== "ca-missing") expect(fingerprint256).toBe(before);
      expect(keysOf(home)).toEqual([keyPath]);
      expect(leftoversOf(home)).toEqual([]);
    }
    expect([...seen]).toEqual(["ca-missing", "there"]);
  });
});

describe("what a killed process left", () => {
  /** A home in which one process was killed before it deleted the old key, others before and by older versions. */
  async function litter(home: string): Promise<void> {
    const { keyPath = "" } = await CertificateAuthority.create(options(home));
    const key = readFileSync(keyPath);
    await CertificateAuthority.replace(options(home));
    writeFileSync(keyPath, key, { mode: 0o600 });
    // No process has a number beyond 2^22.
    for (const folder of [join("ca", ".new-99999999-abcdef"), ".ca-abcdef", "ca-retired-lx2a"]) {
      mkdirSync(join(home, folder), { mode: 0o700 });
      writeFileSync(join(home, folder, "key.pem"), key, { mode: 0o600 });
      utimesSync(join(home, folder), 1, 1);
    }
  }
  const expectSwept = (home: string, keyPath: string | undefined): void => {
    expect(keysOf(home)).toEqual([keyPath]);
    // The certificate of a CA that was retired may still be in a trust store.
    expect(leftoversOf(home)).toEqual(["ca-retired-lx2a"]);
  };

  it.each([
    ["load", load],
    ["loadOrCreate", (home: string) => CertificateAuthority.loadOrCreate(options(home))],
    ["replace", async (home: string) => (await CertificateAuthority.replace(options(home))).authority],
  ])("is swept by %s", async (_name, operation) => {
    const home = join(temporaryFolder(), "home");
    await litter(home);
    expectSwept(home, (await operation(home)).keyPath);
  });

  it("is swept by the next even when the process that sweeps is killed at any step", async () => {
    for (const home of await killedAtEveryStep("load", litter)) expectSwept(home, (await load(home)).keyPath);
  });

  it("is not what a living process is about to finish", async () => {
    const home = temporaryFolder();
    await CertificateAuthority.create(options(home));
    const ofAnother = join(home, "ca", `.new-${process.ppid}-abcdef`);
    mkdirSync(ofAnother);
    await load(home);
    expect(leftoversOf(home)).toEqual([`ca/.new-${process.ppid}-abcdef`]);
    // Unless it has taken longer than any process takes: numbers of processes are given out again.
    utimesSync(ofAnother, 1, 1);
    await load(home);
    expect(leftoversOf(home)).toEqual([]);
  });
});
