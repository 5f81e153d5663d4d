import type { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { callbackify } from "node:util";
import { LRUCache } from "lru-cache";
import { CertificateAuthorityError } from "./certificate-authority-error.ts";
import { type InvalidLeafKind, invalidLeafKinds, issueInvalidLeaf } from "./leaf/invalid-leaf.ts";
import type { Leaf } from "./leaf/leaf.ts";
import { LeafCache } from "./leaf/leaf-cache.ts";
import { issueLeaf, type LeafIssuer, leafValidity } from "./leaf/leaf-issuer.ts";
import { LeafKeys } from "./leaf/leaf-key.ts";
import { certificateAuthorityLimits as limits } from "./limits.ts";
import {
  type CertificateAuthorityOptions,
  createAuthority,
  ephemeralAuthority,
  type OpenedAuthority,
  openAuthority,
  openOrCreateAuthority,
  replaceAuthority,
} from "./open-authority.ts";
import { type Authority, checkValidity, validityOf } from "./store/read-authority.ts";
import { type Host, readHost } from "./x509/host.ts";
import type { LeafKeyType } from "./x509/keys.ts";
import { type NameConstraints, permits } from "./x509/name-constraints.ts";

/** What a leaf is to be; see {@link CertificateAuthority.issue}. */
export type IssueOptions = {
  /** The names that it stands for: DNS names, wildcards, IP addresses, Unicode allowed. At least one. */
  readonly hosts: readonly string[];
  /** Default `ecdsa-p256`. */
  readonly keyType?: LeafKeyType;
  /** More than 0, at most 397; default 90. It never outlives the CA. */
  readonly validityDays?: number;
};

/** What `tls.createServer` takes as its `SNICallback`. */
export type SniCallback = (
  servername: string,
  callback: (error: Error | null, context?: SecureContext) => void,
) => void;

/**
 * A certificate authority for tests: a root, usually constrained to the hosts under test, and leaves for them.
 *
 * **Secret** is the private key, which no member of this class gives away, and what the members of {@link Leaf} marked
 * so give. Everything else may be shown to anyone.
 *
 * @example
 * ```ts
 * const ca = await CertificateAuthority.loadOrCreate({ targets: ["api.anthropic.com"] });
 * const leaf = await ca.forHost("api.anthropic.com");
 * createServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem() });
 * ```
 */
export class CertificateAuthority {
  readonly #authority: Authority & LeafIssuer;
  readonly #paths: OpenedAuthority["paths"];
  readonly #home: string | undefined;
  readonly #now: () => number;
  readonly #keys: LeafKeys;
  readonly #leaves: LeafCache;

  private constructor({ authority, paths, home }: OpenedAuthority, options: CertificateAuthorityOptions) {
    const { now = Date.now, maxCachedLeaves = limits.cachedLeaves } = options;
    if (!(Number.isInteger(maxCachedLeaves) && maxCachedLeaves > 0))
      throw new CertificateAuthorityError(
        "bad-option",
        `maxCachedLeaves is ${maxCachedLeaves}; a whole number above 0 is expected.`,
      );
    this.#authority = {
      ...authority,
      contexts: new LRUCache<Leaf, SecureContext>({ max: limits.secureContexts }),
    };
    this.#paths = paths;
    this.#home = home;
    this.#now = now;
    this.#keys = new LeafKeys(now);
    this.#leaves = new LeafCache(maxCachedLeaves, now);
  }

  /**
   * Opens the CA of a place, or makes it there: folder 0700, key 0600, both files at once. Processes that do this at
   * the same time end up with the same CA. What processes left that were killed while they made one is deleted.
   *
   * @throws {@link CertificateAuthorityError} with any code but `ca-exists`, `not-possible`, `trust-failed`
   */
  static async loadOrCreate(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
    return new CertificateAuthority(await openOrCreateAuthority(options), options);
  }

  /**
   * Opens the CA of a place.
   *
   * @throws {@link CertificateAuthorityError} `ca-missing` when there is none, and those of {@link loadOrCreate}
   */
  static async load(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
    return new CertificateAuthority(await openAuthority(options), options);
  }

  /**
   * Makes a CA where there is none.
   *
   * @throws {@link CertificateAuthorityError} `ca-exists`, and those of {@link loadOrCreate}
   */
  static async create(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
    return new CertificateAuthority(await createAuthority(options), options);
  }

  /**
   * Makes a CA in place of the one that is there, whose key is deleted when the new one is in use. Its certificate is
   * kept, so that it can be taken out of trust stores. Processes that load a CA meanwhile get the old or the new one.
   *
   * @throws {@link CertificateAuthorityError} those of {@link loadOrCreate}
   */
  static async replace(
    options: CertificateAuthorityOptions,
  ): Promise<{ authority: CertificateAuthority; retiredCertificatePath: string | undefined }> {
    const opened = await replaceAuthority(options);
    const { retiredCertificatePath } = opened;
    return { authority: new CertificateAuthority(opened, options), retiredCertificatePath };
  }

  /** Makes a CA that is never written to a disk and ends with this object. `directory` is not looked at. */
  static async ephemeral(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
    return new CertificateAuthority(await ephemeralAuthority(options), options);
  }

  /** The CA's certificate. */
  get certificate(): X509Certificate {
    return this.#authority.certificate;
  }

  /** The CA's certificate as PEM, for clients that are to trust it. */
  get certificatePem(): string {
    return this.#authority.certificate.toString();
  }

  /** SHA-256 of the CA's certificate, as `AA:BB:…`. */
  get fingerprint256(): string {
    return this.#authority.certificate.fingerprint256;
  }

  /** When the CA starts to be valid. */
  get notBefore(): Date {
    return new Date(this.#authority.certificate.validFrom);
  }

  /** When the CA stops to be valid; no leaf lasts longer. */
  get notAfter(): Date {
    return new Date(this.#authority.certificate.validTo);
  }

  /** Whether the CA can be used now; one that can't was opened with `allowOutsideValidity`, or has expired since. */
  get validity(): "valid" | "expired" | "not-yet-valid" {
    return validityOf(this.certificate, this.#now());
  }

  /** What the CA may stand for; undefined when that is everything. */
  get constraints(): NameConstraints | undefined {
    return this.#authority.constraints;
  }

  /** Faultwire's home, in which files about this CA belong; undefined for an ephemeral CA. */
  get directory(): string | undefined {
    return this.#home;
  }

  /** The file of the certificate; undefined for an ephemeral CA. */
  get certificatePath(): string | undefined {
    return this.#paths?.certificatePath;
  }

  /** The file of the private key; undefined for an ephemeral CA. */
  get keyPath(): string | undefined {
    return this.#paths?.keyPath;
  }

  /**
   * Whether clients would believe a leaf for this host.
   *
   * @throws {@link CertificateAuthorityError} `bad-host`
   */
  permits(host: string): boolean {
    const { constraints } = this.#authority;
    return !constraints || permits(constraints, readHost(host));
  }

  /**
   * The leaf for a host: from the cache, or issued now, once for all who ask at the same time. It is replaced well
   * before it expires, so ask anew for each connection.
   *
   * @param host as a client names it: DNS name, wildcard or IP address
   * @throws {@link CertificateAuthorityError} `bad-host`, `outside-constraint`, `ca-expired`
   */
  forHost(host: string, options: { readonly keyType?: LeafKeyType } = {}): Promise<Leaf> {
    const { keyType = "ecdsa-p256" } = options;
    return this.#leaves.take(keyType, host, () => this.issue({ hosts: [host], keyType }));
  }

  /**
   * Issues a leaf, without the cache.
   *
   * @throws {@link CertificateAuthorityError} `bad-host`, `bad-option`, `outside-constraint`, `ca-expired`
   * @example const leaf = await ca.issue({ hosts: ["*.example.com", "example.com"], validityDays: 7 });
   */
  async issue(options: IssueOptions): Promise<Leaf> {
    const { keyType = "ecdsa-p256", validityDays = limits.leafDays } = options;
    const hosts = options.hosts.map(readHost);
    if (hosts.length === 0)
      throw new CertificateAuthorityError("bad-option", "A leaf was asked for without a host; name one.");
    this.#refuseOutside(hosts);
    const now = this.#checkedNow();
    const validity = leafValidity(this.#authority, now, validityDays);
    return issueLeaf(this.#authority, await this.#keys.current(keyType), hosts, validity);
  }

  /**
   * A leaf with exactly one fault, for testing what clients refuse; cached as good ones are.
   *
   * @throws {@link CertificateAuthorityError} `bad-host`, `outside-constraint`, `ca-expired`, `not-possible` for
   *   `name-constraint-violation` from an unconstrained CA
   */
  issueInvalid(kind: InvalidLeafKind, host: string): Promise<Leaf> {
    return this.#leaves.take(kind, host, async () => {
      if (!Object.hasOwn(invalidLeafKinds, kind))
        throw new CertificateAuthorityError(
          "bad-option",
          `"${kind}" is no kind of bad certificate; there are ${Object.keys(invalidLeafKinds).join(", ")}.`,
        );
      return issueInvalidLeaf(kind, readHost(host), this.#authority, this.#keys, this.#checkedNow());
    });
  }

  /**
   * For `tls.createServer({ SNICallback: ca.sniCallback })`: a context for whatever name a client asks for. For a
   * name that the CA may not stand for the connection ends without a certificate.
   */
  readonly sniCallback: SniCallback = callbackify(async (servername: string) =>
    (await this.forHost(servername)).secureContext(),
  );

  /** What may be logged. */
  toJSON(): {
    subject: string;
    fingerprint256: string;
    notAfter: string;
    permittedDns: readonly string[] | "all";
  } {
    return {
      subject: this.certificate.subject,
      fingerprint256: this.fingerprint256,
      notAfter: this.notAfter.toISOString(),
      permittedDns: this.constraints?.permittedDns ?? "all",
    };
  }

  #refuseOutside(hosts: readonly Host[]): void {
    const { constraints } = this.#authority;
    const outside = constraints && hosts.find((host) => !permits(constraints, host));
    if (!outside) return;
    const [what, flags] =
      outside.kind === "ip"
        ? ["excludes IP addresses", "--ca-unconstrained"]
        : [
            "is constrained to other names",
            [...constraints.permittedDns, outside.name].map((name) => `--target ${name}`).join(" "),
          ];
    throw new CertificateAuthorityError(
      "outside-constraint",
      `No client would take a certificate for ${outside.name} from this CA: it ${what} ` +
        `(permitted: ${constraints.permittedDns.join(", ") || "no list"}). Make a CA that permits it, which clients ` +
        `then have to trust instead: \`faultwire ca init --force ${flags}\`.`,
    );
  }

  /** The time, once the CA is known to be valid at it: it may have expired while the process ran. */
  #checkedNow(): number {
    const now = this.#now();
    checkValidity(this.certificate, this.certificatePath ?? "memory", now);
    return now;
  }
}
