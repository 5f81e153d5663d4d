/**
 * Carries a session by the calls of a host that wrapped both sides of a tunnel. Bytes can go to a peer only as the
 * answer to a read call of that direction: each call is a *tick*. This carrier keeps what has to go to each peer,
 * answers the calls in hand with it, keeps a call while something is to go with it later, and has a call brought about
 * where none is to be expected.
 *
 * `to` names the receiver: a read call toward the client holds bytes that the upstream said.
 */
import { hostLimits } from "@faultwire/fault-protocol";
import type { Carrier, ConnectionSession, EndKind, EndOptions, Side } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1";
import { closeReason } from "./chunk-answer.ts";
import { maxTimedParts, type TimedPart } from "./lane.ts";
import type { Outlook } from "./outlook.ts";
import type { Prompter } from "./prompter.ts";
import type { Timers } from "./timers.ts";
import { insteadInTunnel } from "./ways.ts";

/** The answers to a read call; each call gets one of them, once. */
export interface TickReply {
  /** These bytes go on in place of the chunk. Not empty. */
  forward(bytes: Uint8Array): void;
  /** Whether {@link drip} can be asked for. */
  readonly canDrip: boolean;
  /** These parts go on, each at its time; the host reads the next chunk behind the last. */
  drip(parts: readonly TimedPart[]): void;
  /** Sends these bytes in place of a last part of {@link drip} that never goes by itself; without any the direction ends. */
  settleLast(bytes: Uint8Array): void;
  /** Nothing goes on; the host reads the next chunk. */
  swallow(): void;
  /** The direction ends: its other end gets a FIN. */
  close(reason: string): void;
}

/** What the carrier drives. */
export interface TickDriven {
  readonly session: ConnectionSession;
  readonly outlook: Outlook;
  readonly prompter: Prompter;
}

/** Times of the carrier. */
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
  /** How long a reserve is kept, in ms: the host does not read the client meanwhile, and does not see that it has gone. */
  maxReserveMs: 60_000,
} as const;

/** Somebody who wants to know when something has gone. */
interface Waiter {
  /** Bytes of the direction up to which it waits. */
  readonly atByte: number;
  readonly needsEnd: boolean;
  readonly told: (isGone: boolean) => void;
}

/** What goes to one peer. */
interface Direction {
  reply: TickReply | undefined;
  out: TimedPart[];
  outBytes: number;
  /** The chunks of calls in hand that the session has not seen yet, because nothing more is to be read. */
  unseen: Uint8Array[];
  /** How many parts of `out` were there before the call or the moment that is being carried out. */
  settledParts: number;
  /** Something of `out` has to go as soon as it can. */
  isUrgent: boolean;
  /** Since when the call in hand is kept. */
  keptSinceMs: number | undefined;
  /** Behind `out` the direction ends, for this reason. */
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
}

/**
 * A last part of an answer toward the upstream that is kept back: a moment at which that direction can be ended. With it the
 * tunnel can be ended at any time, for it is over when both directions are (docs/adr/0019).
 */
interface Reserve {
  readonly settle: (bytes: Uint8Array) => void;
  readonly untilMs: number;
}

const sides: readonly Side[] = ["client", "server"];
const other = (side: Side): Side => (side === "client" ? "server" : "client");

export class Ticks implements Carrier {
  readonly #timers: Timers;
  readonly #onBug: (error: unknown) => void;
  readonly #onEnd: (to: Side) => void;
  #driven: TickDriven | undefined;
  /** By the peer that the bytes go to. */
  readonly #directions: Readonly<Record<Side, Direction>> = { client: direction(), server: direction() };
  #cancelTimer: (() => void) | undefined;
  #isWaiting = false;
  /** The moment that is being carried out ahead of time. */
  #aheadMs: number | undefined;
  #isReleased = false;
  #reserve: Reserve | undefined;

  /**
   * @param onBug - Told of whatever the session throws; it has to leave the session so that calls get answers.
   * @param onEnd - Told when the session ends a peer's connection.
   */
  constructor(timers: Timers, onBug: (error: unknown) => void, onEnd: (to: Side) => void) {
    this.#timers = timers;
    this.#onBug = onBug;
    this.#onEnd = onEnd;
  }

  /** Who takes the chunks; to be set before the first call. */
  drive(driven: TickDriven): void {
    this.#driven = driven;
  }

  /** The moment that is being carried out: now, or a later one where nothing can change it any more. */
  now(): number {
    return this.#aheadMs ?? this.#timers.now();
  }

  /** Takes a read call toward this peer. */
  call(to: Side, chunk: Uint8Array, reply: TickReply): void {
    const direction = this.#directions[to];
    // The host has one call at a time; whoever sends two gets the first one back.
    direction.reply?.swallow();
    direction.reply = reply;
    direction.keptSinceMs = undefined;
    direction.unseen.push(chunk);
    this.#look(to);
    this.pump();
  }

