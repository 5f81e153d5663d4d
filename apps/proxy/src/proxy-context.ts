/** What all connections of a proxy share. */
import type { FaultPolicy, Interception } from "@faultwire/fault-session";
import type { CarrierRuntime } from "@faultwire/runtime";
import type { ProxyAuth } from "./front/proxy-auth.ts";
import type { ProxyLimits } from "./proxy-limits.ts";
import type { Dialler } from "./upstream/dialler.ts";

export interface ProxyContext {
  readonly runtime: CarrierRuntime;
  /** The runtime's, which does not throw; nothing fails by it while the proxy takes leave. */
  readonly policy: FaultPolicy;
  readonly interception: Interception | undefined;
  readonly dialler: Dialler;
  readonly auth: ProxyAuth | undefined;
  readonly limits: ProxyLimits;
}
