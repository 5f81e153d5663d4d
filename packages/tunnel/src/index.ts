/** A tunnel's session: the Fault host's contract turned into byte streams, targets and faults. */
export type { TunnelEvent, TunnelEventBody } from "./events.ts";
export { farewellLimits, type Waiting } from "./farewell.ts";
export { maxTimedParts } from "./lane/lane.ts";
export { laneLimits } from "./lane/lane-calls.ts";
export { tickLimits } from "./ticks.ts";
export type { TimedPart } from "./timed-parts.ts";
export type { Timers } from "./timers.ts";
export type { Reply, TunnelCall, TunnelOptions } from "./tunnel.ts";
export { Tunnels, type TunnelsOptions, tunnelLimits } from "./tunnels.ts";
export { decryptedWay, opaqueWay, plainWay, tunnelWays } from "./ways.ts";
