/** What all connections of a proxy share. */
import type { FaultPolicy, Http2Mode, Interception, TapUpstream } from "@faultwire/fault-session";
import type { CarrierRuntime } from "@faultwire/runtime";
import type { SecureContextCache } from "@faultwire/tls-bridge";
import type { OwnGuard } from "./front/own-guard.ts";
import type { OwnRoutes } from "./front/own-routes.ts";
import type { ProxyAuth } from "./front/proxy-auth.ts";
import type { Reverse } from "./front/reverse.ts";
import type { ConnectionPlugin } from "./plugin/connection-plugin.ts";
import type { ProxyLimits } from "./proxy-limits.ts";
import type { StandIn } from "./stand-in/open-stand-in.ts";
import type { Dialler } from "./upstream/dialler.ts";
import type { Outgoing } from "./upstream/outgoing.ts";
import type { UpstreamProxies } from "./upstream/upstream-proxies.ts";

export interface ProxyContext {
  readonly runtime: CarrierRuntime;
  /** The runtime's, which does not throw; nothing fails by it while the proxy takes leave. */
  readonly policy: FaultPolicy;
  readonly interception: Interception | undefined;
  readonly dialler: Dialler;
  readonly outgoing: Outgoing;
  /** Proxies on the way to upstreams. */
  readonly upstreamProxies: UpstreamProxies;
  /** Our name in `Via`, by which a request that comes back is known. */
  readonly via: string;
  /** Whether so many connections are open that requests may come back here, by another port that stands for an upstream. */
  readonly mayComeBack: () => boolean;
  /** OpenSSL's contexts, shared by all TLS with upstreams. */
  readonly contexts: SecureContextCache;
  readonly auth: ProxyAuth | undefined;
  /** What the proxy answers by itself. */
  readonly ownRoutes: OwnRoutes;
  /** Who may ask for that, and by which names. */
  readonly guard: OwnGuard;
  /** The upstream that the port stands for. */
  readonly reverse: Reverse | undefined;
  /** Whom clients want that speak TLS to the port and name nobody. */
  readonly sniDefault: string | undefined;
  /** Where the proxy listens; undefined until it does. */
  readonly own: () => { readonly address: string; readonly port: number } | undefined;
  /** The plugin that decides in our place; there are no targets of our own then. */
  readonly plugin: ConnectionPlugin | undefined;
  /** Whether upstreams of targets are dialled only when a request needs them. */
  readonly isLazy: boolean;
  /** When HTTP/2 is spoken with targets. */
  readonly http2Mode: Http2Mode;
  /** What stands in for targets' upstreams; `undefined` where they are the real ones. */
  readonly standIn: Pick<StandIn, "answersFor" | "answered" | "port" | "hasHttp1Alone"> | undefined;
  /** Who hears what upstreams are asked and what they say. */
  readonly tap: TapUpstream | undefined;
  readonly limits: ProxyLimits;
}
