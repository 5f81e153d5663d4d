/** A proxy that owns its sockets and makes connections to model APIs fail, by rule. */
export { ProxyError, type ProxyErrorCode } from "./proxy-error.ts";
export { type ProxyLimits, proxyLimits } from "./proxy-limits.ts";
export { type ProxyOptions, type ProxySettings, type RunningProxy, startProxy } from "./start-proxy.ts";
export { parseResolveFlag } from "./upstream/resolve-table.ts";
export { proxyWays } from "./ways.ts";
