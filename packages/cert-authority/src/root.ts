import { X509Certificate } from "node:crypto";
import { CertificateAuthorityError } from "./certificate-authority-error.ts";
import { Oid } from "./der/oids.ts";
import { certificateAuthorityLimits as limits } from "./limits.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  freshSerialNumber,
  KeyUsage,
  keyUsage,
  nameConstraints,
  publicKeyNode,
  signCertificate,
  subjectKeyIdentifier,
} from "./x509/certificate-builder.ts";
import { keyIdentifierOf } from "./x509/certificate-reader.ts";
import { dnsBaseOf, type Host, readHost } from "./x509/host.ts";
import { generateKeys, type KeyPair, type RootKeyType, spkiOf } from "./x509/keys.ts";
import { encodeDnsConstraints } from "./x509/name-constraints.ts";
import { backdateMs, dayMs } from "./x509/validity.ts";

/** ub-common-name of RFC 5280 appendix A.1. */
const maxCommonName = 64;

export type RootOptions = {
  readonly keyType: RootKeyType;
  /** The DNS names to permit; undefined for a CA without constraints. */
  readonly permittedDns: readonly string[] | undefined;
  /** The name of this machine, for people who find the certificate in a store one day. */
  readonly machine: string;
  readonly now: number;
};

/** A freshly made root certificate and its key. */
export type Root = { readonly keys: KeyPair; readonly certificate: X509Certificate };

function refuseTarget(target: string, why: string): CertificateAuthorityError {
  return new CertificateAuthorityError(
    "bad-target",
    `The target ${JSON.stringify(target)} can't stand in the name constraints of a CA: ${why} ` +
      "Or make a CA without constraints (--ca-unconstrained).",
  );
}

/**
 * The DNS names that a CA has to permit for these targets, sorted, without those that another one covers.
 * `*.example.com` becomes `example.com`: a name constraint always takes in everything below a name.
 *
 * @throws {@link CertificateAuthorityError} `no-targets`, `bad-target`, `bad-host`.
 */
export function permittedDnsFor(targets: readonly string[]): string[] {
  const bases = new Set<string>();
  for (const target of targets) {
    if (target === "*") throw refuseTarget(target, "it is every name there is. Name the hosts.");
    const host: Host = readHost(target);
    const base = dnsBaseOf(host);
    if (base === undefined)
      throw refuseTarget(
        target,
        "a constrained CA excludes every IP address. Use a DNS name (localhost instead of 127.0.0.1).",
      );
    if (host.kind === "wildcard" && !base.includes("."))
      throw refuseTarget(target, `it would open every name below ${base}. Name the hosts.`);
    bases.add(base);
  }
  if (bases.size === 0)
    throw new CertificateAuthorityError(
      "no-targets",
      "A constrained CA needs to know the hosts that it may stand for, and was given none. " +
        "Name them (--target api.anthropic.com), or make a CA without constraints (--ca-unconstrained).",
    );
  return [...bases]
    .filter((base) => ![...bases].some((other) => base !== other && base.endsWith(`.${other}`)))
    .sort();
}

/** The name that says what this is and whose; the last part keeps two roots of one day apart. */
function rootName(machine: string, now: number, keyIdentifier: Buffer): string {
  const date = new Date(now).toISOString().slice(0, 10);
  const tail = ` (${date} ${keyIdentifier.toString("hex", 0, 3)})`;
  const head = `Faultwire test CA on ${machine.replaceAll(/[^\x20-\x7e]/g, "?")}`;
  return head.slice(0, maxCommonName - tail.length) + tail;
}

/**
 * Makes a root certificate: 128-bit serial number, subject and authority key identifiers, critical basicConstraints
 * with pathLen 0, keyUsage for signing certificates and CRLs, extendedKeyUsage serverAuth, critical name constraints.
 *
 * RFC 5280 does not ask for extendedKeyUsage in a CA; OpenSSL, NSS, Go and Windows hold leaves against it all the same,
 * which keeps a stolen key from signing programs or mail.
 */
export async function createRoot(options: RootOptions): Promise<Root> {
  const { keyType, permittedDns, machine, now } = options;
  const keys = await generateKeys(keyType);
  const publicKey = publicKeyNode(spkiOf(keys.publicKey));
  const identifier = keyIdentifierOf(publicKey);
  const name = distinguishedName({
    organization: "Faultwire",
    commonName: rootName(machine, now, identifier),
  });
  const der = signCertificate(
    {
      serialNumber: freshSerialNumber(),
      issuer: name,
      subject: name,
      notBefore: now - backdateMs,
      notAfter: now + limits.rootDays * dayMs,
      publicKey,
      extensions: [
        basicConstraints(true),
        keyUsage(KeyUsage.keyCertSign, KeyUsage.cRLSign),
        extendedKeyUsage(Oid.serverAuth),
        subjectKeyIdentifier(identifier),
        authorityKeyIdentifier(identifier),
        ...(permittedDns ? [nameConstraints(encodeDnsConstraints(permittedDns))] : []),
      ],
    },
    keys.privateKey,
  );
  return { keys, certificate: new X509Certificate(der) };
}
