/** A tunnel's session: the Fault host's contract turned into byte streams, targets and faults. */
export type { ConversationOptions } from "./conversation.ts";
export type { FaultObstacle, Side, TunnelEvent, TunnelEventBody } from "./events.ts";
export type {
  ConnectionVerdict,
  ConnectionWay,
  FaultPolicy,
  NewConnection,
} from "./fault-policy.ts";
export { hostOfAuthority } from "./host-name.ts";
export {
  Lane,
  type LaneNews,
  type LaneOptions,
  type ReadReply,
  type WriteReply,
} from "./lane.ts";
export {
  type ConnectionFacts,
  type ConnectionFault,
  type ConnectionMoment,
  connectionMoments,
  type RequestFacts,
  type ResponseFault,
  type TunnelPolicy,
} from "./policy.ts";
export type { Timers } from "./timers.ts";
export type { Reply, TunnelCall, TunnelOptions } from "./tunnel.ts";
export { Tunnels, type TunnelsOptions, tunnelLimits } from "./tunnels.ts";
