/**
 * What is kept of a tunnel at rest. The host does not tell when a client goes away between two requests, or an upstream does:
 * such a tunnel looks like one that rests, and is kept for an hour. So a tunnel that was quiet for some seconds is taken
 * apart to what a later call needs, and made anew by that call.
 */
import type { SessionAtRest, Side } from "@faultwire/fault-session";
import type { LaneAtRest } from "./lane/lane-calls.ts";

/** Plain numbers and a few words; nothing in it holds a buffer, a function or a timer. */
export interface TunnelAtRest {
  readonly createdAtMs: number;
  readonly lastCallAtMs: number;
  readonly bytesFromClient: number;
  readonly bytesFromServer: number;
  /** Bytes that went to this peer since it was last heard. */
  readonly sentToClient: number;
  readonly sentToServer: number;
  /** By the peer that says the bytes. */
  readonly client: LaneAtRest;
  readonly server: LaneAtRest;
  /** Who spoke last, and when. */
  readonly lastFrom: Side | undefined;
  readonly lastHeardAtMs: number;
  readonly session: SessionAtRest;
}
