/** A tunnel's session: the Fault host's contract turned into byte streams, targets and faults. */
export type { TunnelEvent, TunnelEventBody } from "./events.ts";
export type { Waiting } from "./farewell.ts";
export type { TimedPart } from "./timed-parts.ts";
export type { Timers } from "./timers.ts";
export type { TunnelOptions } from "./tunnel.ts";
export type { Reply, TunnelCall } from "./tunnel-call.ts";
export { Tunnels, type TunnelsOptions, tunnelLimits } from "./tunnels.ts";
export { decryptedWay, opaqueWay, plainWay, tunnelWays } from "./ways.ts";