  send(to: Side, bytes: Uint8Array, canWait = false): void {
    const direction = this.#directions[to];
    if (bytes.length === 0 || direction.endReason !== undefined) return;
    if (to === "server") this.#driven?.prompter.said();
    this.#queue(direction, bytes);
    if (!canWait) direction.isUrgent = true;
  }

  end(to: Side, _how: EndKind, { isUrgent = false }: EndOptions = {}): void {
    const direction = this.#directions[to];
    if (direction.endReason !== undefined) return;
    // One answer can't carry bytes and an end, and there may be no other: the end is what the fault is about.
    if (isUrgent)
      for (const side of sides) {
        const each = this.#directions[side];
        const kept = each.out.slice(0, each.settledParts);
        each.queuedBytes -= each.outBytes - kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
        this.#keep(each, kept);
      }
    this.endFor(to, closeReason);
    this.#onEnd(to);
  }

  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void {
    const direction = this.#directions[to];
    direction.waiters.push({ atByte: direction.queuedBytes, needsEnd: what === "ended", told });
  }

  readonly insteadOf: NonNullable<Carrier["insteadOf"]> = insteadInTunnel;

  /** After what was sent the direction ends. */
  endFor(to: Side, reason: string): void {
    this.#directions[to].endReason ??= reason;
  }

  /** Answers whatever can be answered now. */
  pump(): void {
    // Once more after a bug: what is in hand is answered by whoever has taken over.
    if (!this.#guard(() => this.#pump())) this.#guard(() => this.#pump());
  }

  /** Answers everything in hand, with what there is: for a shutdown. Faults that hold calls end with it. */
  release(): void {
    this.#isReleased = true;
    this.#driven?.session.release();
    this.pump();
  }

  /** Forgets everything; nothing is answered after this. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#driven = undefined;
    this.#reserve = undefined;
    for (const side of sides) {
      this.#directions[side].reply = undefined;
      this.#directions[side].unseen = [];
      this.#directions[side].waiters = [];
      this.#directions[side].going = [];
      this.#keep(this.#directions[side], []);
    }
  }

  /** Shows the session what has come, unless it is to read nothing for now. */
  #look(to: Side): void {
    const direction = this.#directions[to];
    if (direction.unseen.length === 0 || (to === "server" && this.#isFull)) return;
    const from = other(to);
    const chunk = joinBytes(direction.unseen);
    direction.unseen = [];
    this.#beginMoment();
    const isSeen = this.#guard(() => {
      if (from === "client") this.#driven?.prompter.heard(chunk);
      this.#driven?.session.receive(from, chunk);
    });
    if (!isSeen) this.send(to, chunk);
  }

  /** Whether nothing more is to be read from the client for now. */
  get #isFull(): boolean {
    if (this.#isReleased || !this.#driven) return false;
    return this.#driven.outlook.isFull || this.#directions.client.outBytes >= tickLimits.maxQueuedBytes;
  }

  #beginMoment(): void {
    for (const side of sides) this.#directions[side].settledParts = this.#directions[side].out.length;
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
    const driven = this.#driven;
    if (!driven) return;
    const { session } = driven;
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    const now = this.#timers.now();
    if ((session.wakeAtMs ?? Number.POSITIVE_INFINITY) <= now) {
      this.#beginMoment();
      session.wake();
    }
    this.#look("server");
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    // The client's first: an answer of ours may find a kept call, and then nothing has to be asked of the upstream.
    this.#settle("client", driven, now);
    if (this.#needsTick(driven)) this.#prompt(driven);
    this.#settleReserve(driven, now);
    this.#settle("server", driven, now);
    // What went to the client may have made room.
    if (this.#directions.server.unseen.length > 0 && !this.#isFull) {
      this.#pump();
      return;
    }
    for (const side of sides) this.#tellGone(this.#directions[side]);
    this.#arm(driven, now);
  }

  /** Tells who waits for it what has gone by now, or can't go. */
  #tellGone(direction: Direction): void {
    const now = this.#timers.now();
    const { going, waiters } = direction;
    for (let [next] = going; next && (next.atMs <= now || this.#isReleased); [next] = going) {
      direction.goneBytes = next.upTo;
      going.shift();
    }
    const isGone = ({ atByte, needsEnd }: Waiter): boolean =>
      direction.goneBytes >= atByte && (!needsEnd || direction.hasEnded);
    for (let [waiter] = waiters; waiter && isGone(waiter); [waiter] = waiters) {
      waiters.shift();
      waiter.told(true);
    }
    if (waiters.length === 0 || direction.reply || going.length > 0) {
      direction.strandedSinceMs = undefined;
      return;
    }
    direction.strandedSinceMs ??= now;
    if (now < direction.strandedSinceMs + tickLimits.maxStrandedMs) return;
    direction.strandedSinceMs = undefined;
    for (const { told } of waiters.splice(0)) told(false);
  }

