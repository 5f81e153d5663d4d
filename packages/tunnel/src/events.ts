/** What a tunnel tells whoever runs it: typed, without bodies and without secrets. */
import type { HandshakeSummary } from "@faultwire/handshake-fsm";
import type { ClientHello } from "@faultwire/tls-parser";
import type { ConnectionMoment } from "./policy.ts";

/** The side that the host wrapped and that a call is about. */
export type Side = "client" | "server";

/** Why a fault that was decided is not carried out as asked. */
export type FaultObstacle =
  /** One side only is registered, and that side can't do it. */
  | "needs-both-sides"
  /** The request's first bytes had gone on before they could be read. */
  | "head-has-gone"
  /** The bytes seen have gaps, so the moment can't be told. */
  | "lost-track";

export type TunnelEvent = { readonly tunnel: string } & (
  | {
      /** The target of a connection is known, or will never be. */
      readonly type: "connection";
      readonly protocol: "tls" | "http" | "other";
      /** SNI or Host; undefined where there is none. */
      readonly host: string | undefined;
      readonly alpnProtocols: readonly string[];
      readonly target: boolean;
      readonly sides: readonly Side[];
    }
  | {
      /** A TLS handshake is over, or will not be followed any more: all that is known of it, once per connection. */
      readonly type: "handshake";
      /** For fingerprints; its byte arrays live as long as the event is handled. */
      readonly clientHello: ClientHello | undefined;
      readonly handshake: HandshakeSummary;
    }
  | {
      readonly type: "fault";
      readonly fault: "close";
      /** The target, as in the connection's event. */
      readonly host: string;
      readonly at: ConnectionMoment;
      /** The client's end was told at this call; `requested` is when it was decided. */
      readonly stage: "decided" | "done";
    }
  | {
      readonly type: "fault";
      readonly fault: "respond";
      readonly host: string;
      readonly status: number;
      readonly method: string;
      readonly stage: "decided" | "done";
    }
  | { readonly type: "fault-skipped"; readonly fault: "close" | "respond"; readonly why: FaultObstacle }
  /** No echo of a read answer comes back: the host wrapped one side only, or two separate streams. */
  | { readonly type: "unpaired" }
  /** The host had dropped bytes on the way; they were given again. */
  | { readonly type: "recovered"; readonly bytes: number }
  /** What came back is not what was sent; the tunnel is closed. */
  | { readonly type: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number }
  | {
      readonly type: "closed";
      readonly why: "cancelled" | "idle" | "evicted" | "shutdown";
      readonly bytesFromClient: number;
      readonly bytesFromServer: number;
      readonly ageMs: number;
    }
);

type WithoutTunnel<T> = T extends unknown ? Omit<T, "tunnel"> : never;
/** An event before the tunnel puts its id on it. */
export type TunnelEventBody = WithoutTunnel<TunnelEvent>;
