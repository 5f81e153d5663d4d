import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { CertificateAuthorityError } from "./certificate-authority-error.ts";
import { createRoot, permittedDnsFor } from "./root.ts";
import {
  type AuthorityPem,
  readAuthorityFiles,
  readStoredAuthority,
  type StoredAuthority,
  storeAuthority,
} from "./store/authority-files.ts";
import { type AuthorityPaths, authorityFolder, deleteRetiredKeys } from "./store/generations.ts";
import { type Environment, faultwireHome } from "./store/home.ts";
import { sweepLeftovers } from "./store/leftovers.ts";
import { type Authority, passphraseVariable, readAuthority } from "./store/read-authority.ts";
import { readHost } from "./x509/host.ts";
import type { RootKeyType } from "./x509/keys.ts";
import { type NameConstraints, permits } from "./x509/name-constraints.ts";

/** Where a CA is and what it is for. Everything has a default but the targets. */
export type CertificateAuthorityOptions = {
  /**
   * The hosts that the CA has to be good for: DNS names, `*.example.com`, or `*` for an unconstrained CA. A new CA is
   * constrained to them; one that is there already has to permit them.
   */
  readonly targets: readonly string[];
  /** Faultwire's home; the CA is in its folder `ca`. Default: {@link faultwireHome}. */
  readonly directory?: string;
  /** Whether a new CA gets name constraints. Default true. */
  readonly constrained?: boolean;
  /** The key of a new CA. Default `ecdsa-p256`; `rsa-3072` is for clients that verify no ECDSA. */
  readonly keyType?: RootKeyType;
  /** The certificate of a CA of your own, PEM, with its intermediates if it has any; then `keyPath` is needed, too. */
  readonly certificatePath?: string;
  /** The key of a CA of your own, PEM: PKCS #1, PKCS #8 or SEC 1, encrypted or not, mode 0600. */
  readonly keyPath?: string;
  /** Secret. Opens an encrypted key; encrypts the key of a new CA. Default `$FAULTWIRE_CA_PASSPHRASE`. */
  readonly passphrase?: string;
  /** Where the variables come from. Default `process.env`. */
  readonly environment?: Environment;
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** How many leaves are kept, least recently used first out. Default 10,000, about 3 kB each. */
  readonly maxCachedLeaves?: number;
  /**
   * Whether a CA that has expired, or is not valid yet, is opened all the same: to tell what it is, or to take it out of
   * trust stores. It issues nothing. Default false.
   */
  readonly allowOutsideValidity?: boolean;
};

/** An authority and where it came from. */
export type OpenedAuthority = {
  readonly authority: Authority;
  /** Undefined for a CA that lives in memory only. */
  readonly paths: AuthorityPaths | undefined;
  /** Faultwire's home; undefined for a CA that lives in memory only. */
  readonly home: string | undefined;
};

const homeOf = (options: CertificateAuthorityOptions): string =>
  resolve(options.directory ?? faultwireHome(options.environment));

const environmentOf = ({ environment = process.env }: CertificateAuthorityOptions): Environment =>
  environment;

const passphraseOf = ({
  passphrase,
  environment = process.env,
}: CertificateAuthorityOptions): string | undefined =>
  passphrase ?? (environment[passphraseVariable] || undefined);

/** The paths of a CA of the user's own; undefined when it is ours that is meant. */
function ownPaths({ certificatePath, keyPath }: CertificateAuthorityOptions): AuthorityPaths | undefined {
  if (certificatePath !== undefined && keyPath !== undefined) return { certificatePath, keyPath };
  if (certificatePath === undefined && keyPath === undefined) return undefined;
  const [given, missing] = keyPath === undefined ? ["certificate", "key"] : ["key", "certificate"];
  throw new CertificateAuthorityError(
    "bad-option",
    `The CA's ${given} was named but not its ${missing}; a CA of your own needs both.`,
  );
}

/** Whether a certificate for this target would pass the constraints. */
function isPermitted(constraints: NameConstraints | undefined, target: string): boolean {
  if (!constraints) return true;
  return target !== "*" && permits(constraints, readHost(target));
}

