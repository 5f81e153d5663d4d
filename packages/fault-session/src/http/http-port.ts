/** What the exchanges of a connection are connected to. */
import type { ConnectionFacts, Fault, UnreadReason } from "@faultwire/fault-engine";
import type { RequestHead } from "@faultwire/http1";
import type { Side } from "../events.ts";
import type { FaultPolicy } from "../policy.ts";
import type { FaultDesk } from "./fault-desk.ts";
import type { ClientEnd } from "./request-plan.ts";

/** Where bytes go; what carries them is somebody else's matter. */
export interface HttpPort {
  toClient(bytes: Uint8Array): void;
  toServer(bytes: Uint8Array): void;
  /** After everything that was sent to the client its connection ends. */
  endClient(how: ClientEnd): void;
  /**
   * Calls `told` once: with true when all that was sent to the client so far has gone out to it (`sent`), or when its
   * connection has ended behind it (`ended`, after {@link endClient}); with false when there is no way to send it, and none
   * is to be expected soon. Not at all where the connection ends before.
   */
  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void;
  /** Nothing that comes from this peer goes on for so long; `null` is for ever. */
  stall(from: Side, ms: number | null): void;
}

export interface HttpExchangesOptions {
  readonly port: HttpPort;
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  /** Asked with the first request's head; `null` where nothing on this connection is a target. */
  readonly introduce: (head: RequestHead) => (ConnectionFacts & { readonly client: string }) | null;
  /**
   * Whether each request is to be followed by a question of ours, whose answer brings one more call to end the
   * client's connection with; `last` asks the upstream to end its own behind it.
   */
  readonly wantsSpare?: () => "kept" | "last" | undefined;
  /** Told why bytes of a peer are not read, so that no rule sees them. */
  readonly unread: (reason: UnreadReason, from: Side) => void;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
  /** Says who we are where we have to ask the upstream something ourselves. */
  readonly userAgent: string;
}
