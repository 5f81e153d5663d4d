/** What {@link Ticks} keeps of each direction, and how it answers read calls. */
import { Departures } from "./departures.ts";
import type { TimedPart } from "./timed-parts.ts";

/** Answers a read call, by one of these functions, once. */
export interface TickReply {
  /** These bytes go on in place of the chunk. Not empty. `isLast`: the direction ends behind them. */
  forward(bytes: Uint8Array, isLast: boolean): void;
  /** Whether {@link drip} may be called. */
  readonly canDrip: boolean;
  /** These parts go on, each at its time. The host reads the next chunk after the last part. */
  drip(parts: readonly TimedPart[]): void;
  /** Sends these bytes in place of a last part of {@link drip} that never goes by itself. Without any, the direction ends. */
  settleLast(bytes: Uint8Array): void;
  /** Nothing goes on; the host reads the next chunk. */
  swallow(): void;
  /** The direction ends: the receiver gets a FIN. */
  close(reason: string): void;
}

/** The direction toward one peer. */
export interface Direction {
  reply: TickReply | undefined;
  out: TimedPart[];
  outBytes: number;
  /** Chunks that the session has not seen yet, because it is full. */
  unseen: Uint8Array[];
  /** How many parts of `out` are older than the call or the moment that is being carried out. */
  settledParts: number;
  /** Some bytes of `out` must not wait longer than they have to. */
  isUrgent: boolean;
  /** When the carrier began to keep the call in hand. */
  keptSinceMs: number | undefined;
  /** The direction ends behind `out`, for this reason. */
  endReason: string | undefined;
  /** Before this moment an answer is still going out in parts, and the direction must not end. */
  noEndBeforeMs: number;
  hasEnded: boolean;
  /** Who waits until bytes of this direction have gone. */
  readonly departures: Departures;
}

/**
 * The last part of an answer toward the upstream, kept back. With it that direction can be ended at any moment, and so can the
 * tunnel: a tunnel is over when both of its directions are (docs/adr/0019).
 */
export interface Reserve {
  readonly settle: (bytes: Uint8Array) => void;
  readonly untilMs: number;
}

/** A direction in which nothing has happened yet. */
export function direction(): Direction {
  return {
    reply: undefined,
    out: [],
    outBytes: 0,
    unseen: [],
    settledParts: 0,
    isUrgent: false,
    keptSinceMs: undefined,
    endReason: undefined,
    noEndBeforeMs: Number.NEGATIVE_INFINITY,
    hasEnded: false,
    departures: new Departures(),
  };
}
