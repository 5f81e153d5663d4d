/** What every app of Faultwire starts with: rules from files, the CA, names of clients, the log, reports. */
export type { SessionEvent } from "@faultwire/fault-session";
export {
  type CarrierRuntime,
  type CarrierRuntimeOptions,
  carrierRuntime,
  type UpstreamTrust,
} from "./carrier-runtime.ts";
export { type Clock, systemClock } from "./clock.ts";
export { contentCodingLimits, contentCodings } from "./codings/content-codings.ts";
export { type EnginePolicyOptions, enginePolicy, enginePolicyLimits } from "./engine-policy.ts";

export { openRuntime, type Runtime, type RuntimeOptions, type UpstreamOptions } from "./open-runtime.ts";
export { eventLogLimits } from "./reports/event-log.ts";

export { type FirstRules, LiveRules, type RuleOptions } from "./rules/live-rules.ts";

export { RuntimeError, type RuntimeErrorCode } from "./runtime-error.ts";
