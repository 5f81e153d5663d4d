/** The events of a tunnel, for the program that runs it: those of its session, and those about the host. */
import type { SessionEvent } from "@faultwire/fault-session";

export type TunnelEvent = { readonly tunnel: string } & TunnelEventBody;

/** An event before the tunnel puts its id on it. */
export type TunnelEventBody =
  | SessionEvent
  /** No echo of a read answer comes: the host wrapped one side only, or the two sides are separate streams. */
  | { readonly type: "unpaired" }
  /** The host had dropped bytes on the way; they were given again. */
  | { readonly type: "recovered"; readonly bytes: number }
  /** The echo differs from the answer. The tunnel is closed. */
  | { readonly type: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number }
  | {
      readonly type: "closed";
      readonly why: "cancelled" | "idle" | "evicted" | "shutdown";
      readonly bytesFromClient: number;
      readonly bytesFromServer: number;
      readonly ageMs: number;
    };
