export type { BridgeFailure } from "./bridge/bridge-failure.ts";
export type { BridgeSide, BridgeVersion, IdentityKeyType, ServerIdentity } from "./bridge/bridge-peers.ts";
export { type BridgeAtRest, type BridgeState, TlsBridge } from "./bridge/tls-bridge.ts";
export { type TlsBridgeLimit, tlsBridgeLimits } from "./bridge/tls-bridge-limits.ts";
export type {
  BridgeSession,
  BridgeSessionSide,
  HandshakeAlert,
  IdentityRequest,
  TlsBridgeHandler,
  TlsBridgeOptions,
  UpstreamTrust,
} from "./bridge/tls-bridge-options.ts";
export { TlsClient, type TlsClientHandler, type TlsClientOptions } from "./client/tls-client.ts";
export { SecureContextCache } from "./handshake/secure-context-cache.ts";
export { KeylogEntry, KeylogLabel, keylogLimits, parseKeylogLine } from "./keylog-line.ts";
export { type OpenedRecord, RecordOpener } from "./record-protection/record-opener.ts";
export {
  cipherSuiteProtection,
  type RecordProtectionAead,
  type RecordProtectionSuite,
  recordProtectionLimits,
} from "./record-protection/record-protection-suite.ts";
export { RecordSealer, type SealOptions } from "./record-protection/record-sealer.ts";
export type {
  RecordSecrets,
  Tls12RecordSecrets,
  Tls13RecordSecrets,
} from "./record-protection/record-secrets.ts";
export type { PeerSessionAtRest } from "./session/peer-session.ts";
export {
  type BridgedSockets,
  type BridgeSocketsOptions,
  bridgeSockets,
  bridgeSocketsLimits,
} from "./sockets/bridge-sockets.ts";
export { TlsBridgeError, type TlsBridgeErrorCode } from "./tls-bridge-error.ts";
