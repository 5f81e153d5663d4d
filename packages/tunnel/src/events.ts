/** What a tunnel tells the program that runs it: what its session tells, and what concerns the host. */
import type { SessionEvent } from "@faultwire/fault-session";

export type TunnelEvent = { readonly tunnel: string } & TunnelEventBody;

/** An event before the tunnel puts its id on it. */
export type TunnelEventBody =
  | SessionEvent
  /** No echo of a read answer comes back: the host wrapped one side only, or two separate streams. */
  | { readonly type: "unpaired" }
  /** The host had dropped bytes on the way; they were given again. */
  | { readonly type: "recovered"; readonly bytes: number }
  /** What came back is not what was sent; the tunnel is closed. */
  | { readonly type: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number }
  | {
      readonly type: "closed";
      readonly why: "cancelled" | "idle" | "evicted" | "shutdown";
      readonly bytesFromClient: number;
      readonly bytesFromServer: number;
      readonly ageMs: number;
    };
