/** The parts of a conversation, and what they get, in a tunnel whose calls come on one side. */
import type { Fault } from "@faultwire/fault-engine";
import type { FaultDesk, FaultPolicy, Side } from "@faultwire/fault-session";
import type { TellUnread } from "@faultwire/fault-session/internal";
import type { ChunkAnswer } from "./chunk-answer.ts";
import type { TunnelEventBody } from "./events.ts";

/** How the bytes of a direction come: in read calls, which take any answer, or in write calls, which take few. */
export type CallKind = "read" | "write";

/** What a protocol's part of a conversation gets. */
export interface ConversationContext {
  /** The side whose calls come. */
  readonly side: Side;
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  readonly userAgent: string;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** When the tunnel began, on that clock. */
  readonly openedAtMs: number;
  readonly tell: (event: TunnelEventBody) => void;
  readonly insteadOf: (fault: Fault) => string | undefined;
  /** Says that a part of this connection is not read. Each reason is told once. */
  readonly unread: TellUnread;
  /** The tunnel is to end, with the next calls. */
  readonly close: () => void;
  /** From now on every byte goes on as it is, unread. */
  readonly leave: () => void;
  /** Whether HTTPS would be opened if calls came on both sides. */
  readonly wouldOpen: boolean;
}

/** A protocol's part of a conversation. It gets the chunks of both directions in the order of their calls. */
export interface Watcher {
  /** Bytes of the peers that are kept. */
  readonly heldBytes: number;
  fromClient(chunk: Uint8Array, kind: CallKind): ChunkAnswer;
  fromServer(chunk: Uint8Array, kind: CallKind): ChunkAnswer;
  /** The answer to a read call once the tunnel is to end. */
  endingRead(from: Side): ChunkAnswer;
  /** The answer to a write call once the tunnel is to end. */
  endingWrite(from: Side, clientEnded: boolean): ChunkAnswer;
  /** The tunnel is over. */
  finish(): void;
}
