/**
 * The half of a session that knows messages and no bytes of a connection: policies, plans, changed responses, events.
 * For whoever carries whole messages: `fetch`, a gateway's filter, forward mode. Runs without Node, and without TLS.
 */
export type { EndKind } from "./carrier.ts";
export { hostOfAuthority } from "./host-name.ts";
export { ChangedMessage, type ChangedMessageOptions, type MessageAction } from "./http/changed-message.ts";
export { eventCounterFor, type PassingCounter } from "./http/event-counter.ts";
export {
  ExchangeLog,
  type LoggedExchange,
  type LoggedRequest,
  type LoggedResponse,
} from "./http/exchange-log.ts";
export { FaultDesk, faultDeskLimits } from "./http/fault-desk.ts";
export type { MessageHead } from "./http/message-head.ts";
export {
  type AnswerPlan,
  isAdmission,
  type PlanFacts,
  planRequest,
  type RequestPlan,
  readableHeaders,
  type SettleUsage,
} from "./http/request-plan.ts";
export type { ChangeableResponse, ChangePlan, ResponseChangeOptions } from "./http/response-change.ts";
export { UsageMeter } from "./http/usage-meter.ts";
export type {
  ConnectDecision,
  ConnectionDecision,
  FaultPolicy,
  NewConnect,
  NewConnection,
} from "./policy.ts";
export { type PolicyQuestion, withoutThrowing } from "./without-throwing.ts";
