/** One connection, whoever carries its bytes: what is spoken, whose name, is it a target, and how a decision is carried out. */
export {
  type Carrier,
  type CarrierHooks,
  type EndKind,
  type EndOptions,
  type Http2Mode,
  type Session,
  sessionLimits,
  type UpstreamTls,
} from "./carrier.ts";

export { ConnectionSession, type ConnectionSessionOptions } from "./connection-session.ts";
export type { ClosedReason, SessionEvent, Side } from "./events.ts";

export { httpExchangeLimits } from "./http/exchange-limits.ts";

export { FaultDesk, faultDeskLimits } from "./http/fault-desk.ts";

export { Interception, type InterceptionOptions, interceptionLimits } from "./interception.ts";

export type {
  ConnectDecision,
  ConnectionDecision,
  FaultPolicy,
  NewConnect,
  NewConnection,
} from "./policy.ts";
export type { ExchangesAtRest, SessionAtRest } from "./session-rest.ts";
export { http2Way, socketWays } from "./socket-ways.ts";
export type { TapUpstream, UpstreamTap } from "./tap.ts";
export { type PolicyQuestion, withoutThrowing } from "./without-throwing.ts";
