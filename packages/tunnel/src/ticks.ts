/**
 * The clock of a tunnel that the host wrapped on both sides. Bytes can go to a peer only as the answer to a read call
 * of that direction: each call is a *tick*. This driver keeps what has to go to each peer, answers the calls in hand
 * with it, holds them while there is a reason to, and asks for a tick where none is to be expected.
 */

import type { FaultMachine } from "@faultwire/fault-engine";
import { hostLimits } from "@faultwire/fault-protocol";
import type { Side } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1";
import { maxTimedParts, type TimedPart } from "./lane.ts";
import type { Timers } from "./timers.ts";
import { closeReason } from "./verdict.ts";

/** The answers to a read call; each call gets one of them, once. */
export interface TickReply {
  /** These bytes go on in place of the chunk. Not empty. */
  forward(bytes: Uint8Array): void;
  /** Whether {@link drip} can be asked for. */
  readonly canDrip: boolean;
  /** These parts go on, each at its time; the host reads the next chunk behind the last. */
  drip(parts: readonly TimedPart[]): void;
  /** Nothing goes on; the host reads the next chunk. */
  swallow(): void;
  /** The direction ends: its other end gets a FIN. */
  close(reason: string): void;
}

/** What a driver drives: takes chunks, and sends by {@link Ticks.send}. Directions are named by who says the bytes. */
export interface TickSession {
  /** A chunk has come; what is to be done about it is done, or under way while {@link isBusy}. */
  see(from: Side, chunk: Uint8Array): void;
  /** Something is under way that may still send. */
  readonly isBusy: boolean;
  /** Resolves when it is not busy any more. */
  idle(): Promise<void>;
  /** Whether a call in hand is better kept while there is nothing urgent to answer it with. */
  keeps(from: Side): boolean;
  /** Whether a call in hand has to be kept, whatever there is to send: something is to go with it later. */
  holds(from: Side, hasOutput: boolean): boolean;
  /**
   * Whether this peer is sure to go on at once: it is in the middle of a TLS record. Bytes that would fill a buffer of the
   * host's only in part then wait for those, because full buffers cost no guard (see {@link Lane}).
   */
  isInRecord(from: Side): boolean;
  /** Whether so much is under way that nothing more is to be read from the client for now. */
  readonly isFull: boolean;
  /** When {@link wake} is due. */
  readonly wakeAtMs: number | undefined;
  /** Does what is due at that moment, which may be ahead of time where {@link isScheduled}. */
  wake(atMs: number): void;
  /** Whether what goes to the client next, and when, depends on nothing that a peer may still say. */
  readonly isScheduled: boolean;
  /** Whether nothing but pings goes to the client any more, and its connection is not to end either. */
  readonly isMute: boolean;
  /** Something waits for the client, and no call is in hand to send it with: make the upstream speak. */
  ask(): void;
}

/** Times of the driver. */
export const tickLimits = {
  /** How long a call is kept that is only kept in case something is to be sent, in ms. */
  maxKeptMs: 2000,
  /**
   * Bytes for the client that wait for a call to go with, before nothing more is read from it: a client that pipelines
   * requests which are answered here, behind an upstream that says nothing, would be stored without end.
   */
  maxQueuedBytes: 1_048_576,
  /**
   * How long an end waits behind the last part of an answer that goes out in parts, in ms. The host reads on while the
   * last part is still to be written, and an end in answer to that read would overtake it.
   */
  endBehindPartMs: 5,
  /**
   * How long bytes, or an end, wait for a call to go with before they count as not sent, in ms. The upstream that was asked
   * to speak takes a round trip; one that does not is silent, or gone, of which a tunnel does not hear.
   */
  maxStrandedMs: 10_000,
} as const;

/** Somebody who wants to know when something has gone. */
interface Waiter {
  /** Bytes of the direction up to which it waits. */
  readonly atByte: number;
  readonly needsEnd: boolean;
  readonly told: (isGone: boolean) => void;
}

