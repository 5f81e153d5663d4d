/** What speaks one protocol inside of a session, and what the session gives it. */
import type { Decision } from "@faultwire/fault-engine";
import type { CarrierHooks, EndKind, Http2Mode, Session } from "./carrier.ts";
import type { Side } from "./events.ts";
import type { FaultDesk } from "./http/fault-desk.ts";
import type { HttpExchanges } from "./http/http-exchanges.ts";
import type { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { Http2Alias } from "./http2/http2-port.ts";
import type { Acquaintance, Introducer } from "./introduction.ts";
import type { SessionAtRest } from "./session-rest.ts";
import type { TapUpstream } from "./tap.ts";

/** A protocol's part of a session: both peers' bytes in the order in which they came. */
export interface Part {
  receive(from: Side, bytes: Uint8Array): void;
  /** Whether parts of what it receives are kept when the call is over, so that it has to get a copy. */
  readonly keepsBytes?: boolean;
  ended(from: Side, how: EndKind): void;
  /** The upstream can't be reached; left out where the client's connection then just ends. */
  unreachable?(reason: string): void;
  /** As of a session. */
  readonly upstreamTls?: Session["upstreamTls"];
  /** As of a session. */
  upstreamIsLate?(): boolean;
  /** The connection is over: tells what is left to tell. */
  finish(): void;
  /** As of a session; left out, or undefined, where the part can't be put in another one's place. */
  readonly atRest?: SessionAtRest | undefined;
  /** Whether the peers have got something else than what was said to them, or less. */
  readonly hasChanged: boolean;
  /** Whether it only follows a handshake, and changes nothing of it whatever comes. */
  readonly isFollowing?: boolean;
  readonly wakeAtMs?: number | undefined;
  wake?(): void;
  readonly isBusy?: boolean;
  idle?(): Promise<void>;
  /** Whether the client is in the middle of a silence that lasts for ever. */
  readonly isMute?: boolean;
  /** Bytes that this peer has said and that the part keeps. */
  heldBytes?(from: Side): number;
  /** Whether so much is under way that nothing more is to be read from this peer for now. */
  isFull?(from: Side): boolean;
  /** The requests and responses, once HTTP is spoken. */
  readonly exchanges?: HttpExchanges | undefined;
  /** The same where HTTP/2 is spoken. */
  readonly http2?: Http2Exchanges | undefined;
  /** A peer takes more again. */
  drained?(to: Side): void;
}

/** What a part is given. */
export interface PartContext extends Introducer {
  readonly desk: FaultDesk;
  readonly hooks: CarrierHooks;
  /** Why a fault is not done though it was carried out here: what was sent never went. */
  readonly unsentReason: string;
  /** As `needsNoUpstream` of a carrier. */
  readonly needsNoUpstream: boolean;
  /** As of a carrier. */
  readonly speaksUpstreamTls: boolean;
  /** As of a carrier. */
  readonly http2Mode: Http2Mode;
  /** As of the session's options. */
  readonly tap?: TapUpstream;
  /** As of a carrier, where it has that. */
  readonly renewUpstream?: () => void;
  /** As of a session, where it has that. */
  readonly http2Alias?: Http2Alias;
  /** Whether that peer takes more now, with what still waits in the session. */
  hasRoom(to: Side): boolean;
  /** These bytes go to that peer. */
  send(to: Side, bytes: Uint8Array, canWait?: boolean): void;
  /** A peer's connection ends behind what was sent. */
  end(to: Side, how: EndKind): void;
  /** A fault ends the client's connection, behind what was sent. */
  endClient(how: EndKind): void;
  /** As `whenGone` of the carrier, behind what still waits in the session. */
  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void;
  /** Nothing goes to that peer for so long; `null` is for ever. */
  hold(to: Side, ms: number | null): void;
  /** A fault of the connection's bytes begins; what became of it is told when it is known. */
  faultBytes(decision: Decision, met: Acquaintance): void;
  /** That fault is over; what it holds goes at once. */
  leaveBytes(): void;
}
