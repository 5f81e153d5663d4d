/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { inputName, readInput, standardInput } from "./input-file.ts";
export { maskedLog } from "./masked-log.ts";
export { judgeLog, type ReportFormat, reportFormats, writeReport } from "./reports/write-reports.ts";
export { judgingOf } from "./rules/live-rules.ts";
export { readRules, readRuleText } from "./rules/rule-file.ts";
export {
  certifiableHosts,
  closedTargets,
  defaultTargetHost,
  exactHosts,
  idleRules,
  type RuleSources,
  ruleSources,
} from "./rules/rule-sources.ts";
export { systemReason } from "./runtime-error.ts";