interface Direction {
  reply: TickReply | undefined;
  out: TimedPart[];
  outBytes: number;
  /** The chunks of calls in hand that were not seen yet, because nothing more is to be read. */
  unseen: Uint8Array[];
  /** Something of `out` has to go as soon as it can. */
  isUrgent: boolean;
  /** Nothing goes before this moment. */
  blockedUntilMs: number;
  /** Since when the call in hand is kept. */
  keptSinceMs: number | undefined;
  endReason: string | undefined;
  /** No end goes before this moment: an answer is still going out in parts. */
  noEndBeforeMs: number;
  hasEnded: boolean;
  /** Bytes that were ever queued, and how many of them have gone out. */
  queuedBytes: number;
  goneBytes: number;
  /** Up to which byte answers go that were given, and when. */
  going: { readonly upTo: number; readonly atMs: number }[];
  waiters: Waiter[];
  /** Since when there is somebody who waits, and no call to send anything with. */
  strandedSinceMs: number | undefined;
  /** A fault of the connection's bytes. */
  wire: FaultMachine | undefined;
}

export class Ticks {
  readonly #timers: Timers;
  readonly #onBug: (error: unknown) => void;
  readonly #directions: Readonly<Record<Side, Direction>> = { client: direction(), server: direction() };
  #session: TickSession | undefined;
  #cancelTimer: (() => void) | undefined;
  #isWaiting = false;
  /** The moment that is being carried out ahead of time. */
  #aheadMs: number | undefined;
  #isReleased = false;

  /** @param onBug - Told of whatever the session throws; it has to leave the session so that calls get answers. */
  constructor(timers: Timers, onBug: (error: unknown) => void) {
    this.#timers = timers;
    this.#onBug = onBug;
  }

  /** Who takes the chunks; to be set before the first call. */
  drive(session: TickSession): void {
    this.#session = session;
  }

  /** Takes a read call. */
  call(from: Side, chunk: Uint8Array, reply: TickReply): void {
    const { reply: before } = this.#directions[from];
    // The host has one call at a time; whoever sends two gets the first one back.
    before?.swallow();
    this.#directions[from].reply = reply;
    this.#directions[from].keptSinceMs = undefined;
    this.#directions[from].unseen.push(chunk);
    this.#look(from);
    this.pump();
  }

  /** These bytes go on in this direction; `quiet` ones can wait for others to go with. */
  send(from: Side, bytes: Uint8Array, quiet = false): void {
    if (bytes.length === 0) return;
    const to = this.#directions[from];
    if (to.endReason !== undefined) return;
    if (!quiet) to.isUrgent = true;
    if (!to.wire) {
      this.#queue(to, bytes);
      return;
    }
    this.#perform(from, to, to.wire.push(bytes, this.#nowMs));
  }

  /** After what was sent the direction ends. */
  end(from: Side, reason: string): void {
    this.#directions[from].endReason ??= reason;
  }

  /**
   * Calls `told` once: with true when all that was sent so far has gone out and, where `needsEnd` says so, the direction has
   * ended by an answer of ours; with false when there was no call for {@link tickLimits.maxStrandedMs} to send it with.
   */
  whenGone(from: Side, needsEnd: boolean, told: (isGone: boolean) => void): void {
    const to = this.#directions[from];
    to.waiters.push({ atByte: to.queuedBytes, needsEnd, told });
  }

  /** Nothing goes on in this direction for so long; `null` is for ever. */
  stall(from: Side, ms: number | null): void {
    const until = ms === null ? Number.POSITIVE_INFINITY : this.#timers.now() + ms;
    const to = this.#directions[from];
    to.blockedUntilMs = Math.max(to.blockedUntilMs, until);
  }

  /** From now on the direction's bytes go through this machine. */
  setWire(from: Side, machine: FaultMachine): void {
    this.#directions[from].wire = machine;
  }

  /** The direction's bytes go through no machine any more; what it holds goes at once. */
  clearWire(from: Side): void {
    const to = this.#directions[from];
    const { wire } = to;
    to.wire = undefined;
    if (wire) this.#perform(from, to, wire.wake(Number.POSITIVE_INFINITY));
  }

