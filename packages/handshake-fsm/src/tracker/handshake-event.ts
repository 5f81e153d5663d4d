import type { ClientHello, HelloRetryRequest, ServerHello } from "@faultwire/tls-parser";
import type { Certainty, StateName } from "../machine/handshake-state.ts";
import type { ViolationCode } from "../machine/violation.ts";
import type { Side } from "../side.ts";

interface EventBase {
  /** Milliseconds by the tracker's clock. */
  readonly atMs: number;
}

/** A ClientHello that has its place: the first one, or the second after a HelloRetryRequest. */
export interface ClientHelloEvent extends EventBase {
  readonly kind: "clientHello";
  /** Its byte arrays are views of what was pushed: copy what has to outlive that. */
  readonly hello: ClientHello;
  /** Whether it answers a HelloRetryRequest. */
  readonly isSecond: boolean;
}

/** A ServerHello or HelloRetryRequest that has its place. */
export interface ServerHelloEvent extends EventBase {
  readonly kind: "serverHello";
  /** Its byte arrays are views of what was pushed: copy what has to outlive that. */
  readonly hello: ServerHello | HelloRetryRequest;
}

/** The handshake is in another state now. */
export interface StateEvent extends EventBase {
  readonly kind: "state";
  /** The state that was left. */
  readonly from: StateName;
  /** The state that has begun. */
  readonly to: StateName;
  /** Time spent in `from`. */
  readonly afterMs: number;
}

/** An alert (RFC 8446 section 6). */
export interface AlertEvent extends EventBase {
  readonly kind: "alert";
  /** The side that sent it. */
  readonly by: Side;
  /** Undefined where it is encrypted. */
  readonly level: number | undefined;
  /** Undefined where it is encrypted. */
  readonly description: number | undefined;
  /** `inferred` for a TLS 1.3 record that is as long as an encrypted alert, where nothing else is. */
  readonly certainty: Certainty;
}

/** Both sides have finished the handshake; once per connection, not again after a renegotiation. */
export interface EstablishedEvent extends EventBase {
  readonly kind: "established";
  /**
   * `observed`: both sides have sent what must be their Finished. `inferred`: TLS 1.3, where sizes and order say so.
   * Neither says that the contents were right: only who has the keys knows.
   */
  readonly certainty: Certainty;
  /** Time since the ClientHello. */
  readonly afterMs: number;
}

/** A peer broke the protocol; or somebody in between did. */
export interface ViolationEvent extends EventBase {
  readonly kind: "violation";
  /** What is wrong. */
  readonly code: ViolationCode;
  /** The side that sent what is wrong. */
  readonly by: Side;
  /** Where the handshake stood. */
  readonly during: StateName;
}

/** Both directions have ended. */
export interface ClosedEvent extends EventBase {
  readonly kind: "closed";
  /** Where the handshake stood: `connected` for the usual end, `failed` after a fatal alert. */
  readonly during: StateName;
  /** Sides that ended in the middle of a record. */
  readonly truncated: readonly Side[];
  /**
   * Sides whose last record was an alert, or in TLS 1.3 is as long as an encrypted one: in an established connection
   * the close_notify without which the data may be cut short (RFC 8446 section 6.1), or a failure told late.
   */
  readonly endedWithAlert: readonly Side[];
}

/** What a {@link HandshakeTracker} tells, in the order in which it happened. */
export type HandshakeEvent =
  | ClientHelloEvent
  | ServerHelloEvent
  | StateEvent
  | AlertEvent
  | EstablishedEvent
  | ViolationEvent
  | ClosedEvent;
