/** One connection, whoever carries its bytes: what is spoken, whose name, is it a target, and how a decision is carried out. */
export {
  type Carrier,
  type CarrierHooks,
  type EndKind,
  type EndOptions,
  otherSide,
  type Session,
  sessionLimits,
} from "./carrier.ts";
export { ConnectionSession, type ConnectionSessionOptions } from "./connection-session.ts";
export type { ClosedReason, SessionEvent, Side } from "./events.ts";
export { hostOfAuthority } from "./host-name.ts";
export { type EncodedAnswer, encodeAnswer } from "./http/encode-answer.ts";
export { Exchange, maxRememberedBodyBytes, passOn } from "./http/exchange.ts";
export { httpExchangeLimits } from "./http/exchange-limits.ts";
export { ExchangeLog, type LoggedExchange, type LoggedRequest } from "./http/exchange-log.ts";
export { FaultDesk, faultDeskLimits } from "./http/fault-desk.ts";
export { HttpExchanges } from "./http/http-exchanges.ts";
export type { HttpExchangesOptions, HttpPort } from "./http/http-port.ts";
export {
  isAdmission,
  type PlanFacts,
  planRequest,
  type RequestPlan,
  readableHeaders,
  type SettleUsage,
} from "./http/request-plan.ts";
export { UsageMeter } from "./http/usage-meter.ts";
export { Interception, type InterceptionOptions, interceptionLimits } from "./interception.ts";
export {
  Acquaintance,
  hostOfHead,
  hostOfHello,
  type Introducer,
  meetHttp,
  meetTls,
} from "./introduction.ts";
export type { OpenedTls } from "./opened-tls.ts";
export { noTls } from "./plain-http.ts";
export type { ConnectionDecision, FaultPolicy, NewConnection } from "./policy.ts";
export { closedTlsExceptions, socketWays } from "./socket-ways.ts";
export {
  type BridgeFault,
  bridgeFaultOf,
  isSpoiledBy,
  type RecordFault,
  recordFaultOf,
} from "./tls-faults.ts";
export { type Reached, TlsFollower, type TlsFollowerOptions } from "./tls-follower.ts";
export { notOpened, type Strike, strikeOf } from "./tls-strike.ts";
export {
  type TellUnread,
  type UnreadConnection,
  unreadReason,
  unreadTeller,
} from "./unread-teller.ts";
export { isOfBytes, type WireMachines, wireMachines } from "./wire-fault.ts";
export { type PolicyQuestion, withoutThrowing } from "./without-throwing.ts";
