/** A proxy that owns its sockets and makes connections to model APIs fail, by rule. */

export type { OwnRequest, OwnRoute } from "./front/own-routes.ts";
export type { Reverse } from "./front/reverse.ts";
export { ProxyError, type ProxyErrorCode } from "./proxy-error.ts";
export { type ProxyLimits, proxyLimits } from "./proxy-limits.ts";
export type { ProxyOptions, ProxySettings, RunningProxy } from "./proxy-options.ts";
export type { ReplayCounts, ReplaySettings, RunningReplay } from "./stand-in/replay.ts";
export type { MockSettings, StandInSettings } from "./stand-in/stand-in-settings.ts";
export { startProxy } from "./start-proxy.ts";
export { type UpstreamProxySettings, upstreamProxyFromEnvironment } from "./upstream/upstream-proxies.ts";
