/**
 * A carrier with two sockets, in memory and on a clock that is turned by hand: what a proxy of one's own does. What is
 * sent arrives, a FIN is a FIN, a reset is a reset. It holds the session to the carrier's contract as well: nothing is
 * sent behind an end, and each peer's connection ends once.
 */
import { concatBytes } from "@faultwire/testkit/chunkers";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import {
  type Carrier,
  ConnectionSession,
  type EndKind,
  FaultDesk,
  Interception,
  type SessionEvent,
  type Side,
} from "../../src/index.ts";
import type { Link, LinkOptions, RigCarrier } from "./link.ts";

type Told = (isGone: boolean) => void;

/** What waits for a peer that reads nothing. */
type Waiting = Uint8Array | EndKind | Told;

/** One peer and the socket to it. */
class Peer {
  /** What it has said and nobody has read. */
  inbox: Uint8Array[] = [];
  /** It has ended its stream behind that. */
  inboxEnd: EndKind | undefined;
  isHeardOut = false;
  readsOn = true;
  outbox: Waiting[] = [];
  got: Uint8Array[] = [];
  writeSizes: number[] = [];
  /** The end that the session has asked for. */
  askedEnd: EndKind | undefined;
  /** The end that the peer has seen. */
  end: EndKind | undefined;
  wasReset = false;

  get isOver(): boolean {
    return this.wasReset || this.end !== undefined;
  }
  get outboxBytes(): number {
    return this.outbox.reduce((sum, each) => sum + (each instanceof Uint8Array ? each.length : 0), 0);
  }
  get inboxBytes(): number {
    return this.inbox.reduce((sum, { length }) => sum + length, 0);
  }

  /** The peer takes what is there for it. */
  take(): void {
    while (this.readsOn && this.outbox.length > 0) {
      const next = this.outbox.shift();
      if (next === undefined) return;
      if (typeof next === "function") next(true);
      else if (typeof next === "string") this.end = next;
      else {
        this.got.push(next);
        this.writeSizes.push(next.length);
      }
    }
  }
}

const sides: readonly Side[] = ["client", "server"];
const other = (side: Side): Side => (side === "client" ? "server" : "client");

/** Bytes that wait for a peer that reads slowly, before nothing more is read that would add to them. */
export const highWaterBytes = 65_536;

export interface SocketPairOptions extends LinkOptions {
  /** The host whose clients may speak HTTP/2 in clear; left out, they speak HTTP/1.1. */
  readonly http2Host?: string;
}

export class SocketPair implements Carrier, Link {
  readonly http2Mode: "on" | "off";
  readonly timers: ManualTimers = manualTimers();
  readonly events: SessionEvent[] = [];
  readonly session: ConnectionSession;
  readonly #peers: Readonly<Record<Side, Peer>> = { client: new Peer(), server: new Peer() };
  #cancelTimer: (() => void) | undefined;
  #isPumping = false;
  #isAwaited = false;
  #isClosed = false;

  constructor({ policy, intercept, http2Host }: SocketPairOptions) {
    this.http2Mode = http2Host === undefined ? "off" : "on";
    const { now } = this.timers;
    this.session = new ConnectionSession({
      carrier: this,
      policy,
      desk: new FaultDesk(now),
      interception: intercept && new Interception(intercept, now),
      tell: (event) => this.events.push(event),
      ...(http2Host !== undefined && { host: http2Host }),
    });
  }

