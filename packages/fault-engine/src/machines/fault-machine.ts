import type { Header } from "@faultwire/http1";
import type { FormatName } from "../formats/format-name.ts";
import type { Provider } from "../providers/request-table.ts";

/** What a machine wants done, in order and at once. Bytes of two actions go out as two writes. */
export type StreamAction =
  | {
      readonly kind: "bytes";
      /** What is written, as content without chunked framing. */
      readonly bytes: Uint8Array;
    }
  /** The body is complete: end it as its framing wants. `trailers` stand in the place of the source's own; empty for none. */
  | {
      readonly kind: "end";
      /** Fields of the trailer section, in their order. */
      readonly trailers?: readonly Header[];
    }
  /** Close the connection without ending the body. */
  | { readonly kind: "close" }
  | { readonly kind: "reset" };

/** What became of a fault. */
export type FaultOutcome =
  /** Its point has not come yet. */
  | { readonly kind: "waiting" }
  | { readonly kind: "done" }
  /** The body ended without a chance to carry it out, or it can't be carried out on this one. */
  | {
      readonly kind: "undone";
      /** Why it was not carried out, in words. */
      readonly reason: string;
    };

/**
 * Carries one fault out on one body (or on one direction of a connection). Bytes and moments go in, actions come out;
 * the driver owns clock and socket. It calls {@link wake} when {@link wakeAtMs} has come, and stops reading while
 * {@link pendingBytes} is over what it wants to hold.
 *
 * @example
 * ```ts
 * for (const action of machine.push(data, now)) perform(action);
 * if (machine.wakeAtMs !== undefined) setTimeout(() => machine.wake(clock()).forEach(perform), machine.wakeAtMs - now);
 * ```
 */
export interface FaultMachine {
  /** The source sent data (content, without chunked framing). After {@link isOver} it is dropped. */
  push(data: Uint8Array, nowMs: number): StreamAction[];
  /** The source has come to its end. An `end` action follows now or, where bytes are held, later. */
  finish(nowMs: number): StreamAction[];
  /** Time has passed. */
  wake(nowMs: number): StreamAction[];
  /** When to call {@link wake}; `undefined` while the machine waits for nothing but data. */
  readonly wakeAtMs: number | undefined;
  /** Bytes that are held back. */
  readonly pendingBytes: number;
  /** True once the last action has been given; nothing comes any more. */
  readonly isOver: boolean;
  /** What has become of the fault so far. */
  readonly outcome: FaultOutcome;
}

/** What a machine has to know besides its fault. */
export interface MachineContext {
  /** The moment at which the body begins, on the clock of the `nowMs` arguments. */
  readonly startMs: number;
  /** The decision's own numbers. */
  readonly random: (purpose: string, index: number) => number;
  /** For the form of error events, where the stream itself does not tell. */
  readonly provider: Provider | null;
  /** For error events. */
  readonly requestId: string;
  /** What the body is written in, where it is a stream; see `streamFormatOf`. */
  readonly format: FormatName | null;
  /** The request's path, for error events of APIs that tell their streams apart by it. */
  readonly path: string;
  /** Whether the body is made of gRPC messages, and has trailers behind it. Default false. */
  readonly isGrpc?: boolean;
  /** The value of `x-faultwire`; `null`, or left out: it is not sent. */
  readonly marker?: string | null;
  /** Bytes of the whole body, where its head says so. */
  readonly bodyBytes: number | null;
}
