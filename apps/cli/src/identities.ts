/** The CA, as interception asks it for certificates. */
import type { CertificateAuthority, InvalidLeafKind } from "@faultwire/cert-authority";
import type { CertificateDefect } from "@faultwire/fault-engine";
import type { InterceptionAuthority } from "@faultwire/plugin-server";

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

/** Issues through the CA's cache. */
export function identitiesOf(authority: CertificateAuthority): InterceptionAuthority {
  return {
    identityFor: (host, keyType) => authority.forHost(host, { keyType }),
    permits: (host) => authority.permits(host),
    identityForDefect: (defect, host) => authority.issueInvalid(defectKinds[defect], host),
  };
}
