/** What the parts of a conversation are given, and what they are, in a tunnel that is heard on one side. */
import type { Fault } from "@faultwire/fault-engine";
import type { FaultDesk, FaultPolicy, Side, TellUnread } from "@faultwire/fault-session";
import type { ChunkAnswer } from "./chunk-answer.ts";
import type { TunnelEventBody } from "./events.ts";

/** How a direction reaches us: as read calls (any answer is possible) or as write calls (few are). */
export type CallKind = "read" | "write";

/** What a protocol's part of a conversation is given. */
export interface ConversationContext {
  /** The side that this conversation is heard on. */
  readonly side: Side;
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  readonly userAgent: string;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: (event: TunnelEventBody) => void;
  readonly insteadOf: (fault: Fault) => string | undefined;
  /** Says that something of this connection is not read; each reason is told once. */
  readonly unread: TellUnread;
  /** From now on the tunnel is to end, with whatever call comes. */
  readonly close: () => void;
  /** Nothing needs to be watched any more: every byte goes on as it is. */
  readonly leave: () => void;
  /** Whether HTTPS would be opened if both sides were heard. */
  readonly wouldOpen: boolean;
}

/** A protocol's part: both directions' chunks in the order seen. */
export interface Watcher {
  fromClient(chunk: Uint8Array, kind: CallKind): ChunkAnswer;
  fromServer(chunk: Uint8Array, kind: CallKind): ChunkAnswer;
  /** What a read call is answered with while the tunnel is to end. */
  endingRead(from: Side): ChunkAnswer;
  /** What a write call is answered with while the tunnel is to end. */
  endingWrite(from: Side, clientEnded: boolean): ChunkAnswer;
  /** The tunnel is over. */
  finish(): void;
}