  /** So many bytes more go out at that moment. */
  #goes(direction: Direction, bytes: number, atMs: number): void {
    const { going, goneBytes } = direction;
    if (bytes > 0) going.push({ upTo: (going.at(-1)?.upTo ?? goneBytes) + bytes, atMs });
  }

  #queue(direction: Direction, bytes: Uint8Array): void {
    direction.out.push({ bytes, atMs: this.now() });
    direction.outBytes += bytes.length;
    direction.queuedBytes += bytes.length;
  }

  #settle(to: Side, driven: TickDriven, now: number): void {
    const { session, outlook } = driven;
    const direction = this.#directions[to];
    const { reply } = direction;
    if (!reply) return;
    // Once the client has its FIN, nothing that it still says is wanted.
    if (to === "server" && this.#directions.client.hasEnded)
      this.endFor("server", "faultwire: the client's end is over");
    if (!this.#isReleased) {
      const outlet = session.outlet(to);
      if (outlet.heldUntilMs !== undefined) return;
      if (reply.canDrip) this.#runAhead(to, direction, driven);
      // One answer, where it can't go out in parts, waits until all that its chunk became is due.
      if (outlet.isScheduled) return;
      const hasOutput = direction.outBytes > 0;
      if (outlook.holds(to, hasOutput) && !(reply.canDrip && hasOutput)) return;
      if (!hasOutput && direction.endReason !== undefined && now < direction.noEndBeforeMs) return;
      const isIdle = !direction.isUrgent && direction.endReason === undefined;
      // What was read is not seen yet: the host reads on behind it.
      if (isIdle && direction.unseen.length > 0) return;
      if (isIdle && outlook.keeps(to)) {
        direction.keptSinceMs ??= now;
        if (now < direction.keptSinceMs + tickLimits.maxKeptMs) return;
      }
      if (to === "server" && !hasOutput && this.#isEndDue) {
        // The client's end may still need something of the upstream. Where nothing can be had of it, its own end, which
        // follows on ours, ends the client's.
        if (driven.prompter.isAwaited) return;
        this.endFor("server", closeReason);
      }
    }
    direction.reply = undefined;
    direction.keptSinceMs = undefined;
    if (direction.outBytes > 0) this.#answer(to, direction, reply, driven);
    else if (direction.endReason !== undefined) {
      direction.hasEnded = true;
      reply.close(direction.endReason);
    } else reply.swallow();
  }

  /** Ends the direction toward the upstream behind that toward the client, or lets it go on. */
  #settleReserve({ outlook, prompter }: TickDriven, now: number): void {
    const { client, server } = this.#directions;
    const reserve = this.#reserve;
    if (!reserve) return;
    if (client.hasEnded) {
      this.#reserve = undefined;
      server.hasEnded = true;
      reserve.settle(NOTHING);
      return;
    }
    const isNeeded = this.#isEndDue || (outlook.mayEndAtAnyMoment && now < reserve.untilMs);
    // A host that reads the client all the same brings what must not come before what is kept.
    if ((isNeeded && !server.reply) || (!isNeeded && server.outBytes === 0 && !prompter.sayNothing())) return;
    if (server.outBytes === 0) return;
    const bytes = joinBytes(server.out.map((part) => part.bytes));
    this.#reserve = undefined;
    this.#keep(server, []);
    reserve.settle(bytes);
  }

  /** Carries out what is to come, so that it is known in which parts, and when, the call's answer has to go. */
  #runAhead(to: Side, direction: Direction, { session, outlook }: TickDriven): void {
    const outlet = session.outlet(to);
    for (;;) {
      const isForegone = to === "client" && outlook.isScheduled;
      const at = isForegone ? session.wakeAtMs : outlet.isScheduled ? outlet.wakeAtMs : undefined;
      const most = outlook.isMute ? maxTimedParts - 1 : maxAheadParts;
      if (at === undefined || direction.out.length >= most) return;
      this.#aheadMs = Math.max(at, this.#timers.now());
      if (isForegone) session.wake();
      else outlet.wake(this.#aheadMs);
      this.#aheadMs = undefined;
    }
  }

  #answer(to: Side, direction: Direction, reply: TickReply, { session, outlook }: TickDriven): void {
    const parts = direction.out;
    const now = this.#timers.now();
    const isMute = to === "client" && outlook.isMute;
    const isLater = (parts.at(-1)?.atMs ?? now) > now;
    const isSliced = session.outlet(to).hasMachine && parts.length > 1;
    const reserves = to === "server" && this.#reserve === undefined && outlook.mayEndAtAnyMoment;
    // With a moment of both directions in hand the end goes with the bytes.
    const endsHere = to === "client" && direction.endReason !== undefined && this.#reserve !== undefined;
    const isInParts = isLater || isSliced || isMute || reserves || endsHere;
    if (reply.canDrip && !this.#isReleased && isInParts) {
      this.#keep(direction, []);
      const timed = fewer(isSliced ? [...parts] : byMoment(parts, now), maxTimedParts - 1);
      for (const { bytes, atMs } of timed) this.#goes(direction, bytes.length, atMs);
      direction.noEndBeforeMs = (timed.at(-1)?.atMs ?? now) + tickLimits.endBehindPartMs;
      // While a last part is in hand, the host does not see that the upstream ends.
      if (endsHere) {
        direction.hasEnded = true;
        timed.push({ bytes: NOTHING, atMs: timed.at(-1)?.atMs ?? now });
      } else if (isMute || reserves) timed.push({ bytes: NOTHING, atMs: Number.POSITIVE_INFINITY });
      if (reserves)
        this.#reserve = {
          settle: (bytes) => reply.settleLast(bytes),
          untilMs: now + tickLimits.maxReserveMs,
        };
      reply.drip(timed);
      return;
    }
    const all = joinBytes(parts.map(({ bytes }) => bytes));
    // What would fill a buffer of the host's only in part goes with what follows at once, unless that is not to be seen.
    const waits = outlook.isInRecord(other(to)) && direction.unseen.length === 0 && !this.#isReleased;
    const spare = waits ? all.length % hostLimits.maxWriteChunkBytes : 0;
    const bytes = all.subarray(0, Math.min(all.length - spare, hostLimits.maxAnswerChunkBytes));
    const rest = all.subarray(bytes.length);
    this.#keep(direction, rest.length > 0 ? [{ bytes: rest, atMs: now }] : []);
    this.#goes(direction, bytes.length, now);
    if (bytes.length > 0) reply.forward(bytes);
    else reply.swallow();
  }

  #keep(direction: Direction, parts: TimedPart[]): void {
    direction.out = parts;
    direction.outBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    direction.settledParts = parts.length;
    if (direction.outBytes === 0) direction.isUrgent = false;
  }

  /** Whether the client's connection is to end and has not ended. */
  get #isEndDue(): boolean {
    const { endReason, hasEnded } = this.#directions.client;
    return endReason !== undefined && !hasEnded;
  }

  /**
   * Whether something waits for the client with no call to send it with, and a call to ask the upstream with. What is
   * due later counts: when its time has come there may be no call left to ask with.
   */
  #needsTick({ session, outlook }: TickDriven): boolean {
    const { client, server } = this.#directions;
    if (client.reply || !server.reply || session.outlet("client").heldUntilMs !== undefined) return false;
    if (outlook.isScheduled && session.wakeAtMs !== undefined) return true;
    return (client.isUrgent && client.outBytes > 0) || this.#isEndDue;
  }

  #prompt({ prompter }: TickDriven): void {
    const bytes = prompter.prompt();
    const { server } = this.#directions;
    if (bytes.length > 0) this.#queue(server, bytes);
  }

  #awaitIdle(session: ConnectionSession): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const go = (): void => {
      this.#isWaiting = false;
      if (this.#driven?.session === session) this.pump();
    };
    session.idle().then(go, (error: unknown) => {
      this.#onBug(error);
      go();
    });
  }

  #arm({ session }: TickDriven, now: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let at = session.wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (this.#reserve && this.#reserve.untilMs > now) at = Math.min(at, this.#reserve.untilMs);
    for (const to of sides) {
      const { reply, keptSinceMs, noEndBeforeMs, going, waiters, strandedSinceMs } = this.#directions[to];
      if (waiters.length > 0 && going[0]) at = Math.min(at, going[0].atMs);
      if (strandedSinceMs !== undefined) at = Math.min(at, strandedSinceMs + tickLimits.maxStrandedMs);
      if (!reply) continue;
      if (noEndBeforeMs > now) at = Math.min(at, noEndBeforeMs);
      at = Math.min(at, session.outlet(to).heldUntilMs ?? Number.POSITIVE_INFINITY);
      if (keptSinceMs !== undefined) at = Math.min(at, keptSinceMs + tickLimits.maxKeptMs);
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
    outBytes: 0,
    unseen: [],
    settledParts: 0,
    isUrgent: false,
    keptSinceMs: undefined,
    endReason: undefined,
    noEndBeforeMs: Number.NEGATIVE_INFINITY,
    hasEnded: false,
    queuedBytes: 0,
    goneBytes: 0,
    going: [],
    waiters: [],
    strandedSinceMs: undefined,
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
