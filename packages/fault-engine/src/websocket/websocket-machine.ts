/** What carries one fault out on an open WebSocket: frames of both sides and moments go in, bytes for both come out. */
import type { FrameItem } from "@faultwire/websocket";
import type { MessageSender } from "../faults/websocket-faults.ts";
import type { FaultOutcome } from "../machines/fault-machine.ts";

/** What a machine wants done, in order and at once. */
export type WebSocketAction =
  | { readonly kind: "bytes"; readonly to: MessageSender; readonly bytes: Uint8Array }
  /** The client's connection ends. Nothing comes behind it. */
  | { readonly kind: "end"; readonly how: "fin" | "reset" };

/** Limits of what a machine keeps. */
export const webSocketLimits = {
  /**
   * Bytes of a message that is to be sent twice, which are kept until it is whole. A longer one is sent once: its sender
   * decides how long it is.
   */
  maxDuplicateBytes: 1_048_576,
  /** Parts of frames that wait for their time, before nothing more is to be read from their sender: one costs an object. */
  maxQueuedParts: 2000,
  /** How long the client may take to answer a close of ours, in ms, before its connection ends all the same. */
  maxCloseWaitMs: 5000,
} as const;

export interface WebSocketMachine {
  /** A side has said this. `bytes` of the items live as long as the call. */
  push(from: MessageSender, items: readonly FrameItem[], nowMs: number): WebSocketAction[];
  /** A side says no more. */
  ended(from: MessageSender, nowMs: number): WebSocketAction[];
  /** Time has passed. */
  wake(nowMs: number): WebSocketAction[];
  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  readonly wakeAtMs: number | undefined;
  /** Bytes of a side that are kept. */
  pendingBytes(from: MessageSender): number;
  /** Whether so much of a side waits that nothing more is to be read from it. */
  isFull(from: MessageSender): boolean;
  /** Whether the upstream's end is not to reach the client yet, or never. */
  readonly holdsEnd: boolean;
  /** Whether nothing of the upstream goes to the client any more, for ever. */
  readonly isStalled: boolean;
  readonly outcome: FaultOutcome;
}

/** What a machine has to know besides its fault. */
export interface WebSocketContext {
  /** When the WebSocket was opened. */
  readonly startMs: number;
  /** The decision's own numbers. */
  readonly random: (purpose: string, index: number) => number;
}

/** The other side. */
export const receiverOf = (from: MessageSender): MessageSender => (from === "client" ? "server" : "client");