  now(): number {
    return this.timers.now();
  }
  send(to: Side, bytes: Uint8Array): void {
    const peer = this.#peers[to];
    if (bytes.length === 0 || this.#isClosed) return;
    if (peer.askedEnd !== undefined || peer.wasReset) throw new Error(`sent behind the end of the ${to}`);
    peer.outbox.push(new Uint8Array(bytes));
    peer.take();
  }
  end(to: Side, how: EndKind): void {
    const peer = this.#peers[to];
    if (this.#isClosed) return;
    if (peer.askedEnd !== undefined || peer.wasReset) throw new Error(`ended the ${to} twice`);
    peer.askedEnd = how;
    peer.outbox.push(how);
    peer.take();
  }
  whenGone(to: Side, _what: "sent" | "ended", told: Told): void {
    const peer = this.#peers[to];
    peer.outbox.push(told);
    peer.take();
  }

  says(from: Side, bytes: Uint8Array | string, chunkBytes = 65_536): void {
    const peer = this.#peers[from];
    const all = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    if (peer.inboxEnd !== undefined || this.#isClosed) return;
    // As Node's sockets hand it over: a Buffer, whose `slice` copies nothing.
    for (let at = 0; at < all.length; at += chunkBytes)
      peer.inbox.push(Buffer.from(new Uint8Array(all.subarray(at, at + chunkBytes)).buffer));
    this.#pump();
  }
  ends(from: Side, how: EndKind = "fin"): void {
    const peer = this.#peers[from];
    if (peer.inboxEnd !== undefined || peer.wasReset) return;
    peer.inboxEnd = how;
    if (how === "reset") {
      peer.wasReset = true;
      peer.inbox = [];
      peer.outbox = [];
    }
    this.#pump();
  }
  /** The peer reads no more, or reads on: what is sent to it waits meanwhile. */
  reads(side: Side, readsOn: boolean): void {
    const peer = this.#peers[side];
    peer.readsOn = readsOn;
    peer.take();
    this.#pump();
  }

  got(to: Side): Uint8Array {
    const peer = this.#peers[to];
    // It is asked for each millisecond.
    if (peer.got.length !== 1) peer.got = [concatBytes(peer.got)];
    return peer.got[0]!;
  }
  writeSizes(to: Side): readonly number[] {
    return this.#peers[to].writeSizes;
  }
  endOf(to: Side): EndKind | undefined {
    return this.#peers[to].end;
  }
  /** Bytes that are kept because of what this peer has said: in the session, and on their way to the other. */
  keptBytes(from: Side): number {
    return this.session.heldBytes(from) + this.#peers[other(from)].outboxBytes;
  }
  /** Bytes that the peer has said and that nobody has read: it has to wait with them. */
  unreadBytes(from: Side): number {
    return this.#peers[from].inboxBytes;
  }

  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      this.timers.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.session.finish();
  }
  /** Whether the connection is over and everything let go of. */
  get isClosed(): boolean {
    return this.#isClosed;
  }
  get remains(): number {
    return this.timers.armed + (this.#isClosed ? 0 : 1);
  }

  /** Reads what may be read, and does what is due. */
  #pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    try {
      while (sides.some((from) => this.#readOnce(from)));
    } finally {
      this.#isPumping = false;
    }
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.session.isBusy) {
      this.#awaitIdle();
      return;
    }
    if (sides.every((side) => this.#peers[side].isOver)) {
      this.close();
      return;
    }
    const at = this.session.wakeAtMs;
    if (at === undefined) return;
    this.#cancelTimer = this.timers.after(at - this.now(), () => {
      this.session.wake();
      this.#pump();
    });
  }

  #awaitIdle(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    void this.session.idle().then(() => {
      this.#isAwaited = false;
      this.#pump();
    });
  }

  /** @returns whether there was something to be read from this peer. */
  #readOnce(from: Side): boolean {
    const peer = this.#peers[from];
    if (peer.isHeardOut || (this.#isFull(from) && !peer.wasReset)) return false;
    const chunk = peer.inbox.shift();
    if (chunk) {
      this.session.receive(from, chunk);
      // The memory is used again, as it is with sockets.
      chunk.fill(0);
      return true;
    }
    if (peer.inboxEnd === undefined) return false;
    peer.isHeardOut = true;
    this.session.ended(from, peer.inboxEnd);
    return true;
  }

  #isFull(from: Side): boolean {
    const isWaitedFor = (to: Side): boolean => this.#peers[to].outboxBytes >= highWaterBytes;
    // What the client says may make us answer it; what the upstream says goes to the client only.
    return this.session.isFull(from) || isWaitedFor("client") || (from === "client" && isWaitedFor("server"));
  }
}

/** Sockets as the cases of faults meet them. */
export const sockets: RigCarrier<SocketPair> = {
  name: "sockets",
  isExact: true,
  hearsClientEnd: true,
  needsNoUpstream: false,
  link: (options) => new SocketPair(options),
};