  /** Answers whatever can be answered now. */
  pump(): void {
    // Once more after a bug: what is in hand is answered by whoever has taken over.
    if (!this.#guard(() => this.#pump())) this.#guard(() => this.#pump());
  }

  /** Shows the session what has come, unless it is to read nothing for now. */
  #look(from: Side): void {
    const to = this.#directions[from];
    if (to.unseen.length === 0 || (from === "client" && this.#isFull)) return;
    const chunk = joinBytes(to.unseen);
    to.unseen = [];
    const isSeen = this.#guard(() => this.#session?.see(from, chunk));
    if (!isSeen) this.send(from, chunk);
  }

  get #isFull(): boolean {
    if (this.#isReleased || !this.#session) return false;
    return this.#session.isFull || this.#directions.server.outBytes >= tickLimits.maxQueuedBytes;
  }

  /** @returns false where it has thrown. */
  #guard(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#aheadMs = undefined;
      this.#onBug(error);
      return false;
    }
  }

  #pump(): void {
    const session = this.#session;
    if (!session) return;
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    const now = this.#timers.now();
    if (session.wakeAtMs !== undefined && session.wakeAtMs <= now) session.wake(now);
    this.#wakeWires(now);
    this.#look("client");
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    // The client's first: an answer of ours may find a kept call, and then no question has to go to the upstream.
    this.#settle("server", session, now);
    if (this.#needsTick(session, now)) session.ask();
    this.#settle("client", session, now);
    // What went to the client may have made room.
    if (this.#directions.client.unseen.length > 0 && !this.#isFull) {
      this.#pump();
      return;
    }
    for (const from of ["client", "server"] as const) this.#tellGone(this.#directions[from]);
    this.#arm(session, now);
  }

  #tellGone(to: Direction): void {
    const now = this.#timers.now();
    for (let [next] = to.going; next && (next.atMs <= now || this.#isReleased); [next] = to.going) {
      to.goneBytes = next.upTo;
      to.going.shift();
    }
    const isGone = ({ atByte, needsEnd }: Waiter): boolean =>
      to.goneBytes >= atByte && (to.wire?.pendingBytes ?? 0) === 0 && (!needsEnd || to.hasEnded);
    for (let [waiter] = to.waiters; waiter && isGone(waiter); [waiter] = to.waiters) {
      to.waiters.shift();
      waiter.told(true);
    }
    if (to.waiters.length === 0 || to.reply || to.going.length > 0) {
      to.strandedSinceMs = undefined;
      return;
    }
    to.strandedSinceMs ??= now;
    if (now < to.strandedSinceMs + tickLimits.maxStrandedMs) return;
    to.strandedSinceMs = undefined;
    for (const { told } of to.waiters.splice(0)) told(false);
  }

