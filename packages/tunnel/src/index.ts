/** A tunnel's session: the Fault host's contract turned into byte streams, targets and faults. */
export type { ClosedReason, Side, TunnelEvent, TunnelEventBody } from "./events.ts";
export { hostOfAuthority } from "./host-name.ts";
export { FaultDesk, faultDeskLimits } from "./http/fault-desk.ts";
export { httpExchangeLimits } from "./http/http-exchanges.ts";
export {
  type ClientEnd,
  type PlanFacts,
  planRequest,
  type RequestPlan,
  readableRequest,
} from "./http/request-plan.ts";
export { type InterceptionOptions, interceptionLimits } from "./interception.ts";
export {
  Lane,
  type LaneNews,
  type LaneOptions,
  maxTimedParts,
  type ReadReply,
  type TimedPart,
  type WriteReply,
} from "./lane.ts";
export type { ConnectionVerdict, ConnectionWay, FaultPolicy, NewConnection } from "./policy.ts";
export { tickLimits } from "./ticks.ts";
export type { Timers } from "./timers.ts";
export type { Reply, TunnelCall, TunnelOptions } from "./tunnel.ts";
export { Tunnels, type TunnelsOptions, tunnelLimits } from "./tunnels.ts";
export type { TellUnread, UnreadConnection } from "./unread-teller.ts";
export { decryptedWay, opaqueWay, plainWay, tunnelWays } from "./ways.ts";
