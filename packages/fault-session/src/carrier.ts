/**
 * The two ends of the rope: what carries a connection's bytes, and what happens on the connection. A session knows no
 * socket, no timer and no host; a carrier knows no protocol and no fault.
 */
import type { Fault } from "@faultwire/fault-engine";
import type { Header, RequestHead } from "@faultwire/http1";
import type { Side } from "./events.ts";

/** How a peer's connection ends: in order (FIN), or as if it broke (RST). */
export type EndKind = "fin" | "reset";

/**
 * When HTTP/2 is spoken with a target. `on`: where the client and the upstream both offer it. `alone`: with clients that offer
 * nothing else; those that offer HTTP/1.1 as well get that. `off`: never, and clients of HTTP/2 alone stay closed.
 */
export type Http2Mode = "on" | "alone" | "off";

/** How an end is to be carried out. */
export interface EndOptions {
  /**
   * The end matters more than what was sent in the same moment. A carrier that can't send both gives up those bytes;
   * one with sockets of its own sends them and then ends.
   */
  readonly isUrgent?: boolean;
}

/** Carries the bytes of one connection: sockets, the calls of a plugin host, a test. `to` names the receiver. */
export interface Carrier {
  /** Milliseconds, never going backwards. */
  now(): number;
  /** When the client opened its connection, on the clock of {@link now}; unless given, when the session was made. */
  readonly openedAtMs?: number;
  /** These bytes go to that peer, behind what was sent before. `canWait`: they need not go before others follow. */
  send(to: Side, bytes: Uint8Array, canWait?: boolean): void;
  /**
   * That peer's connection ends, behind what was sent. Nothing is sent to it any more. Comes once for each peer, and not
   * for one whose own end was a reset. The other peer may still say something, which goes on: only once both connections
   * have ended the carrier lets go of both.
   */
  end(to: Side, how: EndKind, options?: EndOptions): void;
  /**
   * Calls `told` once: with true when all that was sent to that peer so far has gone out to it (`sent`), or when its
   * connection has ended behind it (`ended`, after {@link end}); with false when there is no way to send it, and none is to
   * be expected soon. Not at all where the connection ends before.
   */
  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void;
  /** Why {@link whenGone} tells false, in words for reports; "the connection ended first" unless given. */
  readonly unsentReason?: string;
  /**
   * Whether what the client says comes, and what is said to it goes, though there is no upstream: then TLS with the client is
   * opened all the same where the upstream can't be reached or does not verify. False unless given.
   */
  readonly needsNoUpstream?: boolean;
  /**
   * Whether TLS with the upstream is the carrier's, where HTTPS is opened: the session then says nothing to the upstream
   * before a request needs it. See {@link Session.upstreamTls}. Only with {@link needsNoUpstream}.
   */
  readonly speaksUpstreamTls?: boolean;
  /**
   * When HTTP/2 is spoken with targets; `off` unless given. It needs that what is sent may be sent at any moment, and that each
   * peer is read from whatever the other one does ({@link Session.readsFreely}).
   */
  readonly http2Mode?: Http2Mode;
  /**
   * Gives the upstream's connection up, and what was sent there: another one is opened where something is to go to the upstream.
   * Who has this method speaks with the upstream in the version of HTTP that it has, whatever is spoken here
   * ({@link Session.upstreamTls}). Only with {@link needsNoUpstream}.
   */
  renewUpstream?(): void;
  /**
   * Whether that peer takes more now; true unless given. Where it said no, {@link Session.drained} is called once it does. Only
   * with {@link http2Mode}.
   */
  readonly hasRoom?: (to: Side) => boolean;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
}

/** What a carrier may add where bytes and ends alone do not move its peers. A carrier with sockets needs none of it. */
export interface CarrierHooks {
  /**
   * A request goes to the upstream; `request` is its name in events.
   *
   * @returns a header that is added, for an upstream of the carrier's own that has to tell what it did; else `undefined`, and
   * nothing is added.
   */
  readonly markFor?: (request: string) => Header | undefined;
  /**
   * The head of a response comes from the upstream; `request` is its request's name in events.
   *
   * @returns whether the upstream, which is one of the carrier's own, has made it in the place of an API that it did not reach. It goes
   * to the client then as it is, no fault happens to it, and it is told of as `standsIn`. Unless given, no response is one.
   */
  readonly standsIn?: (request: string) => boolean;
  /** All of a request has been sent to the upstream. */
  readonly requestSent?: (head: RequestHead) => void;
  /** All of a request has come; the answer to it ends the client's connection, behind a response that is still to come. */
  readonly endWaits?: (head: RequestHead) => void;
  /**
   * The headers of a request whose response will end the client's connection.
   *
   * @returns other headers in their place.
   */
  readonly headersOfLast?: (head: RequestHead) => readonly Header[];
  /** So many bytes of application data were sealed for a peer, in TLS that is opened. */
  readonly sealed?: (to: Side, bytes: number) => void;
}

/** Whom a carrier is to speak TLS with. */
export interface UpstreamTls {
  /** Name or address that its certificate has to be for. */
  readonly host: string;
  /** The application protocol that is spoken inside: `http/1.1` or `h2`. */
  readonly protocol: string;
}

/** What happens on one connection; driven by a carrier. */
export interface Session {
  /** A peer has said something. The memory may be used again when the call is over. */
  receive(from: Side, bytes: Uint8Array): void;
  /** A peer says no more, behind all that it has said. After a reset nothing can be sent to it either. */
  ended(from: Side, how: EndKind): void;
  /**
   * The upstream's connection could not be opened, so that it says nothing and hears nothing. `reason` says for people
   * whom and why; it goes into the answer to a request that needed the upstream.
   */
  unreachable(reason: string): void;
  /**
   * Whom the carrier is to speak TLS with, so that what is sent to the server, and what it is told of the server, is in
   * clear: where {@link Carrier.speaksUpstreamTls} says so, or the upstream was late. `undefined` where bytes are as they are.
   */
  readonly upstreamTls: UpstreamTls | undefined;
  /**
   * The upstream takes too long to answer a client's TLS handshake. That goes on by our own choice, if it can: then nothing
   * of what was sent to the server so far is wanted, and {@link upstreamTls} says so from now on.
   *
   * @returns whether it does.
   */
  upstreamIsLate(): boolean;
  /** When to call {@link wake}, on the carrier's clock; undefined while nothing waits for a time. */
  readonly wakeAtMs: number | undefined;
  /** Does what is due by now. */
  wake(): void;
  /** Bytes that this peer has said, or has made us say, and that are kept here. */
  heldBytes(from: Side): number;
  /** Whether so much is kept or under way that the carrier is to read no more from this peer for now. */
  isFull(from: Side): boolean;
  /** Whether peers are read from whatever the other one has taken: the protocol's own windows bound what comes. */
  readonly readsFreely: boolean;
  /** A peer takes more again. */
  drained(to: Side): void;
  /** Whether something is under way (a handshake's arithmetic) that will still send by itself. */
  readonly isBusy: boolean;
  /** Resolves when that is over. */
  idle(): Promise<void>;
  /** The connection is over: tells what is left to tell, and lets go of everything. */
  finish(): void;
}

/** Limits of a session. */
export const sessionLimits = {
  /**
   * Bytes of one peer that a session keeps before its carrier should stop reading from that peer. A fault that holds a
   * direction for ever would otherwise keep all that a fast upstream says.
   */
  maxHeldBytes: 262_144,
} as const;

/** The peer on the other side. */
export const otherSide = (side: Side): Side => (side === "client" ? "server" : "client");