  /** Answers everything in hand, with what there is: for a shutdown. Faults that hold calls end with it. */
  release(): void {
    this.#isReleased = true;
    for (const each of [this.#directions.client, this.#directions.server]) {
      each.blockedUntilMs = Number.NEGATIVE_INFINITY;
      each.wire = undefined;
    }
    this.pump();
  }

  /** Forgets everything; nothing is answered after this. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#session = undefined;
    for (const each of [this.#directions.client, this.#directions.server]) {
      each.reply = undefined;
      each.out = [];
      each.outBytes = 0;
      each.unseen = [];
      each.waiters = [];
      each.going = [];
    }
  }

  get #nowMs(): number {
    return this.#aheadMs ?? this.#timers.now();
  }

  #queue(to: Direction, bytes: Uint8Array): void {
    to.out.push({ bytes, atMs: this.#nowMs });
    to.outBytes += bytes.length;
    to.queuedBytes += bytes.length;
  }

  #perform(from: Side, to: Direction, actions: ReturnType<FaultMachine["push"]>): void {
    const breaks = actions.some(({ kind }) => kind === "close" || kind === "reset");
    for (const action of actions) {
      // One answer can't carry bytes and an end, and there may be no other: the end is what the fault is about.
      if (action.kind === "bytes" && !breaks) this.#queue(to, action.bytes);
    }
    if (!breaks) return;
    // The client is to see the end, whichever direction reached the point.
    this.end(from, closeReason);
    this.end("server", closeReason);
  }

  #wakeWires(now: number): void {
    for (const from of ["client", "server"] as const) {
      const to = this.#directions[from];
      if (to.wire?.wakeAtMs !== undefined && to.wire.wakeAtMs <= now)
        this.#perform(from, to, to.wire.wake(now));
    }
  }

  #settle(from: Side, session: TickSession, now: number): void {
    const to = this.#directions[from];
    const { reply } = to;
    if (!reply) return;
    // Once the client has its FIN, nothing that it still says is wanted.
    if (from === "client" && this.#directions.server.hasEnded)
      this.end("client", "faultwire: the client's end is over");
    if (!this.#isReleased) {
      if (to.blockedUntilMs > now) return;
      if (reply.canDrip) this.#runAhead(from, to, session);
      // One answer, where it can't go out in parts, waits until all that its chunk became is due.
      if (to.wire && to.wire.pendingBytes > 0) return;
      const hasOutput = to.outBytes > 0;
      if (session.holds(from, hasOutput) && !(reply.canDrip && hasOutput)) return;
      if (!hasOutput && to.endReason !== undefined && now < to.noEndBeforeMs) return;
      const isIdle = !to.isUrgent && to.endReason === undefined;
      // What was read is not seen yet: the host reads on behind it.
      if (isIdle && to.unseen.length > 0) return;
      if (isIdle && session.keeps(from)) {
        to.keptSinceMs ??= now;
        if (now < to.keptSinceMs + tickLimits.maxKeptMs) return;
      }
    }
    to.reply = undefined;
    to.keptSinceMs = undefined;
    if (to.outBytes > 0) this.#answer(from, to, reply, session);
    else if (to.endReason !== undefined) {
      to.hasEnded = true;
      reply.close(to.endReason);
    } else reply.swallow();
  }

  /** Carries out what is to come, so that it is known in which parts, and when, the call's answer has to go. */
  #runAhead(from: Side, to: Direction, session: TickSession): void {
    const ahead = (atMs: number, act: () => void): void => {
      this.#aheadMs = Math.max(atMs, this.#timers.now());
      act();
      this.#aheadMs = undefined;
    };
    for (let at = session.wakeAtMs; from === "server" && at !== undefined; at = session.wakeAtMs) {
      if (!session.isScheduled || to.out.length >= (session.isMute ? maxTimedParts - 1 : maxAheadParts))
        break;
      const moment = at;
      ahead(moment, () => session.wake(moment));
    }
    const { wire } = to;
    for (let at = wire?.wakeAtMs; wire && wire.pendingBytes > 0 && at !== undefined; at = wire.wakeAtMs) {
      const moment = at;
      ahead(moment, () => this.#perform(from, to, wire.wake(moment)));
    }
  }

  #answer(from: Side, to: Direction, reply: TickReply, session: TickSession): void {
    const parts = to.out;
    const now = this.#timers.now();
    const isMute = from === "server" && session.isMute;
    const isLater = (parts.at(-1)?.atMs ?? now) > now;
    const isSliced = to.wire !== undefined && parts.length > 1;
    if (reply.canDrip && !this.#isReleased && (isLater || isSliced || isMute)) {
      this.#keep(to, NOTHING);
      const timed = fewer(to.wire ? parts : byMoment(parts, now), maxTimedParts - 1);
      for (const { bytes, atMs } of timed) this.#goes(to, bytes.length, atMs);
      // While a last part is in hand, the host does not see that the upstream ends.
      to.noEndBeforeMs = (timed.at(-1)?.atMs ?? now) + tickLimits.endBehindPartMs;
      if (isMute) timed.push({ bytes: NOTHING, atMs: Number.POSITIVE_INFINITY });
      reply.drip(timed);
      return;
    }
    const all = joinBytes(parts.map(({ bytes }) => bytes));
    // What would fill a buffer of the host's only in part goes with what follows at once, unless that is not to be seen.
    const waits = session.isInRecord(from) && to.unseen.length === 0 && !this.#isReleased;
    const spare = waits ? all.length % hostLimits.maxWriteChunkBytes : 0;
    const bytes = all.subarray(0, Math.min(all.length - spare, hostLimits.maxAnswerChunkBytes));
    this.#keep(to, all.subarray(bytes.length));
    this.#goes(to, bytes.length, now);
    if (bytes.length > 0) reply.forward(bytes);
    else reply.swallow();
  }

