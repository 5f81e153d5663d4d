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
export { makeFolder } from "./store/private-file.ts";
export { passphraseVariable } from "./store/read-authority.ts";
export {
  type ExportFormat,
  encodeCertificate,
  exportCertificate,
  exportFormats,
  type PublicCertificate,
} from "./trust/export-certificate.ts";
export { type InstallTrustOptions, installTrust, stepText, type TrustReport } from "./trust/install-trust.ts";
export { pkcs12TrustStore, type TrustedCertificate, trustStorePassword } from "./trust/pkcs12.ts";
export {
  type TrustEffect,
  type TrustFiles,
  trustEnvironment,
  trustVariables,
  writeTrustFiles,
} from "./trust/trust-environment.ts";
export {
  type CommandResult,
  type RunCommand,
  runCommand,
  type TrustHost,
  thisHost,
} from "./trust/trust-host.ts";
export {
  type TrustAction,
  type TrustPlan,
  type TrustStep,
  type TrustSubject,
  trustPlan,
} from "./trust/trust-plan.ts";
export type { KeyType, LeafKeyType, RootKeyType } from "./x509/keys.ts";
export type { IpRange, NameConstraints } from "./x509/name-constraints.ts";
