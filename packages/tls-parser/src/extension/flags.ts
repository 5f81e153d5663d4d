import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** An extension whose presence says everything: its body is empty. */
interface Flag<Type extends number, Kind extends string> extends ExtensionBase {
  readonly type: Type;
  readonly kind: Kind;
}

/** `encrypt_then_mac` (RFC 7366 section 2). */
export type EncryptThenMacExtension = Flag<22, "encryptThenMac">;
/** `extended_master_secret` (RFC 7627 section 5.1). */
export type ExtendedMasterSecretExtension = Flag<23, "extendedMasterSecret">;
/** `early_data` in a ClientHello or EncryptedExtensions (RFC 8446 section 4.2.10). */
export type EarlyDataExtension = Flag<42, "earlyData">;
/** `post_handshake_auth` (RFC 8446 section 4.2.6). */
export type PostHandshakeAuthExtension = Flag<49, "postHandshakeAuth">;
/** `server_name` as a server acknowledges it (RFC 6066 section 3). */
export type ServerNameAckExtension = Flag<0, "serverName">;
/**
 * `status_request` where a server announces a CertificateStatus (RFC 6066 section 8), or asks for one in a
 * CertificateRequest (RFC 8446 section 4.4.2.1).
 */
export type StatusRequestAckExtension = Flag<5, "statusRequest">;
/** `signed_certificate_timestamp` as a request for timestamps (RFC 6962 section 3.3.1). */
export type SctRequestExtension = Flag<18, "signedCertificateTimestamp">;
/** `session_ticket` as a server announces a NewSessionTicket (RFC 5077 section 3.2). */
export type SessionTicketAckExtension = Flag<35, "sessionTicket">;

const flag = <Type extends number, Kind extends string>(
  type: Type,
  kind: Kind,
): ExtensionCodec<Flag<Type, Kind>> => ({ read: () => ({ type, kind }), write: () => {} });

export const encryptThenMac: ExtensionCodec<EncryptThenMacExtension> = flag(22, "encryptThenMac");
export const extendedMasterSecret: ExtensionCodec<ExtendedMasterSecretExtension> = flag(
  23,
  "extendedMasterSecret",
);
export const earlyData: ExtensionCodec<EarlyDataExtension> = flag(42, "earlyData");
export const postHandshakeAuth: ExtensionCodec<PostHandshakeAuthExtension> = flag(49, "postHandshakeAuth");
export const serverNameAck: ExtensionCodec<ServerNameAckExtension> = flag(0, "serverName");
export const statusRequestAck: ExtensionCodec<StatusRequestAckExtension> = flag(5, "statusRequest");
export const sctRequest: ExtensionCodec<SctRequestExtension> = flag(18, "signedCertificateTimestamp");
export const sessionTicketAck: ExtensionCodec<SessionTicketAckExtension> = flag(35, "sessionTicket");