/** Refuses a CA that clients would not believe for one of the targets, and says how to get one that they would. */
function refuseOutside(authority: Authority, targets: readonly string[], paths: AuthorityPaths): void {
  const { constraints } = authority;
  const outside = targets.filter((target) => !isPermitted(constraints, target));
  if (!constraints || outside.length === 0) return;
  const permitted = constraints.permittedDns;
  const flags = targetFlags([...new Set([...permitted, ...targets])]);
  throw new CertificateAuthorityError(
    "outside-constraint",
    `The CA in ${paths.certificatePath} is constrained to ${permitted.join(", ") || "other names"}; ` +
      `${outside.join(", ")} is outside, and clients would refuse it. Make a new CA, which they then have to trust ` +
      `instead: ${[...flags, "--ca-unconstrained"].map((each) => `\`faultwire ca init --force ${each}\``).join(", or ")}.`,
  );
}

/** The flags of `faultwire ca init` for a constrained CA that permits these targets; empty where there can be none. */
function targetFlags(targets: readonly string[]): readonly string[] {
  try {
    permittedDnsFor(targets);
  } catch (error) {
    if (error instanceof CertificateAuthorityError) return [];
    throw error;
  }
  return [targets.map((name) => `--target ${name}`).join(" ")];
}

function read(
  options: CertificateAuthorityOptions,
  pem: AuthorityPem,
  paths: AuthorityPaths,
): OpenedAuthority {
  const { now = Date.now, allowOutsideValidity = false } = options;
  const passphrase = passphraseOf(options);
  const authority = readAuthority(pem, { ...paths, passphrase, now: now(), allowOutsideValidity });
  refuseOutside(authority, options.targets, paths);
  return { authority, paths, home: homeOf(options) };
}

/** Makes a root and writes it as PEM; the key is encrypted when there is a passphrase. */
async function newAuthority(options: CertificateAuthorityOptions): Promise<AuthorityPem> {
  const { targets, constrained = true, keyType = "ecdsa-p256", now = Date.now } = options;
  const permittedDns = constrained ? permittedDnsFor(targets) : undefined;
  const { keys, certificate } = await createRoot({ keyType, permittedDns, machine: hostname(), now: now() });
  const passphrase = passphraseOf(options);
  const keyPem = keys.privateKey.export({
    type: "pkcs8",
    format: "pem",
    ...(passphrase !== undefined && { cipher: "aes-256-cbc", passphrase }),
  });
  return { certificatePem: certificate.toString(), keyPem: keyPem.toString() };
}

/** The files of the CA that is meant; undefined when they are not there. What killed processes left is swept. */
async function findAuthority(options: CertificateAuthorityOptions): Promise<StoredAuthority | undefined> {
  const own = ownPaths(options);
  if (own) {
    const pem = await readAuthorityFiles(own, environmentOf(options));
    return pem && { pem, paths: own };
  }
  const home = homeOf(options);
  const stored = await readStoredAuthority(home, environmentOf(options));
  await sweepLeftovers(home);
  return stored;
}

/** Opens the CA that is there; undefined when there is none. */
async function openStored(options: CertificateAuthorityOptions): Promise<OpenedAuthority | undefined> {
  const found = await findAuthority(options);
  return found && read(options, found.pem, found.paths);
}

/** Opens the CA that is there. */
export async function openAuthority(options: CertificateAuthorityOptions): Promise<OpenedAuthority> {
  const opened = await openStored(options);
  if (opened) return opened;
  const own = ownPaths(options);
  throw new CertificateAuthorityError(
    "ca-missing",
    own
      ? `There is no CA: neither ${own.certificatePath} nor ${own.keyPath} exists. Name the files of one.`
      : `There is no CA: ${authorityFolder(homeOf(options))} holds none. \`faultwire ca init --target HOST\` makes one.`,
  );
}

/** Makes a CA where there is none. */
export async function createAuthority(options: CertificateAuthorityOptions): Promise<OpenedAuthority> {
  refuseOwn(options);
  const home = homeOf(options);
  const pem = await newAuthority(options);
  const outcome = await storeAuthority(home, pem, false, environmentOf(options));
  await sweepLeftovers(home);
  if (outcome.kind === "stored") return read(options, pem, outcome.at);
  throw new CertificateAuthorityError(
    "ca-exists",
    `There is a CA already: ${outcome.by.certificatePath}. --force makes a new one, which clients then have to trust instead.`,
  );
}

/**
 * Makes a CA in place of the one that is there. Both are there until the new one is in use; then the key of the old
 * one is deleted. Of several processes that do this at once each replaces the CA of the one before.
 */
export async function replaceAuthority(
  options: CertificateAuthorityOptions,
): Promise<OpenedAuthority & { readonly retiredCertificatePath: string | undefined }> {
  refuseOwn(options);
  const home = homeOf(options);
  const pem = await newAuthority(options);
  const outcome = await storeAuthority(home, pem, true, environmentOf(options));
  if (outcome.kind === "taken") throw new Error("a CA that is to be replaced keeps nobody from storing one");
  await deleteRetiredKeys(home, outcome.at.number);
  await sweepLeftovers(home);
  const retired = outcome.before?.certificatePath;
  const isKept = retired !== undefined && existsSync(retired);
  return { ...read(options, pem, outcome.at), retiredCertificatePath: isKept ? retired : undefined };
}

function refuseOwn(options: CertificateAuthorityOptions): void {
  if (ownPaths(options))
    throw new CertificateAuthorityError("bad-option", "A CA of your own can be used, but not made here.");
}

/** Opens the CA that is there or makes one. Of several processes at once one makes it, and all open the same. */
export async function openOrCreateAuthority(options: CertificateAuthorityOptions): Promise<OpenedAuthority> {
  const opened = await openStored(options);
  if (opened) return opened;
  if (ownPaths(options)) return openAuthority(options);
  const pem = await newAuthority(options);
  const outcome = await storeAuthority(homeOf(options), pem, false, environmentOf(options));
  return outcome.kind === "stored" ? read(options, pem, outcome.at) : openAuthority(options);
}

/** Makes a CA that is never written anywhere. */
export async function ephemeralAuthority(options: CertificateAuthorityOptions): Promise<OpenedAuthority> {
  const paths = { certificatePath: "(in memory)", keyPath: "(in memory)" };
  return { ...read(options, await newAuthority(options), paths), paths: undefined, home: undefined };
}
