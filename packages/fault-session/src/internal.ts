/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { otherSide } from "./carrier.ts";
export { type ConnectRefused, type MetConnect, meetConnect, type RefusalPlan } from "./connect-refusal.ts";
export { connectedAlready } from "./connected-already.ts";
export { noTls } from "./exchange-options.ts";
export { hostOfAuthority } from "./host-name.ts";
export { codingOf } from "./http/coded-body.ts";
export { type EncodedAnswer, encodeAnswer } from "./http/encode-answer.ts";
export { Exchange, passOn } from "./http/exchange.ts";
export {
  ExchangeLog,
  type LoggedExchange,
  type LoggedRequest,
  type LoggedResponse,
} from "./http/exchange-log.ts";
export { endedFirst } from "./http/exchange-teller.ts";
export { HttpExchanges } from "./http/http-exchanges.ts";
export type { HttpExchangesOptions, HttpPort } from "./http/http-port.ts";
export {
  grpcNeedsHttp2,
  isAdmission,
  leavesBody,
  type PlanFacts,
  planRequest,
  type RequestPlan,
  readableHeaders,
  type SettleUsage,
} from "./http/request-plan.ts";
export { UsageMeter } from "./http/usage-meter.ts";
export { requestHeadOf } from "./http2/fields.ts";
export type { Http2Alias } from "./http2/http2-port.ts";
export { Acquaintance, hostOfHead, type Introducer, meetHttp, meetTls } from "./introduction.ts";
export { notHttp2 } from "./not-http2.ts";
export type { OpenedTls } from "./opened-tls.ts";
export { closedTlsExceptions } from "./socket-ways.ts";
export { type Reached, TlsFollower, type TlsFollowerOptions } from "./tls-follower.ts";
export { type Strike, strikeOf } from "./tls-strike.ts";
export { type TellUnread, type UnreadConnection, unreadReason, unreadTeller } from "./unread-teller.ts";
export { type WireMachines, wireMachines } from "./wire-fault.ts";
