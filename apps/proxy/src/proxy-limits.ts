/** What a proxy holds at most. Each limit stands against a client or an upstream that opens, or waits, without end. */
export interface ProxyLimits {
  /** Clients' connections at the same time. What comes beyond is closed at once, and told. Default 10 000. */
  readonly maxConnections: number;
  /**
   * With so many connections at the same time, requests to a port that stands for an upstream (`reverse`) go on with a `Via`: two
   * such ports may lead to each other, and by that field a request is known that comes back. Default 64.
   */
  readonly unmarkedConnections: number;
  /** How long a new connection may take to say whom it wants: its first bytes and its whole head, in ms. Default 30 000. */
  readonly headMs: number;
  /** How long an upstream may take to be looked up and to accept, in ms. Default 30 000. */
  readonly connectMs: number;
  /**
   * How long a client's TLS handshake waits for the upstream, whose choices it would follow, in ms; then it goes on by our own
   * choice, and a request that needs the upstream waits for it. Default 2 000: above a packet that has to be sent twice.
   */
  readonly upstreamAnswerMs: number;
  /**
   * How long the client of a tunnel to a target may say nothing before its upstream is dialled, in ms: it may be one that
   * speaks first, as servers of mail do. Default 500.
   */
  readonly silentClientMs: number;
  /** How long a connection whose one half has ended may be quiet, in ms. Default 120 000. */
  readonly halfOpenMs: number;
  /** How long a connection may be quiet, in ms. Default 7 200 000: a fault may hold a connection that long on purpose. */
  readonly idleMs: number;
  /** How long a peer may take to end its half after we ended ours, in ms; until then what it says is dropped. Default 2 000. */
  readonly lingerMs: number;
  /** How often connections are looked at for those times, in ms. Default 1 000. */
  readonly sweepMs: number;
  /**
   * Connections to an upstream of HTTP/1.1 alone, for one client of HTTP/2: so many of its requests are under way at the same
   * time. Default 16.
   */
  readonly translatedConnections: number;
  /** Bytes that a peer may leave unread before nothing more is read from that same peer: it makes us answer. Default 1 MiB. */
  readonly maxUnreadBytes: number;
}

/** The limits that hold where none are given. Heads are limited by `httpLimits` of `@faultwire/http1`. */
export const proxyLimits: ProxyLimits = {
  maxConnections: 10_000,
  unmarkedConnections: 64,
  headMs: 30_000,
  connectMs: 30_000,
  upstreamAnswerMs: 2_000,
  silentClientMs: 500,
  halfOpenMs: 120_000,
  idleMs: 7_200_000,
  lingerMs: 2_000,
  sweepMs: 1_000,
  translatedConnections: 16,
  maxUnreadBytes: 1_048_576,
};
