/**
 * What a session asks the policy, in the engine's terms: is this host a target, and what is to fail? The session carries
 * the decision out.
 */
import type {
  ConnectionFacts,
  ConnectVerdict,
  Decision,
  EngineEvent,
  RequestDecision,
  RequestFacts,
  TrafficWay,
} from "@faultwire/fault-engine";
import type { ClientHello } from "@faultwire/tls-parser";

/** A connection to a target, as soon as its target is known: at its ClientHello, or at its first request's head. */
export interface NewConnection {
  /** How its traffic can be read. */
  readonly way: TrafficWay;
  /** SNI, or the Host header without its port; lower case. */
  readonly host: string;
  /** Where the carrier knows it. */
  readonly port?: number;
  /** The protocols that a TLS client offers; empty where it offers none. */
  readonly alpnProtocols: readonly string[];
  /** For fingerprints; its byte arrays live as long as the call. */
  readonly clientHello: ClientHello | undefined;
  /** The first request's `user-agent`, where it is there in clear. */
  readonly userAgent: string | undefined;
  /** What the policy said when the client asked for this connection; left out where it was not asked. */
  readonly connect?: ConnectVerdict;
}

/** A client that asks a proxy for a connection to a target, before anything is said on it. */
export interface NewConnect {
  /** As the client names it; lower case. */
  readonly host: string;
  /** Port that the client asks for. */
  readonly port: number;
  /** Of the asking request, where there is one. */
  readonly userAgent: string | undefined;
}

/** The answer about a connection. */
export interface ConnectionDecision {
  /** Goes into every later question about the connection's requests, and names it in events. */
  readonly facts: ConnectionFacts & { readonly client: string };
  /** What happens to the connection as such. */
  readonly decision: Decision | null;
}

/** The answer to a client that asks for a connection. */
export interface ConnectDecision {
  /** Names the asking in events. */
  readonly facts: ConnectionFacts & { readonly client: string };
  /** Goes into the question about the connection, if it comes about. */
  readonly verdict: ConnectVerdict;
}

/** Decides. Must not throw: `withoutThrowing` makes "nothing fails" of what a policy throws. */
export interface FaultPolicy {
  /** Whether traffic to this host (lower case, no port) may be touched at all. */
  isTarget(host: string): boolean;
  /**
   * Asked once per connection to a target that a client asks a proxy for, before {@link FaultPolicy.connection}; undefined
   * where no rule is for that moment. Left out: nothing is refused.
   */
  connect?(asked: NewConnect): ConnectDecision | undefined;
  /** Asked once per connection to a target. */
  connection(connection: NewConnection): ConnectionDecision;
  /** Asked once per request to a target, and a second time with its body where the answer was `needs-body`. */
  request(facts: RequestFacts): RequestDecision;
  /** Takes what is told of connections, requests and faults: the event log of reports. */
  record(event: EngineEvent): void;
}
