import type { StateName } from "../machine/handshake-state.ts";

/**
 * How long a handshake has waited for what, in milliseconds by the tracker's clock, to the microsecond; 0 for
 * what never came up.
 *
 * In TLS 1.3 the server's flight is over for an observer with its first encrypted record, since the end of it cannot be
 * seen; what follows is the wait for the client's.
 */
export interface HandshakePhases {
  /** From the ClientHello to the ServerHello, the detour of a HelloRetryRequest included. */
  readonly serverHelloMs: number;
  /** From the ServerHello to the ServerHelloDone, or to the first encrypted record of TLS 1.3. */
  readonly serverFlightMs: number;
  /** From there to the client's Finished. */
  readonly clientFlightMs: number;
  /** From the client's Finished to the server's; before TLS 1.3. In a resumed handshake the server goes first. */
  readonly serverFinishedMs: number;
  /** From the ClientHello until the handshake was over, one way or the other; until now, while it goes on. */
  readonly totalMs: number;
}

/** A part of {@link HandshakePhases}. */
export type Phase = Exclude<keyof HandshakePhases, "totalMs">;

/** The wait that each state is a part of. */
export const phaseOfState: Readonly<Record<StateName, Phase | undefined>> = {
  start: undefined,
  "wait-server-hello": "serverHelloMs",
  "wait-second-client-hello": "serverHelloMs",
  "wait-server-certificate": "serverFlightMs",
  "wait-server-key-exchange": "serverFlightMs",
  "wait-server-hello-done": "serverFlightMs",
  "wait-encrypted-extensions": "serverFlightMs",
  "wait-client-key-exchange": "clientFlightMs",
  "wait-client-change-cipher-spec": "clientFlightMs",
  "wait-client-finished": "clientFlightMs",
  "wait-flight-2": "clientFlightMs",
  "wait-finished": "clientFlightMs",
  "wait-server-change-cipher-spec": "serverFinishedMs",
  "wait-server-finished": "serverFinishedMs",
  connected: undefined,
  renegotiating: undefined,
  failed: undefined,
  closed: undefined,
  "lost-track": undefined,
};
