/** The gRPC server that the Fault proxy's `--grpc-plugin` connects to. */

export { decryptedWay, opaqueWay, plainWay, tunnelWays } from "@faultwire/tunnel";
export { forwardLimits, forwardWay } from "./forward-way.ts";
export { type PluginServer, type PluginServerOptions, startPluginServer } from "./plugin-server.ts";
export { PluginServerError, type PluginServerErrorCode } from "./plugin-server-error.ts";
export { version } from "./version.ts";
