import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { Oid } from "../der/oids.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import { createRoot } from "../root.ts";
import type { Authority } from "../store/read-authority.ts";
import { distinguishedName } from "../x509/certificate-builder.ts";
import { readCaCertificate } from "../x509/certificate-reader.ts";
import { dnsBaseOf, type Host, readHost } from "../x509/host.ts";
import { permits } from "../x509/name-constraints.ts";
import { backdateMs, dayMs } from "../x509/validity.ts";
import type { ContextCache, Leaf } from "./leaf.ts";
import { issueLeaf, type LeafIssuer, leafSubject, leafValidity } from "./leaf-issuer.ts";
import type { LeafKeys } from "./leaf-key.ts";

/** The kinds of certificates that clients have to refuse, each with the one thing that is wrong about it. */
export const invalidLeafKinds = {
  expired: "was valid until a week ago",
  "not-yet-valid": "is valid from next week on",
  "wrong-host": "stands for another name",
  "self-signed": "is signed with its own key",
  "untrusted-root": "is signed by a root that nobody trusts, which is sent along",
  "incomplete-chain": "is signed by an intermediate CA that is not sent along",
  "weak-key": "has an RSA key of 1024 bits",
  "sha1-signature": "is signed with SHA-1",
  "not-for-servers": "is for TLS clients only (extendedKeyUsage)",
  "name-constraint-violation": "also stands for a name that the CA's name constraints exclude",
  "too-long-lived": "is valid for ten years",
} as const;

/** One of {@link invalidLeafKinds}. */
export type InvalidLeafKind = keyof typeof invalidLeafKinds;

/** A weak key or hash is refused by OpenSSL in the server already, unless it is told to look away. */
const lookAway = "DEFAULT@SECLEVEL=0";

/** NSS lets a certificate be a day early, and clocks are wrong by minutes; a week is beyond both. */
const weekMs = 7 * dayMs;

/** An issuer below our root whose certificate nobody has ever seen, because it does not exist. */
async function missingIntermediate(keys: LeafKeys, contexts: ContextCache): Promise<LeafIssuer> {
  const { privateKey, identifier } = await keys.current("ecdsa-p256");
  const subject = distinguishedName({
    organization: "Faultwire",
    commonName: "Faultwire missing intermediate CA",
  });
  return { subject, keyIdentifier: identifier, privateKey, chain: [], contexts };
}

/** A root like ours that no one trusts, for one leaf. */
async function unknownRoot(now: number, contexts: ContextCache): Promise<LeafIssuer> {
  const { keys, certificate } = await createRoot({
    keyType: "ecdsa-p256",
    permittedDns: undefined,
    machine: "an unknown machine",
    now,
  });
  return {
    ...readCaCertificate(certificate),
    privateKey: keys.privateKey,
    chain: [certificate.raw],
    contexts,
  };
}

/** A name beside the one that the client asks for, inside the constraints, so that nothing else is wrong. */
function wrongHost(host: Host): Host {
  const base = dnsBaseOf(host);
  return readHost(base === undefined ? "wrong-host.invalid" : `wrong-host.${base}`);
}

/** A kind that depends on our signature needs a host that we may sign for; else two things would be wrong. */
function refuseOutside(authority: Authority, kind: InvalidLeafKind, hosts: readonly Host[]): void {
  const outside = authority.constraints && hosts.find((host) => !permits(authority.constraints!, host));
  if (outside)
    throw new CertificateAuthorityError(
      "outside-constraint",
      `${outside.name} is outside the name constraints of the CA, so a leaf for it would be bad in two ways; ` +
        `"${kind}" was asked for. Name a host that the CA permits.`,
    );
}

/**
 * Issues a leaf with exactly one fault.
 *
 * @throws {@link CertificateAuthorityError} `outside-constraint`; `not-possible` for `name-constraint-violation` from a
 *   CA that has no constraints to violate
 */
export async function issueInvalidLeaf(
  kind: InvalidLeafKind,
  host: Host,
  authority: Authority & LeafIssuer,
  keys: LeafKeys,
  now: number,
): Promise<Leaf> {
  const { contexts } = authority;
  const key = await keys.current("ecdsa-p256");
  const validity = leafValidity(authority, now, limits.leafDays);
  if (!["self-signed", "untrusted-root", "name-constraint-violation"].includes(kind))
    refuseOutside(authority, kind, [host]);
  switch (kind) {
    case "expired":
      return issueLeaf(authority, key, [host], { notBefore: now - 37 * dayMs, notAfter: now - weekMs });
    case "not-yet-valid":
      return issueLeaf(authority, key, [host], { notBefore: now + weekMs, notAfter: now + 37 * dayMs });
    case "wrong-host": {
      const wrong = wrongHost(host);
      refuseOutside(authority, kind, [wrong]);
      return issueLeaf(authority, key, [wrong], validity);
    }
    case "self-signed": {
      const { privateKey, identifier: keyIdentifier } = key;
      return issueLeaf(
        { subject: leafSubject, keyIdentifier, privateKey, chain: [], contexts },
        key,
        [host],
        validity,
      );
    }
    case "untrusted-root":
      return issueLeaf(await unknownRoot(now, contexts), key, [host], validity);
    case "incomplete-chain":
      return issueLeaf(await missingIntermediate(keys, contexts), key, [host], validity);
    case "weak-key":
      return issueLeaf(authority, await keys.current("rsa-1024"), [host], validity, { ciphers: lookAway });
    case "sha1-signature":
      return issueLeaf(authority, key, [host], validity, { hash: "sha1", ciphers: lookAway });
    case "not-for-servers":
      return issueLeaf(authority, key, [host], validity, { purpose: Oid.clientAuth });
    case "name-constraint-violation": {
      const outside = readHost("outside-the-constraints.invalid");
      if (!authority.constraints || permits(authority.constraints, outside))
        throw new CertificateAuthorityError(
          "not-possible",
          "This CA has no name constraints, so no certificate can violate them. Use a constrained CA.",
        );
      return issueLeaf(authority, key, [host, outside], validity);
    }
    case "too-long-lived":
      return issueLeaf(authority, key, [host], {
        notBefore: now - backdateMs,
        notAfter: now + 3650 * dayMs,
      });
    default:
      return kind satisfies never;
  }
}
