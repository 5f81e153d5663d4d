export {
  ClientHelloReader,
  type ClientHelloReaderOptions,
  type ClientHelloResult,
} from "./client-hello-reader.ts";
export { type Detection, detectProtocol } from "./detect-protocol.ts";
export type {
  CertificateAuthoritiesExtension,
  CertificateStatusExtension,
  CertificateTypesExtension,
  CompressCertificateExtension,
  SelectedCertificateTypeExtension,
  SignedCertificateTimestampExtension,
  StatusRequestExtension,
} from "./extension/certificates.ts";
export type {
  EchConfig,
  EchConfirmationExtension,
  EchRetryConfigsExtension,
  InnerClientHelloExtension,
  OuterClientHelloExtension,
} from "./extension/encrypted-client-hello.ts";
export type {
  DecodeOptions,
  ExtensionBase,
  GreaseExtension,
  MalformedExtension,
  OpaqueExtension,
  UnknownExtension,
} from "./extension/extension.ts";

export type {
  EarlyDataExtension,
  EncryptThenMacExtension,
  ExtendedMasterSecretExtension,
  PostHandshakeAuthExtension,
  SctRequestExtension,
  ServerNameAckExtension,
  SessionTicketAckExtension,
  StatusRequestAckExtension,
} from "./extension/flags.ts";
export type {
  ClientKeyShareExtension,
  EcPointFormatsExtension,
  KeyShareEntry,
  SelectedGroupExtension,
  ServerKeyShareExtension,
  SupportedGroupsExtension,
} from "./extension/groups.ts";
export type {
  CertificateEntryExtension,
  CertificateRequestExtension,
  ClientHelloExtension,
  EncryptedExtension,
  HelloRetryRequestExtension,
  NewSessionTicketExtension,
  ServerHelloExtension,
} from "./extension/messages.ts";
export type {
  AlpnExtension,
  ApplicationSettingsExtension,
  SelectedApplicationSettingsExtension,
  ServerNameExtension,
} from "./extension/names.ts";
export type {
  CookieExtension,
  HeartbeatExtension,
  MaxFragmentLengthExtension,
  PaddingExtension,
  RecordSizeLimitExtension,
  RenegotiationInfoExtension,
  SelectedVersionExtension,
  SupportedVersionsExtension,
} from "./extension/negotiation.ts";
export type {
  QuicTransportParameter,
  QuicTransportParametersExtension,
} from "./extension/quic-transport-parameters.ts";
export type {
  MaxEarlyDataExtension,
  OfferedPskExtension,
  PskIdentity,
  PskKeyExchangeModesExtension,
  SelectedPskExtension,
  SessionTicketExtension,
} from "./extension/session.ts";
export type {
  DelegatedCredentialEntryExtension,
  DelegatedCredentialExtension,
  SignatureAlgorithmsCertExtension,
  SignatureAlgorithmsExtension,
} from "./extension/signatures.ts";
export { isGrease, isGreaseAlpn, isGreasePskMode } from "./grease.ts";
export type {
  CertificateEntry,
  CompressedCertificate,
  Tls12Certificate,
  Tls13Certificate,
} from "./handshake/certificate.ts";
export type { Tls12CertificateRequest, Tls13CertificateRequest } from "./handshake/certificate-request.ts";
export type { CertificateStatus, CertificateUrl, UrlAndHash } from "./handshake/certificate-status.ts";
export {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  decodeClientHello,
  encodeClientHello,
  offeredVersionsOf,
  serverNameOf,
} from "./handshake/client-hello.ts";
export type {
  ClientKeyExchange,
  DheClientKeyExchange,
  EcdheClientKeyExchange,
  OpaqueClientKeyExchange,
  PskClientKeyExchange,
  RsaClientKeyExchange,
} from "./handshake/client-key-exchange.ts";
export type { CertificateVerify, DigitallySigned } from "./handshake/digitally-signed.ts";
export { encodeHandshake } from "./handshake/encode-handshake.ts";
export {
  decodeHandshake,
  type Handshake,
  type HandshakeContext,
  type UnknownHandshake,
} from "./handshake/handshake.ts";
export { HANDSHAKE_HEADER_BYTES, HandshakeFrame } from "./handshake/handshake-frame.ts";
export {
  HandshakeReader,
  type HandshakeReaderOptions,
  handshakeLimits,
} from "./handshake/handshake-reader.ts";
export { HandshakeType, type HandshakeTypeName, handshakeTypeName } from "./handshake/handshake-type.ts";
export type { Tls12NewSessionTicket, Tls13NewSessionTicket } from "./handshake/new-session-ticket.ts";
export type {
  EncryptedExtensions,
  EndOfEarlyData,
  Finished,
  HelloRequest,
  KeyUpdate,
  MessageHash,
  ServerHelloDone,
  SupplementalData,
  SupplementalDataEntry,
} from "./handshake/plain-messages.ts";
export {
  decodeDraftHelloRetryRequest,
  decodeServerHello,
  downgradeSignalOf,
  encodeServerHello,
  type HelloRetryRequest,
  type ServerHello,
  selectedAlpnOf,
  selectedVersionOf,
} from "./handshake/server-hello.ts";
export type {
  DheServerKeyExchange,
  EcdheServerKeyExchange,
  OpaqueServerKeyExchange,
  PskServerKeyExchange,
  RsaServerKeyExchange,
  ServerKeyExchange,
} from "./handshake/server-key-exchange.ts";
export {
  decodeSsl2ClientHello,
  encodeSsl2ClientHello,
  type Ssl2ClientHello,
  ssl2RecordBytes,
} from "./handshake/ssl2-client-hello.ts";
export { type ClientHelloPeek, peekClientHello } from "./peek-client-hello.ts";
export { isTls13Version, ProtocolVersion, protocolVersionName } from "./protocol-version.ts";
export {
  type Alert,
  AlertDescription,
  AlertLevel,
  alertDescriptionName,
  decodeAlert,
  encodeAlert,
} from "./record/alert.ts";
export { ContentType, type ContentTypeName, contentTypeName } from "./record/content-type.ts";
export {
  type EncodeRecordsOptions,
  encodeRecord,
  encodeRecords,
  type RecordParts,
} from "./record/record-encoder.ts";
export { RECORD_HEADER_BYTES, recordLimits } from "./record/record-limits.ts";
export { RecordReader, type RecordReaderOptions } from "./record/record-reader.ts";
export { TlsRecord } from "./record/tls-record.ts";
export { CipherSuite, cipherSuiteFacts, cipherSuiteName } from "./tables/cipher-suite.ts";
export type { Authentication, CipherSuiteFacts, KeyExchange } from "./tables/cipher-suite-facts.ts";
export { ExtensionType, extensionTypeName } from "./tables/extension-type.ts";
export { NamedGroup, namedGroupFacts, namedGroupName } from "./tables/named-group.ts";
export type { NamedGroupFacts } from "./tables/named-group-facts.ts";
export { SignatureScheme, signatureSchemeName } from "./tables/signature-scheme.ts";
export { TlsParseError, type TlsParseErrorCode, type TlsParseErrorInit } from "./tls-parse-error.ts";
