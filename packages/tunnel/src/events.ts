/** What a tunnel tells the program that runs it: what its session tells, and what concerns the host. */
import type { SessionEvent } from "@faultwire/fault-session";

/** A method of the policy. */
export type PolicyQuestion = "isTarget" | "connection" | "request" | "record";

export type TunnelEvent = { readonly tunnel: string } & TunnelEventBody;

/** An event before the tunnel puts its id on it. */
export type TunnelEventBody =
  | SessionEvent
  /**
   * The policy has thrown, against its contract: what was asked counts as "nothing fails", so traffic passes. Told once for
   * each question; the tunnel is the one that it was first seen in.
   */
  | { readonly type: "policy-bug"; readonly question: PolicyQuestion; readonly message: string }
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
