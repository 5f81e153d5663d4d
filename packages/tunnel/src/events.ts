/** The events of a tunnel, for the program that runs it: those of its session, and those about the host. */
import type { SessionEvent } from "@faultwire/fault-session";

/** An event of a tunnel, with its id. */
export type TunnelEvent = {
  /** The id that the host gave the tunnel. */
  readonly tunnel: string;
} & TunnelEventBody;

/**
 * Why a tunnel was forgotten. `cancelled`: the host has cancelled one of its calls. `closed`: both of its directions were
 * closed here. `unclaimed`: the host has not come for an answer (`tunnelLimits.maxUnclaimedMs`). `said-all`: the upstream
 * has said by TLS that this is all, and nothing came behind it. `end-due`: the client's connection was to end, and no call came
 * to end it with (`maxEndDueMs`). `handshake`: a peer of an opened connection has left its handshake (`maxHandshakeMs`).
 * `in-record`: a peer has begun a record of TLS, and the host reads no more of it (`maxPausedMs`). `in-message`: nobody has said
 * anything in the middle of a message of which something is held, or while a fault waits or is at work (`maxInMessageMs`).
 * `memory`: all tunnels together held too much (`maxHeldBytes`). `idle`: it was quiet for too long. `evicted`: there were too many. `shutdown`: the end of all.
 */
export type TunnelEnd =
  | "cancelled"
  | "closed"
  | "unclaimed"
  | "said-all"
  | "end-due"
  | "handshake"
  | "in-record"
  | "in-message"
  | "memory"
  | "idle"
  | "evicted"
  | "shutdown";

/** An event before the tunnel puts its id on it. */
export type TunnelEventBody =
  | SessionEvent
  /** No echo of a read answer comes: the host wrapped one side only, or the two sides are separate streams. */
  | { readonly type: "unpaired" }
  /** The host had dropped bytes on the way; they were given again. */
  | {
      readonly type: "recovered";
      /** How many bytes were given again. */
      readonly bytes: number;
    }
  /** The echo differs from the answer. The tunnel is closed. */
  | {
      readonly type: "mismatch";
      /** Bytes of the answer. */
      readonly expectedBytes: number;
      /** Bytes of the echo. */
      readonly foundBytes: number;
    }
  | {
      readonly type: "closed";
      /** Why it ended. */
      readonly why: TunnelEnd;
      /** Bytes that the tunnel still held. */
      readonly heldBytes: number;
      /** Bytes that came from the client. */
      readonly bytesFromClient: number;
      /** Bytes that came from the server. */
      readonly bytesFromServer: number;
      /** Milliseconds since its first call. */
      readonly ageMs: number;
    };
