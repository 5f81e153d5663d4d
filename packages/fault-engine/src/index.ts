export { type FaultResponseContext, faultResponse } from "./answers/fault-response.ts";
export { FaultedResponse, type WireAction } from "./answers/faulted-response.ts";
export { type MalformedResponse, malformedResponse } from "./answers/malformed-response.ts";
export { type Admission, RateLimits, rateLimitScope } from "./answers/rate-limits.ts";

export { retryAfterMs } from "./answers/retry-after.ts";
export { readUsage, type TokenUsage } from "./answers/usage.ts";
export { draw } from "./draw.ts";
export {
  ANSWERERS,
  type Answerer,
  type ConnectionEvent,
  type DecisionEvent,
  type DoneEvent,
  type EndEvent,
  type EngineEvent,
  EXCHANGE_ENDS,
  type ExchangeEnd,
  type GrpcEnd,
  type GrpcSaid,
  type GrpcTally,
  type RequestEvent,
  type ResponseEvent,
  type UndoneEvent,
  type WebSocketClose,
  type WebSocketSaid,
  type WebSocketTally,
  writeEvent,
} from "./events/event.ts";

export {
  OUTCOMES,
  type Outcome,
  type OutcomeEvent,
  type OutcomeHeaders,
  outcomeLimits,
  parseOutcome,
  type ReportedOutcome,
} from "./events/outcome.ts";
export { type ReadLog, readEventLog, readLogLimits } from "./events/read-event-log.ts";
export { requestFingerprint } from "./events/request-fingerprint.ts";
export { type RequestHints, requestHints } from "./events/request-hints.ts";
export { UNREAD_REASONS, type Unread, type UnreadReason } from "./events/unread.ts";
export { explain } from "./explain/explain.ts";
export {
  requestOfMix,
  type SimulatedRule,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "./explain/simulate.ts";
export { FaultEngineError, type FaultEngineErrorCode, type RuleProblem } from "./fault-engine-error.ts";
export { PIPELINE } from "./faults/compose.ts";
export {
  type ConnectFault,
  type ConnectRefusal,
  SOCKS_REPLIES,
  type SocksReply,
} from "./faults/connect-faults.ts";
export type { ConnectionFault } from "./faults/connection-faults.ts";
export type { Fault, FaultKind } from "./faults/fault.ts";
export { FAULT_KINDS } from "./faults/fault-kinds.ts";
export type { Duration, Moment, Place, Sender } from "./faults/fault-parts.ts";
export {
  GRPC_GARBAGE,
  GRPC_STOPS,
  type GrpcFault,
  type GrpcGarbage,
  type GrpcStop,
} from "./faults/grpc-faults.ts";
export {
  type ErrorAnswer,
  type Extent,
  type HeaderChanges,
  type HttpFault,
  MALFORMATIONS,
  type Malformation,
  type RateLimitBudget,
  type ResponseDelay,
} from "./faults/http-faults.ts";
export {
  type AnnouncedSettings,
  BROKEN_FRAMES,
  BROKEN_HEADERS,
  type BrokenFrame,
  type BrokenHeaders,
  GOAWAY_LASTS,
  type GoawayLast,
  HTTP2_ERRORS,
  type Http2ErrorName,
  type Http2Fault,
  type Http2Point,
} from "./faults/http2-faults.ts";
export type { ModelFault, StopDetails } from "./faults/model-faults.ts";
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
export type { Way } from "./faults/way.ts";
export type {
  FrameGarbage,
  MessageSelector,
  MessageSender,
  WebSocketFault,
  WebSocketPoint,
  WebSocketStop,
} from "./faults/websocket-faults.ts";
export { type EventMeaning, eventMeaning } from "./formats/event-meaning.ts";
export type { FormatFacts, FormatRefusals, SplitPlace } from "./formats/format-facts.ts";
export { FORMAT_NAMES, type FormatName } from "./formats/format-name.ts";
export { STREAM_FORMATS, streamFormatOf } from "./formats/format-table.ts";
export type { SseEvent } from "./formats/sse/block.ts";
export { encodeEvent, errorEvent, pingEvent } from "./formats/sse/encode-event.ts";
export { type SseItem, SseReader } from "./formats/sse/sse-reader.ts";
export type { StreamFormat } from "./formats/stream-format.ts";
export { type StreamItem, type StreamUnit, streamLimits, type UnitReader } from "./formats/stream-item.ts";
export type {
  ContentCloser,
  ContentCoding,
  ContentCodings,
  ContentOpener,
} from "./machines/content-coding.ts";
export { type CreatedMachine, createMachine } from "./machines/create-machine.ts";

export type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./machines/fault-machine.ts";
export { effortLimits } from "./patterns/effort.ts";

export type { RegexCompiler, RegexTest } from "./patterns/regex-test.ts";
export type { TextPattern } from "./patterns/text-pattern.ts";
export { anthropicRateLimitHeaders } from "./providers/anthropic/profile.ts";
export { presetTable } from "./providers/preset-table.ts";
export { PROVIDER_ERRORS, type ProviderErrorOptions, providerError } from "./providers/provider-error.ts";
export type {
  AnswerChange,
  Budget,
  Budgets,
  ChangedAnswer,
  ErrorOptions,
  ErrorPreset,
  EventRole,
  EventText,
  ProviderProfile,
  ReadEvent,
  StreamFailure,
  ToolInputPlace,
  UsagePlace,
} from "./providers/provider-profile.ts";
export { PROVIDERS } from "./providers/provider-table.ts";
export { requestId } from "./providers/request-id.ts";
export type { PathRequest, RequestTraits } from "./providers/request-profile.ts";
export { PROVIDER_NAMES, type Provider } from "./providers/request-table.ts";
export { headline } from "./reports/headline.ts";
export { htmlReport } from "./reports/html-report.ts";
export { type JsonAttempt, type JsonOutcome, type JsonReport, jsonReport } from "./reports/json-report.ts";
export { junitReport } from "./reports/junit-report.ts";
export { markdownReport } from "./reports/markdown-report.ts";
export type { ReportInput, RunFacts } from "./reports/report.ts";
export { reportJsonSchema, reportSchema } from "./reports/report-schema.ts";
export { textReport } from "./reports/text-report.ts";
export { type CertificateFiles, type RuleFile, ruleFileJsonSchema } from "./rule-file/file-schema.ts";
export { headerFaultLimits, readHeaderFault } from "./rule-file/header-fault.ts";
export { parseRuleFile, ruleFileLimits } from "./rule-file/parse-rule-file.ts";
export { MIX_SHAPES, PROVIDER_MIX_NAMES } from "./rule-file/provider-mixes.ts";

export {
  type ConnectVerdict,
  type Decision,
  type RequestDecision,
  RULE_SOURCES,
  type RuleSource,
} from "./rules/decision.ts";
export {
  type ConnectionFacts,
  type RequestFacts,
  type RequestSummary,
  summarizeRequest,
  TRAFFIC_WAYS,
  type TrafficWay,
} from "./rules/facts.ts";
export { FaultEngine, type FaultEngineOptions } from "./rules/fault-engine.ts";
export type { BodyMatch, GrpcMatch, HeaderMatch, Match } from "./rules/match-keys.ts";
export type { Expectation, Rule, RuleSet, Scope, When } from "./rules/rule.ts";
export { CLOSE_MOMENTS, type CloseMoment, type SingleRule, singleRuleSet } from "./rules/single-rule.ts";
export type { Attempt } from "./verdicts/attempts.ts";
export type { Check, CheckName, Severity } from "./verdicts/check.ts";
export type { VerdictOutcome } from "./verdicts/demands.ts";
export { FAIL_ON, type FailOn, statusOf } from "./verdicts/exit-status.ts";
export { type Demand, type Judgement, type JudgeOptions, judge, type Verdict } from "./verdicts/judge.ts";
export type { Certainty, Link } from "./verdicts/links.ts";
export {
  type Operation,
  type OperationAttempt,
  type OperationOptions,
  operationsOf,
} from "./verdicts/operations.ts";
