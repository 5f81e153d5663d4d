/**
 * What a tunnel asks whoever decides: is this host a target, and what is to fail? The answers are values; how
 * they are carried out on a host that only hands us chunks is the tunnel's business.
 */

/** The moments of a connection at which it can be closed. */
export const connectionMoments = ["client-hello", "server-hello", "established", "application-data"] as const;
export type ConnectionMoment = (typeof connectionMoments)[number];

/** What is known of a connection when its target is. */
export interface ConnectionFacts {
  readonly protocol: "tls" | "http";
  /** SNI of a TLS connection, or the Host header without its port; lower case. */
  readonly host: string;
  /** The protocols that a TLS client offers; empty where it offers none. */
  readonly alpnProtocols: readonly string[];
}

/** A connection that is to be closed at a moment. */
export interface ConnectionFault {
  readonly kind: "close";
  readonly at: ConnectionMoment;
}

/** One plain HTTP request in a tunnel. */
export interface RequestFacts {
  readonly host: string;
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A response in place of the upstream's. */
export interface ResponseFault {
  readonly kind: "respond";
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface TunnelPolicy {
  /** Whether traffic to this host (lower case, no port) may be touched at all. */
  isTarget(host: string): boolean;
  /** Asked once per TLS connection to a target, when its ClientHello is there. */
  connection(facts: ConnectionFacts): ConnectionFault | undefined;
  /** Asked once per plain HTTP request to a target, when its head is there. */
  request(facts: RequestFacts): ResponseFault | undefined;
}
