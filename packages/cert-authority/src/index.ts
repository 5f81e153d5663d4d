export { CertificateAuthority, type IssueOptions, type SniCallback } from "./certificate-authority.ts";
export {
  CertificateAuthorityError,
  type CertificateAuthorityErrorCode,
} from "./certificate-authority-error.ts";
export { type InvalidLeafKind, invalidLeafKinds } from "./leaf/invalid-leaf.ts";
export type { Leaf } from "./leaf/leaf.ts";
export type { CertificateAuthorityOptions } from "./open-authority.ts";
export { type Environment, faultwireHome } from "./store/home.ts";
export { passphraseVariable } from "./store/read-authority.ts";
export type { KeyType, LeafKeyType, RootKeyType } from "./x509/keys.ts";
export type { IpRange, NameConstraints } from "./x509/name-constraints.ts";