  /** So many bytes more go out at that moment. */
  #goes(to: Direction, bytes: number, atMs: number): void {
    if (bytes > 0) to.going.push({ upTo: (to.going.at(-1)?.upTo ?? to.goneBytes) + bytes, atMs });
  }

  #keep(to: Direction, rest: Uint8Array): void {
    to.out = rest.length > 0 ? [{ bytes: rest, atMs: this.#timers.now() }] : [];
    to.outBytes = rest.length;
    if (rest.length === 0) to.isUrgent = false;
  }

  /**
   * Whether something waits for the client with no call to send it with, and a call to ask the upstream with. What is
   * due later counts: when its time has come there may be no call left to ask with.
   */
  #needsTick(session: TickSession, now: number): boolean {
    const to = this.#directions.server;
    if (to.reply || !this.#directions.client.reply || to.blockedUntilMs > now) return false;
    if (session.isScheduled && session.wakeAtMs !== undefined) return true;
    return (to.isUrgent && to.outBytes > 0) || (to.endReason !== undefined && !to.hasEnded);
  }

  #awaitIdle(session: TickSession): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const go = (): void => {
      this.#isWaiting = false;
      if (this.#session === session) this.pump();
    };
    session.idle().then(go, (error: unknown) => {
      this.#onBug(error);
      go();
    });
  }

  #arm(session: TickSession, now: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let at = session.wakeAtMs ?? Number.POSITIVE_INFINITY;
    for (const {
      reply,
      wire,
      blockedUntilMs,
      keptSinceMs,
      noEndBeforeMs,
      going,
      waiters,
      strandedSinceMs,
    } of [this.#directions.client, this.#directions.server]) {
      if (wire?.wakeAtMs !== undefined) at = Math.min(at, wire.wakeAtMs);
      if (reply && noEndBeforeMs > now) at = Math.min(at, noEndBeforeMs);
      if (waiters.length > 0 && going[0]) at = Math.min(at, going[0].atMs);
      if (strandedSinceMs !== undefined) at = Math.min(at, strandedSinceMs + tickLimits.maxStrandedMs);
      if (reply && blockedUntilMs > now) at = Math.min(at, blockedUntilMs);
      if (reply && keptSinceMs !== undefined) at = Math.min(at, keptSinceMs + tickLimits.maxKeptMs);
    }
    if (!Number.isFinite(at)) return;
    this.#cancelTimer = this.#timers.after(Math.max(0, at - now), () => {
      this.#cancelTimer = undefined;
      this.pump();
    });
  }
}

function direction(): Direction {
  return {
    reply: undefined,
    out: [],
    unseen: [],
    outBytes: 0,
    isUrgent: false,
    blockedUntilMs: Number.NEGATIVE_INFINITY,
    keptSinceMs: undefined,
    endReason: undefined,
    noEndBeforeMs: Number.NEGATIVE_INFINITY,
    hasEnded: false,
    queuedBytes: 0,
    goneBytes: 0,
    going: [],
    waiters: [],
    strandedSinceMs: undefined,
    wire: undefined,
  };
}

/** Parts that a schedule is made of, at the most, before they are joined to as many as an answer has. */
const maxAheadParts = 65_536;

const NOTHING = new Uint8Array(0);

/** One part of all those that are due at the same moment, or by now. */
function byMoment(parts: readonly TimedPart[], now: number): TimedPart[] {
  const moments = new Map<number, Uint8Array[]>();
  for (const { bytes, atMs } of parts) {
    const at = Math.max(atMs, now);
    const known = moments.get(at);
    if (known) known.push(bytes);
    else moments.set(at, [bytes]);
  }
  return Array.from(moments, ([atMs, all]) => ({ atMs, bytes: joinBytes(all) }));
}

/** At the most so many: neighbours are joined, and go when the later one is due. */
function fewer(parts: TimedPart[], most: number): TimedPart[] {
  while (parts.length > most)
    parts = parts.flatMap((part, at) => {
      const next = parts[at + 1];
      if (at % 2 === 1) return [];
      return [next ? { atMs: next.atMs, bytes: joinBytes([part.bytes, next.bytes]) } : part];
    });
  return parts;
}
