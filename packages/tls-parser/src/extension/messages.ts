import type {
  CertificateAuthoritiesExtension,
  CertificateStatusExtension,
  CertificateTypesExtension,
  CompressCertificateExtension,
  SelectedCertificateTypeExtension,
  SignedCertificateTimestampExtension,
  StatusRequestExtension,
} from "./certificates.ts";
import type {
  EchConfirmationExtension,
  EchRetryConfigsExtension,
  InnerClientHelloExtension,
  OuterClientHelloExtension,
} from "./encrypted-client-hello.ts";
import type { OpaqueExtension } from "./extension.ts";
import type {
  EarlyDataExtension,
  EncryptThenMacExtension,
  ExtendedMasterSecretExtension,
  PostHandshakeAuthExtension,
  SctRequestExtension,
  ServerNameAckExtension,
  SessionTicketAckExtension,
  StatusRequestAckExtension,
} from "./flags.ts";
import type {
  ClientKeyShareExtension,
  EcPointFormatsExtension,
  SelectedGroupExtension,
  ServerKeyShareExtension,
  SupportedGroupsExtension,
} from "./groups.ts";
import type {
  AlpnExtension,
  ApplicationSettingsExtension,
  SelectedApplicationSettingsExtension,
  ServerNameExtension,
} from "./names.ts";
import type {
  CookieExtension,
  HeartbeatExtension,
  MaxFragmentLengthExtension,
  PaddingExtension,
  RecordSizeLimitExtension,
  RenegotiationInfoExtension,
  SelectedVersionExtension,
  SupportedVersionsExtension,
} from "./negotiation.ts";
import type { QuicTransportParametersExtension } from "./quic-transport-parameters.ts";
import type {
  MaxEarlyDataExtension,
  OfferedPskExtension,
  PskKeyExchangeModesExtension,
  SelectedPskExtension,
  SessionTicketExtension,
} from "./session.ts";
import type {
  DelegatedCredentialEntryExtension,
  DelegatedCredentialExtension,
  SignatureAlgorithmsCertExtension,
  SignatureAlgorithmsExtension,
} from "./signatures.ts";

/** An extension of a ClientHello. */
export type ClientHelloExtension =
  | AlpnExtension
  | ApplicationSettingsExtension
  | CertificateAuthoritiesExtension
  | CertificateTypesExtension
  | ClientKeyShareExtension
  | CompressCertificateExtension
  | CookieExtension
  | DelegatedCredentialExtension
  | EarlyDataExtension
  | EcPointFormatsExtension
  | EncryptThenMacExtension
  | ExtendedMasterSecretExtension
  | HeartbeatExtension
  | InnerClientHelloExtension
  | MaxFragmentLengthExtension
  | OfferedPskExtension
  | OpaqueExtension
  | OuterClientHelloExtension
  | PaddingExtension
  | PostHandshakeAuthExtension
  | PskKeyExchangeModesExtension
  | QuicTransportParametersExtension
  | RecordSizeLimitExtension
  | RenegotiationInfoExtension
  | SctRequestExtension
  | ServerNameExtension
  | SessionTicketExtension
  | SignatureAlgorithmsCertExtension
  | SignatureAlgorithmsExtension
  | StatusRequestExtension
  | SupportedGroupsExtension
  | SupportedVersionsExtension;

/** An extension of a ServerHello, of TLS 1.3 or older. */
export type ServerHelloExtension =
  | AlpnExtension
  | EcPointFormatsExtension
  | EncryptThenMacExtension
  | ExtendedMasterSecretExtension
  | HeartbeatExtension
  | MaxFragmentLengthExtension
  | OpaqueExtension
  | RecordSizeLimitExtension
  | RenegotiationInfoExtension
  | SelectedCertificateTypeExtension
  | SelectedPskExtension
  | SelectedVersionExtension
  | ServerKeyShareExtension
  | ServerNameAckExtension
  | SessionTicketAckExtension
  | SignedCertificateTimestampExtension
  | StatusRequestAckExtension;

/** An extension of a HelloRetryRequest. */
export type HelloRetryRequestExtension =
  | CookieExtension
  | EchConfirmationExtension
  | OpaqueExtension
  | SelectedGroupExtension
  | SelectedVersionExtension;

/** An extension of EncryptedExtensions. */
export type EncryptedExtension =
  | AlpnExtension
  | EarlyDataExtension
  | EchRetryConfigsExtension
  | HeartbeatExtension
  | MaxFragmentLengthExtension
  | OpaqueExtension
  | QuicTransportParametersExtension
  | RecordSizeLimitExtension
  | SelectedApplicationSettingsExtension
  | SelectedCertificateTypeExtension
  | ServerNameAckExtension
  | SupportedGroupsExtension;

/** An extension of a TLS 1.3 CertificateRequest. */
export type CertificateRequestExtension =
  | CertificateAuthoritiesExtension
  | CompressCertificateExtension
  | DelegatedCredentialExtension
  | OpaqueExtension
  | SctRequestExtension
  | SignatureAlgorithmsCertExtension
  | SignatureAlgorithmsExtension
  | StatusRequestAckExtension;

/** An extension of one entry of a TLS 1.3 Certificate. */
export type CertificateEntryExtension =
  | CertificateStatusExtension
  | DelegatedCredentialEntryExtension
  | OpaqueExtension
  | SignedCertificateTimestampExtension;

/** An extension of a TLS 1.3 NewSessionTicket. */
export type NewSessionTicketExtension = MaxEarlyDataExtension | OpaqueExtension;
