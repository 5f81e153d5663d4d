export { CertificateAuthority, type IssueOptions, type SniCallback } from "./certificate-authority.ts";
export {
  CertificateAuthorityError,
  type CertificateAuthorityErrorCode,
} from "./certificate-authority-error.ts";
export { type InvalidLeafKind, invalidLeafKinds } from "./leaf/invalid-leaf.ts";
export type { Leaf } from "./leaf/leaf.ts";
export { certificateAuthorityLimits } from "./limits.ts";
export type { CertificateAuthorityOptions } from "./open-authority.ts";
export { type Environment, faultwireHome } from "./store/home.ts";

export {
  type ExportFormat,
  exportCertificate,
  exportFormats,
  type PublicCertificate,
} from "./trust/export-certificate.ts";
export { type InstallTrustOptions, installTrust, type TrustReport } from "./trust/install-trust.ts";

export {
  type TrustEffect,
  type TrustFiles,
  trustEnvironment,
  writeTrustFiles,
} from "./trust/trust-environment.ts";
export type { CommandResult, RunCommand, TrustHost } from "./trust/trust-host.ts";
export type { TrustAction, TrustPlan, TrustStep, TrustSubject } from "./trust/trust-plan.ts";
export type { KeyType, LeafKeyType, RootKeyType } from "./x509/keys.ts";
export type { IpRange, NameConstraints } from "./x509/name-constraints.ts";
