export { type FaultResponseContext, faultResponse } from "./answers/fault-response.ts";
export { FaultedResponse, isEventStream, type WireAction } from "./answers/faulted-response.ts";
export { type MalformedResponse, malformedResponse } from "./answers/malformed-response.ts";
export { type Admission, estimateTokens, RateLimits, rateLimitScope } from "./answers/rate-limits.ts";
export { overlaidHeaders, responseHeaderFault } from "./answers/response-headers.ts";
export { retryAfterMs } from "./answers/retry-after.ts";
export { readUsage, type TokenUsage } from "./answers/usage.ts";
export { draw } from "./draw.ts";
export { explain } from "./explain/explain.ts";
export { type SimulatedRule, type SimulateOptions, type Simulation, simulate } from "./explain/simulate.ts";
export { FaultEngineError, type FaultEngineErrorCode, type RuleProblem } from "./fault-engine-error.ts";
export type { ConnectionFault } from "./faults/connection-faults.ts";
export {
  changesLength,
  describeFault,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  faultTable,
} from "./faults/fault.ts";
export type { Duration, Moment, Place, Sender } from "./faults/fault-parts.ts";
export {
  type ErrorAnswer,
  type Extent,
  type HttpFault,
  MALFORMATIONS,
  type Malformation,
  type RateLimitBudget,
  type ResponseDelay,
} from "./faults/http-faults.ts";
export type { ModelFault } from "./faults/model-faults.ts";
export {
  EVENT_DAMAGES,
  type EventDamage,
  type EventSelector,
  type StreamFault,
  type StreamPoint,
  type StreamStop,
} from "./faults/stream-faults.ts";
export {
  ALERT_NUMBERS,
  type AlertName,
  CERTIFICATE_DEFECTS,
  type CertificateDefect,
  type TlsFault,
  type TlsPhase,
} from "./faults/tls-faults.ts";
export { type Ability, abilitiesOf, ofLayers, type Way, wayTable } from "./faults/way.ts";
export { type CreatedMachine, createMachine } from "./machines/create-machine.ts";
export { drawDuration } from "./machines/duration.ts";
export type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./machines/fault-machine.ts";
export { compileGlob } from "./patterns/glob.ts";
export { compileJsonPointer } from "./patterns/json-pointer.ts";
export { compileRegex } from "./patterns/linear-regex.ts";
export {
  compileTextPattern,
  readTextPattern,
  type TextPattern,
  writeTextPattern,
} from "./patterns/text-pattern.ts";
export { anthropicErrorBody, anthropicRateLimitHeaders } from "./providers/anthropic.ts";
export { gatewayPage } from "./providers/gateway-page.ts";
export { presetTable } from "./providers/preset-table.ts";
export {
  findErrorPreset,
  isProvider,
  PROVIDER_ERRORS,
  type ProviderErrorOptions,
  providerError,
} from "./providers/provider-error.ts";
export type {
  AnswerChange,
  Budget,
  Budgets,
  ChangedAnswer,
  ErrorOptions,
  ErrorPreset,
  EventRole,
  EventText,
  PathRequest,
  ProviderProfile,
  ReadEvent,
  RequestTraits,
  UsagePlace,
} from "./providers/provider-profile.ts";
export { DEFAULT_PROVIDER, PROVIDER_NAMES, PROVIDERS, type Provider } from "./providers/provider-table.ts";
export { requestId } from "./providers/request-id.ts";
export { htmlReport } from "./reports/html-report.ts";
export { jsonReport, junitReport, markdownReport, textReport } from "./reports/plain-reports.ts";
export { emptyNote, type ReportInput } from "./reports/report.ts";
export { type CertificateFiles, type RuleFile, ruleFileJsonSchema } from "./rule-file/file-schema.ts";
export { parseRuleFile, readHeaderFault } from "./rule-file/parse-rule-file.ts";
export { type RuleUnit, ruleUnit } from "./rules/compile-rule.ts";
export { type Decision, type RequestDecision, RULE_SOURCES, type RuleSource } from "./rules/decision.ts";
export {
  type ConnectionFacts,
  keyScope,
  type RequestFacts,
  type RequestSummary,
  requestProvider,
  summarizeRequest,
  TRAFFIC_WAYS,
  type TrafficWay,
  targetPath,
} from "./rules/facts.ts";
export { FaultEngine, type FaultEngineOptions } from "./rules/fault-engine.ts";
export { type BodyMatch, type HeaderMatch, type Match, matchTable } from "./rules/match-keys.ts";
export {
  EMPTY_RULE_SET,
  type Expectation,
  type Rule,
  type RuleSet,
  type Scope,
  type When,
} from "./rules/rule.ts";
export { CLOSE_MOMENTS, type CloseMoment, type SingleRule, singleRuleSet } from "./rules/single-rule.ts";
export type { SseEvent } from "./sse/block.ts";
export { encodeEvent, errorEvent, pingEvent } from "./sse/encode-event.ts";
export { type EventMeaning, eventMeaning } from "./sse/event-meaning.ts";
export { type SseItem, SseReader } from "./sse/sse-reader.ts";
export {
  type ConnectionEvent,
  type DecisionEvent,
  type DoneEvent,
  type EndEvent,
  type EngineEvent,
  type ExchangeEnd,
  type RequestEvent,
  type ResponseEvent,
  type UndoneEvent,
  writeEvent,
} from "./verdicts/event.ts";
export { type Demand, type Judgement, judge, type Verdict } from "./verdicts/judge.ts";
export { type Attempt, type Operation, operationsOf, requestFingerprint } from "./verdicts/operations.ts";
export { readEventLog } from "./verdicts/read-event-log.ts";
export {
  describeUnread,
  UNREAD_REASONS,
  type Unread,
  type UnreadReason,
  unreadOf,
} from "./verdicts/unread.ts";
