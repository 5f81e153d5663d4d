/** One connection, whoever carries its bytes: what is spoken, whose name, is it a target, and how a decision is carried out. */
export type { ClosedReason, SessionEvent, Side } from "./events.ts";
export { hostOfAuthority } from "./host-name.ts";
export { Exchange, maxRememberedBodyBytes, passOn } from "./http/exchange.ts";
export { ExchangeLog } from "./http/exchange-log.ts";
export { FaultDesk, faultDeskLimits } from "./http/fault-desk.ts";
export { HttpExchanges, httpExchangeLimits, unsentReason } from "./http/http-exchanges.ts";
export type { HttpExchangesOptions, HttpPort } from "./http/http-port.ts";
export { encodeQuestion, type QuestionOptions } from "./http/question.ts";
export {
  type ClientEnd,
  type PlanFacts,
  planRequest,
  type RequestPlan,
  readableRequest,
} from "./http/request-plan.ts";
export { Interception, type InterceptionOptions, interceptionLimits } from "./interception.ts";
export {
  Acquaintance,
  hostOfHead,
  hostOfHello,
  type Introducer,
  meetHttp,
  meetTls,
} from "./introduction.ts";
export type { ConnectionVerdict, ConnectionWay, FaultPolicy, NewConnection } from "./policy.ts";
export {
  type BridgeFault,
  bridgeFaultOf,
  isSpoiledBy,
  type RecordFault,
  recordFaultOf,
} from "./tls-faults.ts";
export {
  type TellUnread,
  type UnreadConnection,
  unreadReason,
  unreadTeller,
} from "./unread-teller.ts";
export { isOfBytes, type WireMachines, wireMachines } from "./wire-fault.ts";
export { type PolicyQuestion, withoutThrowing } from "./without-throwing.ts";
