/** What the exchanges of a connection are connected to. */
import type { ConnectionFacts, Fault, UnreadReason } from "@faultwire/fault-engine";
import type { RequestHead } from "@faultwire/http1";
import type { CarrierHooks, EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { FaultPolicy } from "../policy.ts";
import type { FaultDesk } from "./fault-desk.ts";

/** Where bytes go; what carries them is somebody else's matter. */
export interface HttpPort {
  toClient(bytes: Uint8Array): void;
  toServer(bytes: Uint8Array): void;
  /** After everything that was sent to the client its connection ends. */
  endClient(how: EndKind): void;
  /** As `whenGone` of a carrier, for the client. */
  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void;
  /** Nothing goes to this peer for so long; `null` is for ever. */
  hold(to: Side, ms: number | null): void;
}

export interface HttpExchangesOptions {
  readonly port: HttpPort;
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  /** Asked with the first request's head; `null` where nothing on this connection is a target. */
  readonly introduce: (head: RequestHead) => (ConnectionFacts & { readonly client: string }) | null;
  readonly hooks?: CarrierHooks;
  /** Told why bytes of a peer are not read, so that no rule sees them. */
  readonly unread: (reason: UnreadReason, from: Side) => void;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /**
   * Whether the last request's head is kept behind its exchange, for a carrier that makes the upstream speak by requests of
   * its own; true unless given.
   */
  readonly keepsLastHead?: boolean;
  /** Why `whenGone` tells false; "the connection ended first" unless given. */
  readonly unsentReason?: string;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
}
