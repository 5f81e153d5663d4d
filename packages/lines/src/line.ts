/** One peer's connection, as carriers use it: a socket of its own, or the part of one that one upstream gets. */
import type { EndKind } from "@faultwire/fault-session";

/**
 * Who hears what a peer does. Nothing of it is called again once `closed` was. Its functions need no `this`: a line around
 * another takes some of them over, and leaves the others as they are.
 */
export interface LineEars {
  /** Bytes, in order; the memory is the ear's. */
  data(bytes: Uint8Array): void;
  /** The peer says no more. A `reset` may still come behind a `fin`. */
  ended(how: EndKind): void;
  /** There is room for more to be written. */
  drained(): void;
  /** The connection is open: told of one that was being opened. */
  opened?(): void;
  /** It could not be opened; `closed` follows. */
  failed?(error: Error): void;
  /** Both halves are over. */
  closed(): void;
}

/** Ears that let everything pass. */
export const silentEars: LineEars = { data() {}, ended() {}, drained() {}, closed() {} };

/** A peer's connection. */
export interface Line {
  /** Hands the peer's bytes to these ears from now on, in place of others. */
  listen(ears: LineEars): void;
  /** Behind what was written before. Nothing happens behind an end. */
  write(bytes: Uint8Array): void;
  /** The half toward the peer ends, or the whole connection by a reset, behind what was written. Once. */
  end(how: EndKind): void;
  /** As `whenGone` of a `Carrier`. */
  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void;
  /** Reads on from the peer, or not. A new line is paused. */
  setPaused(isPaused: boolean): void;
  /** Everything is over at once; what waits to be written is lost. */
  destroy(): void;
  /** So much waits to be written that the other peer should wait. */
  readonly needsDrain: boolean;
  /** Bytes that wait to be written. */
  readonly waitingBytes: number;
  /** How the peer has ended, where it has. */
  readonly peerEnd: EndKind | undefined;
  /** Whether our half has ended, or is to end behind what waits. */
  readonly hasEnded: boolean;
  /** Whether everything is over, both halves. */
  readonly isClosed: boolean;
}

/**
 * Does something of ours that no event of a socket calls, but a timer or OpenSSL: what it throws ends this connection, and
 * not the process.
 */
export type Guard = (act: () => void) => void;

/** Time as lines need it. */
export interface LineClock {
  /** Milliseconds from any fixed origin; never goes backwards. */
  readonly now: () => number;
  /** Calls `action` once after `delayMs`; the returned function takes that back. */
  readonly after: (delayMs: number, action: () => void) => () => void;
}
