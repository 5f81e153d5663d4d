/** Whole connections for a plugin: the messages of `faultwire.connection.v1`, credit, and the two ends of a stream. */
export { checkBytes, checkEnd } from "./check-message.ts";
export { checkOpen } from "./check-open.ts";
export { connectionLimits } from "./connection-limits.ts";
export { ConnectionProtocolError, type ConnectionProtocolErrorCode } from "./connection-protocol-error.ts";
export { CreditReceiver, CreditSender, checkFirstCredit } from "./credit.ts";
export * from "./gen/faultwire/connection/v1/connection_pb.ts";
export { grpcStatus } from "./grpc-status.ts";
export { HostStream, type HostStreamEars, PluginChannel } from "./http2/plugin-channel.ts";
export {
  isProcessConnection,
  PluginStream,
  type PluginStreamEars,
  type UnfinishedMessages,
} from "./http2/plugin-stream.ts";
export type { StreamFailure } from "./http2/stream-failure.ts";
export { tunedSettings, tuneSession } from "./http2/windows.ts";
export { negotiateVersion } from "./negotiate.ts";
