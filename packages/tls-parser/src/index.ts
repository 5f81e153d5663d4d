export {
  ClientHelloReader,
  type ClientHelloReaderOptions,
  type ClientHelloResult,
} from "./client-hello-reader.ts";
export { type Detection, detectProtocol } from "./detect-protocol.ts";
export type * from "./extension/certificates.ts";
export type * from "./extension/encrypted-client-hello.ts";
export type {
  DecodeOptions,
  ExtensionBase,
  GreaseExtension,
  MalformedExtension,
  OpaqueExtension,
  UnknownExtension,
} from "./extension/extension.ts";
export { ExtensionType } from "./extension/extension-type.ts";
export type * from "./extension/flags.ts";
export type * from "./extension/groups.ts";
export type * from "./extension/messages.ts";
export type * from "./extension/names.ts";
export type * from "./extension/negotiation.ts";
export type * from "./extension/quic-transport-parameters.ts";
export type * from "./extension/session.ts";
export type * from "./extension/signatures.ts";
export { isGrease, isGreaseAlpn, isGreasePskMode } from "./grease.ts";
export {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  decodeClientHello,
  encodeClientHello,
  offeredVersionsOf,
  serverNameOf,
} from "./handshake/client-hello.ts";
export { HANDSHAKE_HEADER_BYTES, HandshakeFrame } from "./handshake/handshake-frame.ts";
export {
  HandshakeReader,
  type HandshakeReaderOptions,
  MAX_HANDSHAKE_BYTES,
} from "./handshake/handshake-reader.ts";
export { HandshakeType, type HandshakeTypeName, handshakeTypeName } from "./handshake/handshake-type.ts";
export {
  decodeServerHello,
  downgradeSignalOf,
  encodeServerHello,
  type HelloRetryRequest,
  type ServerHello,
  selectedAlpnOf,
  selectedVersionOf,
} from "./handshake/server-hello.ts";
export { ProtocolVersion, protocolVersionName } from "./protocol-version.ts";
export { ContentType, type ContentTypeName, contentTypeName } from "./record/content-type.ts";
export { RECORD_HEADER_BYTES, RecordLimit } from "./record/record-limits.ts";
export { RecordReader, type RecordReaderOptions } from "./record/record-reader.ts";
export { TlsRecord } from "./record/tls-record.ts";
export { TlsParseError, type TlsParseErrorCode, type TlsParseErrorInit } from "./tls-parse-error.ts";
