/**
 * What has to be kept of a connection at rest, so that another session can go on in the place of the first. A carrier that
 * does not hear of the end of connections keeps many that nobody will ever use again: each of them should cost little.
 */
import type { ConnectionFacts } from "@faultwire/fault-engine";
import type { ResponsePlace } from "@faultwire/http1";
import type { BridgeAtRest, BridgeVersion } from "@faultwire/tls-bridge";
import type { EventCounterPlace } from "./http/event-counter.ts";

/** Requests whose responses the upstream owes, in whole or in part, and that pass as they come. */
export interface UnderWayAtRest {
  /** Their names in events, in the order of the requests. */
  readonly names: readonly string[];
  /** Their targets, which tell with their responses' heads what a stream is written in. */
  readonly targets: readonly string[];
  /** How far the first of their responses has come. */
  readonly responses: ResponsePlace;
  /** The same of its events, where it is a stream of them. */
  readonly passing: EventCounterPlace | undefined;
  /** Whether the client has said that it asks for nothing behind the last of them. */
  readonly hasAskedLast: boolean;
  /** Whether the response that has begun is the connection's last. */
  readonly isLast: boolean;
}

/** Requests and responses at a moment at which nothing waits and nothing is to be changed. */
export interface ExchangesAtRest {
  /** The connection's target, and its name in counts, draws and events. */
  readonly connection: ConnectionFacts & { readonly client: string };
  /** Nothing is taken of the upstream that nothing asked for: a request was answered here. */
  readonly isStrict: boolean;
  /** Undefined between two exchanges. */
  readonly underWay: UnderWayAtRest | undefined;
}

/** TLS that is opened, at a moment at which no record is under way. */
export interface OpenedTlsAtRest {
  /** Whom the connection is to. */
  readonly host: string;
  readonly version: BridgeVersion;
  readonly bridge: BridgeAtRest;
}

/** A session at rest. */
export interface SessionAtRest {
  /** As of a session. */
  readonly hasChanged: boolean;
  /** HTTP/1.1 with a target; undefined where every byte passes unread. */
  readonly exchanges: ExchangesAtRest | undefined;
  /** What HTTP is spoken in; undefined in clear. */
  readonly tls?: OpenedTlsAtRest;
}

/** A connection on which every byte passes unread: there is nothing to keep. */
export const passesUnread: SessionAtRest = { hasChanged: false, exchanges: undefined };
