/** The CA, as interception asks it for certificates. */
import {
  type CertificateAuthority,
  CertificateAuthorityError,
  type InvalidLeafKind,
} from "@faultwire/cert-authority";
import type { CertificateDefect } from "@faultwire/fault-engine";
import type { InterceptionOptions } from "@faultwire/fault-session";

/** The CA's kind of bad certificate for each defect that a rule can name. */
export const defectKinds: Readonly<Record<CertificateDefect, InvalidLeafKind>> = {
  expired: "expired",
  "not-yet-valid": "not-yet-valid",
  "wrong-host": "wrong-host",
  "self-signed": "self-signed",
  "untrusted-root": "untrusted-root",
  "incomplete-chain": "incomplete-chain",
  "weak-key": "weak-key",
  sha1: "sha1-signature",
  "not-for-servers": "not-for-servers",
};

/** Certificates through the CA's cache. */
export function identitiesOf(authority: CertificateAuthority): InterceptionOptions {
  return {
    identityFor: ({ serverName, keyType }) => authority.forHost(serverName, { keyType }),
    defectiveIdentityFor: (defect, host) => authority.issueInvalid(defectKinds[defect], host),
    issuerKey: authority.certificate.publicKey,
    permits: (host) => permits(authority, host),
  };
}

/**
 * A name that is no host is nobody whom we could stand for. The bytes of a name in a ClientHello are ASCII (RFC 6066
 * section 3): any others would be read as letters that the client did not mean.
 */
function permits(authority: CertificateAuthority, host: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(host)) return false;
  try {
    return authority.permits(host);
  } catch (error) {
    if (error instanceof CertificateAuthorityError) return false;
    throw error;
  }
}
