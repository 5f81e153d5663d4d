/** What every app of Faultwire starts with: rules from files, the CA, names of clients, the log, reports. */
export { type CarrierRuntime, type CarrierRuntimeOptions, carrierRuntime } from "./carrier-runtime.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type EnginePolicyOptions, enginePolicy, enginePolicyLimits } from "./engine-policy.ts";
export { type ConnectionLabel, logEngineEvent, logSessionEvent } from "./log-events.ts";
export { openRuntime, type Runtime, type RuntimeOptions, type UpstreamOptions } from "./open-runtime.ts";
export { eventLogLimits } from "./reports/event-log.ts";
export { judgeLog, type ReportFormat, reportFormats, writeReport } from "./reports/write-reports.ts";
export { type FirstRules, LiveRules, type RuleOptions } from "./rules/live-rules.ts";
export { readRules, readRuleText } from "./rules/rule-file.ts";
export {
  certifiableHosts,
  defaultTargetHost,
  exactHosts,
  type RuleSources,
  ruleSources,
  untargetedRules,
} from "./rules/rule-sources.ts";
export { RuntimeError, type RuntimeErrorCode, systemReason } from "./runtime-error.ts";
export { identitiesOf } from "./trust/identities.ts";
