import { ExtensionType as T } from "../tables/extension-type.ts";
import * as certificates from "./certificates.ts";
import * as ech from "./encrypted-client-hello.ts";
import type { ExtensionBase, ExtensionCodec } from "./extension.ts";
import * as flags from "./flags.ts";
import * as groups from "./groups.ts";
import type {
  CertificateEntryExtension,
  CertificateRequestExtension,
  ClientHelloExtension,
  EncryptedExtension,
  HelloRetryRequestExtension,
  NewSessionTicketExtension,
  ServerHelloExtension,
} from "./messages.ts";
import * as names from "./names.ts";
import * as negotiation from "./negotiation.ts";
import * as quic from "./quic-transport-parameters.ts";
import * as session from "./session.ts";
import * as signatures from "./signatures.ts";

/**
 * Which extension has which body in which message (RFC 8446 section 4.2 and the RFCs of the extensions), by type. What
 * a table does not list stays `unknown` in that message.
 */
export type CodecTable<E extends ExtensionBase> = Readonly<Record<number, ExtensionCodec<E>>>;

export const clientHelloCodecs: CodecTable<ClientHelloExtension> = {
  [T.serverName]: names.serverName,
  [T.maxFragmentLength]: negotiation.maxFragmentLength,
  [T.statusRequest]: certificates.statusRequest,
  [T.supportedGroups]: groups.supportedGroups,
  [T.ecPointFormats]: groups.ecPointFormats,
  [T.signatureAlgorithms]: signatures.signatureAlgorithms,
  [T.heartbeat]: negotiation.heartbeat,
  [T.applicationLayerProtocolNegotiation]: names.alpn,
  [T.signedCertificateTimestamp]: flags.sctRequest,
  [T.clientCertificateType]: certificates.certificateTypes,
  [T.serverCertificateType]: certificates.certificateTypes,
  [T.padding]: negotiation.padding,
  [T.encryptThenMac]: flags.encryptThenMac,
  [T.extendedMasterSecret]: flags.extendedMasterSecret,
  [T.compressCertificate]: certificates.compressCertificate,
  [T.recordSizeLimit]: negotiation.recordSizeLimit,
  [T.delegatedCredential]: signatures.delegatedCredential,
  [T.sessionTicket]: session.sessionTicket,
  [T.preSharedKey]: session.offeredPsk,
  [T.earlyData]: flags.earlyData,
  [T.supportedVersions]: negotiation.supportedVersions,
  [T.cookie]: negotiation.cookie,
  [T.pskKeyExchangeModes]: session.pskKeyExchangeModes,
  [T.certificateAuthorities]: certificates.certificateAuthorities,
  [T.postHandshakeAuth]: flags.postHandshakeAuth,
  [T.signatureAlgorithmsCert]: signatures.signatureAlgorithmsCert,
  [T.keyShare]: groups.clientKeyShare,
  [T.quicTransportParameters]: quic.quicTransportParameters,
  [T.applicationSettingsOld]: names.applicationSettings,
  [T.applicationSettings]: names.applicationSettings,
  [T.encryptedClientHello]: ech.encryptedClientHello,
  [T.renegotiationInfo]: negotiation.renegotiationInfo,
};

/** A ServerHello, of TLS 1.3 or older: what the old versions negotiate here, TLS 1.3 moves to EncryptedExtensions. */
export const serverHelloCodecs: CodecTable<ServerHelloExtension> = {
  [T.serverName]: flags.serverNameAck,
  [T.maxFragmentLength]: negotiation.maxFragmentLength,
  [T.statusRequest]: flags.statusRequestAck,
  [T.ecPointFormats]: groups.ecPointFormats,
  [T.heartbeat]: negotiation.heartbeat,
  [T.applicationLayerProtocolNegotiation]: names.selectedAlpn,
  [T.signedCertificateTimestamp]: certificates.signedCertificateTimestamp,
  [T.clientCertificateType]: certificates.selectedCertificateType,
  [T.serverCertificateType]: certificates.selectedCertificateType,
  [T.encryptThenMac]: flags.encryptThenMac,
  [T.extendedMasterSecret]: flags.extendedMasterSecret,
  [T.recordSizeLimit]: negotiation.recordSizeLimit,
  [T.sessionTicket]: flags.sessionTicketAck,
  [T.preSharedKey]: session.selectedPsk,
  [T.supportedVersions]: negotiation.selectedVersion,
  [T.keyShare]: groups.serverKeyShare,
  [T.renegotiationInfo]: negotiation.renegotiationInfo,
};

export const helloRetryRequestCodecs: CodecTable<HelloRetryRequestExtension> = {
  [T.supportedVersions]: negotiation.selectedVersion,
  [T.cookie]: negotiation.cookie,
  [T.keyShare]: groups.selectedGroup,
  [T.encryptedClientHello]: ech.echConfirmation,
};

export const encryptedExtensionsCodecs: CodecTable<EncryptedExtension> = {
  [T.serverName]: flags.serverNameAck,
  [T.maxFragmentLength]: negotiation.maxFragmentLength,
  [T.supportedGroups]: groups.supportedGroups,
  [T.heartbeat]: negotiation.heartbeat,
  [T.applicationLayerProtocolNegotiation]: names.selectedAlpn,
  [T.clientCertificateType]: certificates.selectedCertificateType,
  [T.serverCertificateType]: certificates.selectedCertificateType,
  [T.recordSizeLimit]: negotiation.recordSizeLimit,
  [T.earlyData]: flags.earlyData,
  [T.quicTransportParameters]: quic.quicTransportParameters,
  [T.applicationSettingsOld]: names.selectedApplicationSettings,
  [T.applicationSettings]: names.selectedApplicationSettings,
  [T.encryptedClientHello]: ech.echRetryConfigs,
};

export const certificateRequestCodecs: CodecTable<CertificateRequestExtension> = {
  [T.statusRequest]: flags.statusRequestAck,
  [T.signatureAlgorithms]: signatures.signatureAlgorithms,
  [T.signedCertificateTimestamp]: flags.sctRequest,
  [T.compressCertificate]: certificates.compressCertificate,
  [T.delegatedCredential]: signatures.delegatedCredential,
  [T.certificateAuthorities]: certificates.certificateAuthorities,
  [T.signatureAlgorithmsCert]: signatures.signatureAlgorithmsCert,
};

export const certificateEntryCodecs: CodecTable<CertificateEntryExtension> = {
  [T.statusRequest]: certificates.certificateStatus,
  [T.signedCertificateTimestamp]: certificates.signedCertificateTimestamp,
  [T.delegatedCredential]: signatures.delegatedCredentialEntry,
};

export const newSessionTicketCodecs: CodecTable<NewSessionTicketExtension> = {
  [T.earlyData]: session.maxEarlyData,
};
