/** The gRPC service's full name: `package.Service` of `plugin.proto`. */
export const pluginServiceName = "plugin.PluginService";

/**
 * The six methods of the service, by the names that the generated client and connect handlers use for them.
 * All are unary.
 *
 * @example
 * ```ts
 * pluginMethodNames.processTunnelData; // "ProcessTunnelData"
 * ```
 */
export const pluginMethodNames = {
  healthCheck: "HealthCheck",
  getPluginInfo: "GetPluginInfo",
  getPluginCapabilities: "GetPluginCapabilities",
  processHttpRequest: "ProcessHttpRequest",
  processHttpResponse: "ProcessHttpResponse",
  processTunnelData: "ProcessTunnelData",
} as const;

/**
 * The HTTP/2 `:path` of each method, as gRPC forms it: `/plugin.PluginService/<Method>`.
 *
 * For servers and metrics that work below the generated service, on the request path itself.
 *
 * @example
 * ```ts
 * if (headers[":path"] === pluginMethodPaths.processTunnelData) answerTunnelCall(stream);
 * ```
 */
export const pluginMethodPaths = {
  healthCheck: "/plugin.PluginService/HealthCheck",
  getPluginInfo: "/plugin.PluginService/GetPluginInfo",
  getPluginCapabilities: "/plugin.PluginService/GetPluginCapabilities",
  processHttpRequest: "/plugin.PluginService/ProcessHttpRequest",
  processHttpResponse: "/plugin.PluginService/ProcessHttpResponse",
  processTunnelData: "/plugin.PluginService/ProcessTunnelData",
} as const;

/** A method of the service, as a key of {@link pluginMethodNames} and {@link pluginMethodPaths}. */
export type PluginMethod = keyof typeof pluginMethodNames;
