/** The gRPC server that the Fault proxy's `--grpc-plugin` connects to. */

export { type ConnectionMoment, connectionMoments } from "@faultwire/tunnel";
export { type PluginServer, type PluginServerOptions, startPluginServer } from "./plugin-server.ts";
export { PluginServerError, type PluginServerErrorCode } from "./plugin-server-error.ts";
export { matchesHost, type SingleRule, singleRuleName, singleRulePolicy } from "./single-rule-policy.ts";
export { version } from "./version.ts";
