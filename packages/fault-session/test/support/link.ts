/** Two peers and what carries their bytes, as tests of faults see it: whoever carries them, the peers say and get bytes. */
import type { ManualTimers } from "@faultwire/testkit/manual-timers";
import type { EndKind, FaultPolicy, InterceptionOptions, Side } from "../../src/index.ts";

/** One connection between a client and an upstream, with a session in the middle, on a clock that is turned by hand. */
export interface Link {
  readonly timers: ManualTimers;
  readonly events: readonly { readonly type: string }[];
  /** A peer says something; it is read in chunks of so many bytes. */
  says(from: Side, bytes: Uint8Array | string, chunkBytes?: number): void;
  /** A peer ends its stream, behind all that it has said. */
  ends(from: Side, how?: EndKind): void;
  /** What a peer has got so far. */
  got(to: Side): Uint8Array;
  /** In how many writes, and of how many bytes. */
  writeSizes(to: Side): readonly number[];
  /** How a peer's connection was ended; undefined while it is not. */
  endOf(to: Side): EndKind | undefined;
  /** Lets time pass, a millisecond at a time, and everything that is under way in between. */
  run(ms: number): Promise<void>;
  /** The carrier forgets the connection; at once, though what is left of it may need a moment to be gone. */
  close(): void | Promise<void>;
  /** What the carrier has left of a connection that was closed: timers that are armed, connections it remembers. */
  readonly remains: number;
}

export interface LinkOptions {
  readonly policy: FaultPolicy;
  /** How HTTPS is opened; left out, it stays closed. */
  readonly intercept?: InterceptionOptions;
}

/** A carrier as the cases of faults meet it. */
export interface RigCarrier<Carried extends Link = Link> {
  readonly name: string;
  /** What is asked for comes to the byte, and a reset is a reset. */
  readonly isExact: boolean;
  /** A client that ends its stream is heard of. */
  readonly hearsClientEnd: boolean;
  /** Where there is no upstream that can be spoken to, the client's handshake goes on all the same. */
  readonly needsNoUpstream: boolean;
  link(options: LinkOptions): Carried;
}

/** How a peer sees an end that was asked for. */
export const seenEnd = (carrier: RigCarrier, how: EndKind): EndKind => (carrier.isExact ? how : "fin");
