/** How long a connection of a host may be quiet; as in Faultwire's proxy. Limits against hosts and clients that wait for ever. */
export const connectionTimes = {
  /** How long an upstream may take to answer before a client's TLS goes on without it, in ms. */
  upstreamAnswerMs: 2000,
  /** How long the client of a tunnel may say nothing before its upstream is dialled, which may speak first, in ms. */
  silentClientMs: 500,
  /** How long a client may still speak, unheard, when all has been said to it, in ms. */
  lingerMs: 2000,
  /** How long a connection whose client has ended its half may be quiet, in ms. */
  halfOpenMs: 120_000,
  /** How long any connection may be quiet, in ms: faults may hold one that long on purpose. */
  idleMs: 7_200_000,
  /** How long a TLS handshake of ours with an upstream may take, in ms. */
  handshakeMs: 30_000,
  /** How long the plugin's own dial may take, in ms. */
  connectMs: 30_000,
} as const;

/** Bytes that a peer may leave unread before nothing more is read from that same peer. */
export const maxUnreadBytes = 1_048_576;

/** How often connections are looked at for these times, in ms. */
export const sweepMs = 1000;
