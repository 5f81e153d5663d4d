/** Certificates of a CA of this run's own, made by the openssl command once for each test file that asks. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Kinds of keys that a leaf can have. */
export type TestKeyType = "ecdsa-p256" | "rsa-2048" | "rsa-1024";

/** A CA's certificate and what it has issued. */
export class TestAuthority {
  readonly caPem: string;
  readonly #folder: string;
  readonly #issued = new Map<string, TestIdentity>();

  constructor(name: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "faultwire-testkit-"));
    this.#openssl([
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", this.#path("ca.key"), "-out", this.#path("ca.pem"), "-days", "30"],
      ...["-subj", `/CN=${name}`, "-addext", "keyUsage=critical,keyCertSign"],
    ]);
    this.caPem = readFileSync(this.#path("ca.pem"), "utf8");
  }

  /** An identity for that host; `days` may be negative for one that has expired. */
  issue(host: string, keyType: TestKeyType = "ecdsa-p256", days = 7): TestIdentity {
    const id = `${host}-${keyType}-${days}`;
    const known = this.#issued.get(id);
    if (known !== undefined) return known;
    const [key, request, certificate, extensions] = ["key", "csr", "pem", "ext"].map((end) =>
      this.#path(`leaf.${end}`),
    ) as [string, string, string, string];
    const kind =
      keyType === "ecdsa-p256"
        ? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        : [keyType.replace("-", ":")];
    this.#openssl([
      ...["req", "-newkey", ...kind, "-nodes", "-keyout", key, "-out", request, "-subj", "/O=test"],
    ]);
    const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
    writeFileSync(extensions, `subjectAltName=${name}\nextendedKeyUsage=serverAuth\n`);
    this.#openssl([
      ...["x509", "-req", "-in", request, "-CA", this.#path("ca.pem"), "-CAkey", this.#path("ca.key")],
      ...["-days", String(days), "-extfile", extensions, "-out", certificate, "-set_serial", "7"],
    ]);
    const cert = readFileSync(certificate, "utf8");
    const keyPem = readFileSync(key, "utf8");
    const identity = { certificateChainPem: cert, privateKeyPem: () => keyPem, cert, key: keyPem };
    this.#issued.set(id, identity);
    return identity;
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #openssl(args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: "pipe" });
  }
}

/** What fits both a bridge's `identityFor` and `tls.createServer`. */
export interface TestIdentity {
  readonly certificateChainPem: string;
  privateKeyPem(): string;
  readonly cert: string;
  readonly key: string;
}
