/** The gRPC server that the Fault proxy's `--grpc-plugin` connects to. */

export { type DrainLimits, drainLimits } from "./drain.ts";
export { endpointLimits } from "./endpoint.ts";
export { forwardLimits, forwardWay } from "./forward-way.ts";
export {
  type CloseOptions,
  type PluginServer,
  type PluginServerOptions,
  startPluginServer,
} from "./plugin-server.ts";
export { PluginServerError, type PluginServerErrorCode } from "./plugin-server-error.ts";
