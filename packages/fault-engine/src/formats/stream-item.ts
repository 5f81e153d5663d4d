import type { SseEvent } from "./sse/block.ts";

/** What a unit of a stream says, whatever its format: its name, where the format has names, and its data. */
export type StreamUnit = SseEvent;

/**
 * A piece of a stream. The `bytes` of all pieces, joined, are the bytes that were pushed.
 *
 * - `mark`: bytes that belong to no unit and mean nothing: a byte-order mark, blanks between units
 * - `open`, `between`, `close`: what stands before the first unit, between two, and behind the last
 * - `part`: bytes of a unit that is not complete yet, for readers that need not wait for it
 * - `event`: the last bytes of a unit, and the unit; `whole` holds all of its bytes, parts included. `closing` is empty, but
 *   for the unit in which a stream ends: the bytes that it lacks to be complete
 * - `opaque`: from here on the stream is not read any more; `reason` says why
 */
export type StreamItem =
  | {
      /** What the bytes are; see {@link StreamItem}. */
      readonly kind: "mark" | "open" | "between" | "close" | "part";
      /** A part of the stream, as it came. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "event";
      /** The last bytes of the unit. */
      readonly bytes: Uint8Array;
      /** All of its bytes. */
      readonly whole: Uint8Array;
      /** What it says. */
      readonly event: StreamUnit;
      /** What it lacks to be complete. */
      readonly closing: Uint8Array;
    }
  | {
      readonly kind: "opaque";
      /** A part of the stream, as it came. */
      readonly bytes: Uint8Array;
      /** Why, in words for the user. */
      readonly reason: string;
    };

/** A complete unit. */
export type EventItem = Extract<StreamItem, { readonly kind: "event" }>;

/** Reads the units of a stream, byte-exact, at any chunking. It never throws over what it reads. */
export interface UnitReader {
  /** Bytes of the unit that is not complete yet. */
  readonly pendingBytes: number;
  /** Reads on. Views live as long as the chunk is left alone. */
  push(chunk: Uint8Array): StreamItem[];
  /** The stream has ended. */
  finish(): StreamItem[];
}

/** Limits of readers of streams. */
export const streamLimits = {
  /** Bytes of one unit. A server that never ends its unit would be stored without end. */
  maxUnitBytes: 1_048_576,
} as const;

/** Why a stream is read no more: a unit is over the limit. */
export const TOO_LARGE = "an event is larger than can be held";
