/** Answers to `HealthCheck`, `GetPluginInfo` and `GetPluginCapabilities`: what the host asks before any traffic. */
import { create } from "@bufbuild/protobuf";
import {
  type GetPluginCapabilitiesResponse,
  GetPluginCapabilitiesResponse_SupportedProtocol,
  GetPluginCapabilitiesResponseSchema,
  type GetPluginInfoResponse,
  GetPluginInfoResponse_Direction,
  GetPluginInfoResponse_Side,
  GetPluginInfoResponseSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
} from "./gen/plugin/plugin_pb.ts";

/**
 * The side that a plugin announces, and with it the stream that the host wraps: `client` the client's, `server` and
 * `any` the server's.
 */
export type AnnouncedSide = "client" | "server" | "any";

/** The direction that a plugin announces. The host does not filter its calls by it. */
export type AnnouncedDirection = "ingress" | "egress" | "both";

/** A protocol that a plugin announces. */
export type SupportedProtocol = "none" | "http" | "https" | "postgresql";

/** What {@link pluginInfo} needs to know. */
export interface PluginInfo {
  /** Give two endpoints of one plugin two names, or people who read the host's log can't tell them apart. */
  readonly name: string;
  /** The version that the host shows. */
  readonly version: string;
  /** Who made it, for people; empty unless given. */
  readonly author?: string;
  /** Where to read about it; empty unless given. */
  readonly url?: string;
  /** What it runs on, for people; empty unless given. */
  readonly platform?: string;
  /** The side of tunnels that it asks to be wrapped on. */
  readonly side: AnnouncedSide;
  /** Default `both`. */
  readonly direction?: AnnouncedDirection;
}

/** What {@link pluginCapabilities} needs to know. */
export interface PluginCapabilities {
  /**
   * Whether `ProcessHttpRequest` and `ProcessHttpResponse` are called. Of two endpoints of one plugin at most one may
   * say so, or each request is handled twice.
   */
  readonly httpForward: boolean;
  /** Announced only: the host shows tunnels to a plugin that says no, too. */
  readonly tunnel: boolean;
  /** Default none. */
  readonly protocols?: readonly SupportedProtocol[];
}

/**
 * "I am well": the host asks for info and capabilities again and enables the plugin. Asked once at the start and then
 * every {@link hostLimits.healthCheckIntervalMs}. Answer at once: while a health check waits, so does every new tunnel,
 * of other plugins too.
 *
 * @param message - For the host's log.
 * @example
 * ```ts
 * return healthy("2 tunnels open");
 * ```
 */
export function healthy(message = ""): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { healthy: true, message });
}

/**
 * "Leave me out": the host disables the plugin until the next healthy answer. New tunnels pass it by; those that are
 * open keep calling it. This is how a plugin that shuts down takes its leave.
 *
 * @param message - Why, for the host's log.
 * @example
 * ```ts
 * return unhealthy("draining");
 * ```
 */
export function unhealthy(message: string): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { healthy: false, message });
}

/**
 * Who the plugin is, and which stream of a tunnel it wants wrapped. Read at the host's start and again after every
 * healthy answer; what is new holds for the tunnels that follow.
 *
 * @example
 * ```ts
 * return pluginInfo({ name: "my-plugin", version: "1.0.0", side: "server" });
 * ```
 */
export function pluginInfo(info: PluginInfo): GetPluginInfoResponse {
  return create(GetPluginInfoResponseSchema, {
    name: info.name,
    version: info.version,
    author: info.author ?? "",
    url: info.url ?? "",
    platform: info.platform ?? "",
    direction: directions[info.direction ?? "both"],
    side: sides[info.side],
  });
}

/**
 * What the plugin can do. Read whenever {@link pluginInfo} is. A plugin that answers with an error here at the host's
 * start is dropped and never asked again.
 *
 * @example
 * ```ts
 * return pluginCapabilities({ httpForward: false, tunnel: true, protocols: ["http", "https"] });
 * ```
 */
export function pluginCapabilities(capabilities: PluginCapabilities): GetPluginCapabilitiesResponse {
  return create(GetPluginCapabilitiesResponseSchema, {
    canHandleHttpForward: capabilities.httpForward,
    canHandleTunnel: capabilities.tunnel,
    protocols: (capabilities.protocols ?? []).map((protocol) => protocols[protocol]),
  });
}

const sides: Readonly<Record<AnnouncedSide, GetPluginInfoResponse_Side>> = {
  client: GetPluginInfoResponse_Side.CLIENT,
  server: GetPluginInfoResponse_Side.SERVER,
  any: GetPluginInfoResponse_Side.ANY,
};

const directions: Readonly<Record<AnnouncedDirection, GetPluginInfoResponse_Direction>> = {
  ingress: GetPluginInfoResponse_Direction.INGRESS,
  egress: GetPluginInfoResponse_Direction.EGRESS,
  both: GetPluginInfoResponse_Direction.BOTH,
};

const protocols: Readonly<Record<SupportedProtocol, GetPluginCapabilitiesResponse_SupportedProtocol>> = {
  none: GetPluginCapabilitiesResponse_SupportedProtocol.NONE,
  http: GetPluginCapabilitiesResponse_SupportedProtocol.HTTP,
  https: GetPluginCapabilitiesResponse_SupportedProtocol.HTTPS,
  postgresql: GetPluginCapabilitiesResponse_SupportedProtocol.POSTGRESQL,
};
