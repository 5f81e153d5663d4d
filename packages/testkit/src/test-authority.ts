/** Certificates of a CA of this run's own, made by the openssl command once for each test file that asks. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Kinds of keys that a leaf can have. */
export type TestKeyType = "ecdsa-p256" | "rsa-2048" | "rsa-1024";

/** What certificates of servers once were, and current clients refuse. */
export type LegacyTrait =
  | "common-name-only"
  | "partial-wildcard"
  | "rsa-1024"
  | "rsa-2040"
  | "sha-1"
  | "issuer-rsa-1024"
  | "issuer-sha-1";

/** A CA's certificate and what it has issued. It leaves no file behind: openssl has a folder for each of its runs alone. */
export class TestAuthority {
  readonly caPem: string;
  readonly #keyPem: string;
  readonly #issued = new Map<string, TestIdentity>();

  constructor(name: string) {
    [this.caPem, this.#keyPem] = inFolder((folder): [string, string] => {
      const [certificate, key] = [join(folder, "ca.pem"), join(folder, "ca.key")];
      openssl([
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", key, "-out", certificate, "-days", "30"],
        ...["-subj", `/CN=${name}`, "-addext", "keyUsage=critical,keyCertSign"],
      ]);
      return [readFileSync(certificate, "utf8"), readFileSync(key, "utf8")];
    });
  }

  /** An identity for that host with that trait. The issuer's traits are those of a CA between this one and the leaf. */
  issueLegacy(host: string, trait: LegacyTrait): TestIdentity {
    const id = `${host}-${trait}`;
    const known = this.#issued.get(id);
    if (known !== undefined) return known;
    const [cert, key] = inFolder((folder): [string, string] => {
      const path = (file: string): string => join(folder, file);
      writeFileSync(path("ca.pem"), this.caPem);
      writeFileSync(path("ca.key"), this.#keyPem);
      const sign = (
        name: string,
        issuer: string,
        keyBits: number,
        digest: string,
        subject: string,
        extensions: string,
      ): void => {
        writeFileSync(path(`${name}.ext`), extensions);
        openssl([
          ...["req", "-newkey", `rsa:${keyBits}`, "-nodes", "-keyout", path(`${name}.key`)],
          ...["-out", path(`${name}.csr`), "-subj", subject],
        ]);
        openssl([
          ...[
            "x509",
            "-req",
            `-${digest}`,
            "-in",
            path(`${name}.csr`),
            "-days",
            "7",
            "-out",
            path(`${name}.pem`),
          ],
          ...["-CA", path(`${issuer}.pem`), "-CAkey", path(`${issuer}.key`), "-extfile", path(`${name}.ext`)],
          ...["-set_serial", "9"],
        ]);
      };
      const bitsOf = (whose: "" | "issuer-"): number =>
        [1024, 2040].find((bits) => trait === `${whose}rsa-${bits}`) ?? 2048;
      const digestOf = (weak: LegacyTrait): string => (trait === weak ? "sha1" : "sha256");
      const caExtensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
      sign("mid", "ca", bitsOf("issuer-"), digestOf("issuer-sha-1"), "/O=test/CN=between", caExtensions);
      // A name that others name as well: one that the wildcard does not stand for comes before it.
      const named =
        trait === "partial-wildcard" ? `DNS:other.test,DNS:${host.replace(/^./, "*")}` : `DNS:${host}`;
      const names = trait === "common-name-only" ? "" : `subjectAltName=${named}\n`;
      const subject = `/O=test/CN=${host}`;
      sign("leaf", "mid", bitsOf(""), digestOf("sha-1"), subject, `${names}extendedKeyUsage=serverAuth\n`);
      const chain = readFileSync(path("leaf.pem"), "utf8") + readFileSync(path("mid.pem"), "utf8");
      return [chain, readFileSync(path("leaf.key"), "utf8")];
    });
    const identity = { certificateChainPem: cert, privateKeyPem: () => key, cert, key };
    this.#issued.set(id, identity);
    return identity;
  }

  /** An identity for that host; `days` may be negative for one that has expired. */
  issue(host: string, keyType: TestKeyType = "ecdsa-p256", days = 7): TestIdentity {
    const id = `${host}-${keyType}-${days}`;
    const known = this.#issued.get(id);
    if (known !== undefined) return known;
    const kind =
      keyType === "ecdsa-p256"
        ? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        : [keyType.replace("-", ":")];
    const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
    const [cert, key] = inFolder((folder): [string, string] => {
      const path = (file: string): string => join(folder, file);
      writeFileSync(path("ca.pem"), this.caPem);
      writeFileSync(path("ca.key"), this.#keyPem);
      writeFileSync(path("leaf.ext"), `subjectAltName=${name}\nextendedKeyUsage=serverAuth\n`);
      openssl([
        ...["req", "-newkey", ...kind, "-nodes", "-keyout", path("leaf.key"), "-out", path("leaf.csr")],
        ...["-subj", "/O=test"],
      ]);
      openssl([
        ...["x509", "-req", "-in", path("leaf.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key")],
        ...["-days", String(days), "-extfile", path("leaf.ext"), "-out", path("leaf.pem")],
        ...["-set_serial", "7"],
      ]);
      return [readFileSync(path("leaf.pem"), "utf8"), readFileSync(path("leaf.key"), "utf8")];
    });
    const identity = { certificateChainPem: cert, privateKeyPem: () => key, cert, key };
    this.#issued.set(id, identity);
    return identity;
  }
}

/** Gives a folder to `use`, which has gone afterwards. */
function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-testkit-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}

/** What fits both a bridge's `identityFor` and `tls.createServer`. */
export interface TestIdentity {
  readonly certificateChainPem: string;
  privateKeyPem(): string;
  readonly cert: string;
  readonly key: string;
}
