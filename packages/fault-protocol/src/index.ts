export { FaultProtocolError, type FaultProtocolErrorCode } from "./fault-protocol-error.ts";
export * from "./gen/plugin/plugin_pb.ts";
export { hostLimits } from "./host-limits.ts";
export {
  abortRequest,
  continueRequest,
  continueResponse,
  type HeaderField,
  type RequestParts,
  type ResponseParts,
} from "./http-answers.ts";
export {
  type AnnouncedDirection,
  type AnnouncedSide,
  healthy,
  type PluginCapabilities,
  type PluginInfo,
  pluginCapabilities,
  pluginInfo,
  type SupportedProtocol,
  unhealthy,
} from "./plugin-answers.ts";
export {
  type PluginMethod,
  pluginMethodNames,
  pluginMethodPaths,
  pluginServiceName,
} from "./plugin-methods.ts";
export { buffer, close, passThrough, passThroughChunk, replace, swallow } from "./tunnel-answers.ts";
