/**
 * What has to be kept of a connection at rest, so that another session can go on in the place of the first. A carrier that
 * does not hear of the end of connections keeps many that nobody will ever use again: each of them should cost little.
 */
import type { ConnectionFacts } from "@faultwire/fault-engine";

/** Requests and responses between two exchanges: nothing is under way. */
export interface ExchangesAtRest {
  /** The connection's target, and its name in counts, draws and events. */
  readonly connection: ConnectionFacts & { readonly client: string };
  /** Nothing is taken of the upstream that nothing asked for: a request was answered here. */
  readonly isStrict: boolean;
}

/** A session at rest. */
export interface SessionAtRest {
  /** As of a session. */
  readonly hasChanged: boolean;
  /** HTTP/1.1 in clear to a target; undefined where every byte passes unread. */
  readonly exchanges: ExchangesAtRest | undefined;
}

/** A connection on which every byte passes unread: there is nothing to keep. */
export const passesUnread: SessionAtRest = { hasChanged: false, exchanges: undefined };
