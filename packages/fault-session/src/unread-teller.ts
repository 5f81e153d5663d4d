/** Tells what of a connection is not read: as the session's event, for the log, and as the policy's, for the report. */
import type { ConnectionFacts, UnreadReason } from "@faultwire/fault-engine";
import type { Malformed, OpaqueBytes } from "@faultwire/http1";
import type { SessionEvent, Side } from "./events.ts";
import type { FaultPolicy } from "./policy.ts";

/** Whose connection it is, as far as that is known. */
export interface UnreadConnection {
  readonly host: string;
  readonly facts: ConnectionFacts & { readonly client: string };
}

/** Says that bytes of a peer can't be read, and why; `connection` is left out where its target is not known. */
export type TellUnread = (reason: UnreadReason, from: Side, connection?: UnreadConnection) => void;

/** Why a reader gave such an item. */
export function unreadReason(item: OpaqueBytes | Malformed): UnreadReason {
  return item.kind === "malformed" ? item.code : "upgraded";
}

/** What a teller tells by. */
export interface UnreadTellerOptions {
  readonly policy: Pick<FaultPolicy, "record">;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: (event: SessionEvent) => void;
}

/** One connection's teller: each reason is told once. */
export function unreadTeller({ policy, now, tell }: UnreadTellerOptions): TellUnread {
  // Most connections have nothing to tell.
  let told: Set<UnreadReason> | undefined;
  return (reason, from, connection) => {
    if (told?.has(reason)) return;
    told ??= new Set();
    told.add(reason);
    tell({ type: "unread", host: connection?.host, from, reason });
    policy.record({
      type: "unread",
      atMs: now(),
      connection: connection?.facts.connection ?? null,
      client: connection?.facts.client ?? null,
      host: connection?.host ?? null,
      from,
      reason,
    });
  };
}
