/**
 * Carries a session by the calls of a host that wrapped both sides of a tunnel. Bytes can go to a peer only in the answer
 * to a read call of that direction: each read call is a *tick*. This carrier queues the bytes for each peer and answers the
 * calls in hand with them. It keeps a call as long as something is to go with it later. Where no call is to be expected, it
 * has the upstream prompted, so that one comes.
 *
 * `to` names the receiver: a read call toward the client holds bytes that the upstream said.
 */
import type { Carrier, ConnectionSession, EndKind, EndOptions, Side } from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1/internal";
import { closeReason } from "./chunk-answer.ts";
import { maxTimedParts } from "./lane/lane.ts";
import type { Outlook } from "./outlook.ts";
import type { Prompter } from "./prompter.ts";
import { type Direction, direction, type Reserve, type TickReply } from "./tick-direction.ts";
import { byMoment, fewer, type TimedPart } from "./timed-parts.ts";
import type { Timers } from "./timers.ts";
import { insteadInTunnel, unsentReason } from "./ways.ts";

/** The parts that the carrier works with. */
export interface TickDriven {
  readonly session: ConnectionSession;
  readonly outlook: Outlook;
  readonly prompter: Prompter;
}

/** Limits of the carrier. */
export const tickLimits = {
  /** How long a call is kept for bytes that may or may not come, in ms. */
  maxKeptMs: 2000,
  /**
   * When so many bytes for the client wait for a call, the carrier reads no more from the client. Otherwise a client could
   * make us store answers without end: it would pipeline requests that are answered here, while its upstream is silent.
   */
  maxQueuedBytes: 1_048_576,
  /**
   * How long an end waits behind the last part of an answer that goes out in parts, in ms. The host reads on before it has
   * written the last part. An end in answer to that read call would overtake the part.
   */
  endBehindPartMs: 5,
  /**
   * How long bytes, or an end, wait for a call before they count as not sent, in ms. An upstream that was prompted needs one
   * round trip to answer. One that does not answer is silent or gone; a tunnel does not hear of that.
   */
  maxStrandedMs: 10_000,
  /** How long a reserve is kept, in ms. Meanwhile the host does not read the client, and does not see when it goes. */
  maxReserveMs: 60_000,
} as const;

const sides: readonly Side[] = ["client", "server"];
const other = (side: Side): Side => (side === "client" ? "server" : "client");

export class Ticks implements Carrier {
  readonly #timers: Timers;
  readonly #onBug: (error: unknown) => void;
  readonly #onEnd: (to: Side) => void;
  #driven: TickDriven | undefined;
  /** By the receiver of the bytes. */
  readonly #directions: Readonly<Record<Side, Direction>> = { client: direction(), server: direction() };
  #cancelTimer: (() => void) | undefined;
  #isWaiting = false;
  /** The later moment that is being carried out now, ahead of time. */
  #aheadMs: number | undefined;
  /**
   * The moment of the {@link pump} under way. Time stands still in it: what was held when it was looked at is held when the timer
   * for its end is set. Otherwise a hold that ends in between would have none.
   */
  #momentMs: number | undefined;
  #isReleased = false;
  #reserve: Reserve | undefined;

  /**
   * @param onBug - Told of an error that the session throws. It has to make the session let all bytes pass, so that calls
   * still get answers.
   * @param onEnd - Told when the session ends a peer's connection.
   */
  constructor(timers: Timers, onBug: (error: unknown) => void, onEnd: (to: Side) => void) {
    this.#timers = timers;
    this.#onBug = onBug;
    this.#onEnd = onEnd;
  }

  /** Sets the session that takes the chunks, before the first call. */
  drive(driven: TickDriven): void {
    this.#driven = driven;
  }

  /** The moment that is being carried out: now, or a later one if no peer can change any more what happens until then. */
  now(): number {
    return this.#aheadMs ?? this.#momentMs ?? this.#timers.now();
  }

  /** Bytes that wait for a call, or for the session to have room. */
  get heldBytes(): number {
    let bytes = 0;
    for (const side of sides) {
      const { outBytes, unseen } = this.#directions[side];
      bytes += outBytes;
      for (const { length } of unseen) bytes += length;
    }
    return bytes;
  }

  /** Whether nothing is under way: a new carrier would go on in the same way. */
  get isAtRest(): boolean {
    if (this.#reserve || this.#isReleased || this.#isWaiting || this.#cancelTimer) return false;
    return sides.every((side) => {
      const { reply, out, unseen, endReason, hasEnded, departures } = this.#directions[side];
      const isBusy = reply !== undefined || out.length + unseen.length > 0 || !departures.isIdle;
      return !isBusy && endReason === undefined && !hasEnded;
    });
  }

  /** Whether the client's connection is to end, at once or behind what waits here, and no call toward the client is in hand. */
  get awaitsCallToEndWith(): boolean {
    const { endReason, reply } = this.#directions.client;
    return endReason !== undefined && !reply;
  }

  /** Takes a read call toward this peer. */
  call(to: Side, chunk: Uint8Array, reply: TickReply): void {
    const direction = this.#directions[to];
    // The host sends one call at a time. If it sends a second one all the same, the first is answered.
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
    // One answer can't carry bytes and an end, and there may be no second call. The fault asks for the end, so the bytes
    // of this moment are given up.
    if (isUrgent)
      for (const side of sides) {
        const each = this.#directions[side];
        const kept = each.out.slice(0, each.settledParts);
        each.departures.queue(kept.reduce((sum, { bytes }) => sum + bytes.length, 0) - each.outBytes);
        this.#keep(each, kept);
      }
    this.endFor(to, closeReason);
    this.#onEnd(to);
  }

  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void {
    this.#directions[to].departures.wait(what === "ended", told);
  }

  readonly insteadOf: NonNullable<Carrier["insteadOf"]> = insteadInTunnel;
  readonly unsentReason: string = unsentReason;

  /** The direction ends behind the bytes that were sent. */
  endFor(to: Side, reason: string): void {
    this.#directions[to].endReason ??= reason;
  }

  /** Both directions end with their next calls, and none waits for the other: one of them may have no call to end with. */
  endBoth(reason: string): void {
    for (const side of sides) this.endFor(side, reason);
    this.#directions.client.hasEnded = true;
  }

  /** Answers the calls that can be answered now. */
  pump(): void {
    // An answer may bring the next call at once.
    const outerMs = this.#momentMs;
    this.#momentMs ??= this.#timers.now();
    // Once more after an error: the session now lets all bytes pass, so the calls in hand can be answered.
    if (!this.#guard(() => this.#pump())) this.#guard(() => this.#pump());
    this.#momentMs = outerMs;
  }

  /** Answers all calls in hand with the bytes that there are: for a shutdown. Faults that hold calls end. */
  release(): void {
    this.#isReleased = true;
    this.#driven?.session.release();
    this.pump();
  }

  /** Ends the directions of calls that are still in hand, so that the host waits for no answer: the tunnel is given up. */
  closeHeld(reason: string): void {
    for (const side of sides) {
      const { reply } = this.#directions[side];
      this.#directions[side].reply = undefined;
      reply?.close(reason);
    }
  }

  /** Forgets everything. No call is answered after this. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#driven = undefined;
    this.#reserve = undefined;
    for (const side of sides) {
      this.#directions[side].reply = undefined;
      this.#directions[side].unseen = [];
      this.#directions[side].departures.clear();
      this.#keep(this.#directions[side], []);
    }
  }

  /** Shows the session the chunks that have come, unless it is full. */
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

  /** Whether the carrier is to read no more from the client for now. */
  get #isFull(): boolean {
    if (this.#isReleased || !this.#driven) return false;
    return this.#driven.outlook.isFull || this.#directions.client.outBytes >= tickLimits.maxQueuedBytes;
  }

  #beginMoment(): void {
    for (const side of sides) this.#directions[side].settledParts = this.#directions[side].out.length;
  }

  /** @returns false where `act` has thrown. */
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
    const now = this.now();
    if ((session.wakeAtMs ?? Number.POSITIVE_INFINITY) <= now) {
      this.#beginMoment();
      session.wake();
    }
    this.#look("server");
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    // The client's direction comes first: if a kept call can take our answer, the upstream need not be prompted.
    this.#settle("client", driven, now);
    if (this.#needsTick(driven)) this.#prompt(driven);
    this.#settleReserve(driven, now);
    this.#settle("server", driven, now);
    // What waits behind a question needs a call to go with.
    if (!this.#directions.server.reply && session.exchanges?.isBehindQuestion)
      session.exchanges.dropBehindQuestion();
    // The bytes that went to the client may have made room to read.
    if (this.#directions.server.unseen.length > 0 && !this.#isFull) {
      this.#pump();
      return;
    }
    for (const side of sides) this.#tellGone(this.#directions[side]);
    this.#arm(driven, now);
  }

  /** Tells the waiters whether their bytes have gone, or can't go. */
  #tellGone({ departures, hasEnded, reply }: Direction): void {
    const { maxStrandedMs } = tickLimits;
    const hasCall = reply !== undefined;
    departures.tell({
      nowMs: this.#timers.now(),
      hasEnded,
      hasCall,
      isReleased: this.#isReleased,
      maxStrandedMs,
    });
  }

  #queue(direction: Direction, bytes: Uint8Array): void {
    direction.out.push({ bytes, atMs: this.now() });
    direction.outBytes += bytes.length;
    direction.departures.queue(bytes.length);
  }

  #settle(to: Side, driven: TickDriven, now: number): void {
    const { session, outlook } = driven;
    const direction = this.#directions[to];
    const { reply } = direction;
    if (!reply) return;
    // The client has its FIN: what it still says goes nowhere.
    if (to === "server" && this.#directions.client.hasEnded)
      this.endFor("server", "faultwire: the client's end is over");
    if (!this.#isReleased) {
      const outlet = session.outlet(to);
      if (outlet.heldUntilMs !== undefined) return;
      if (reply.canDrip) this.#runAhead(to, direction, driven);
      // An answer that can't go out in parts waits until all bytes of its chunk are due.
      if (outlet.isScheduled) return;
      const hasOutput = direction.outBytes > 0;
      if (outlook.holds(to, hasOutput) && !(reply.canDrip && hasOutput)) return;
      if (!hasOutput && direction.endReason !== undefined && now < direction.noEndBeforeMs) return;
      const isIdle = !direction.isUrgent && direction.endReason === undefined;
      // The session has not seen all chunks yet. An answer now would make the host read more.
      if (isIdle && direction.unseen.length > 0) return;
      if (isIdle && outlook.keeps(to)) {
        direction.keptSinceMs ??= now;
        if (now < direction.keptSinceMs + tickLimits.maxKeptMs) return;
      }
      if (to === "server" && !hasOutput && this.#isEndDue) {
        // The client's end may still need a call that the upstream brings about. If the upstream can't be made to speak,
        // we end its direction: the upstream then ends its own, and the client's end goes with that.
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

  /** Ends the direction toward the upstream once the client's has ended, or lets it go on. */
  #settleReserve(driven: TickDriven, now: number): void {
    const reserve = this.#reserve;
    const bytes = reserve && this.#inPlaceOf(reserve, driven, now);
    if (!bytes) return;
    const { server } = this.#directions;
    this.#reserve = undefined;
    if (bytes.length === 0) server.hasEnded = true;
    else this.#keep(server, []);
    reserve.settle(bytes);
  }

  /** What goes in the place of a kept part: bytes, or none, with which the direction ends; `undefined` while it stays kept. */
  #inPlaceOf({ untilMs }: Reserve, { outlook, prompter }: TickDriven, now: number): Uint8Array | undefined {
    const { client, server } = this.#directions;
    if (client.hasEnded) return NOTHING;
    const isNeeded = this.#isEndDue || (outlook.mayEndAtAnyMoment && now < untilMs);
    // A host may read the client all the same. Then the kept part has to go before the bytes of that call.
    if (isNeeded && !server.reply) return undefined;
    // No byte means nothing on a connection that is not read. Its client is not read on without one, so the direction ends.
    if (!isNeeded && server.outBytes === 0 && !prompter.sayNothing() && now >= untilMs) return NOTHING;
    return server.outBytes === 0 ? undefined : joinBytes(server.out.map((part) => part.bytes));
  }

  /** Runs what is due later now, to find out in which parts, and when, the answer to the call has to go. */
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

  #answer(
    to: Side,
    direction: Direction,
    reply: TickReply,
    { session, outlook, prompter }: TickDriven,
  ): void {
    const parts = direction.out;
    const now = this.#timers.now();
    const isMute = to === "client" && outlook.isMute;
    const isLater = (parts.at(-1)?.atMs ?? now) > now;
    const isSliced = session.outlet(to).hasMachine && parts.length > 1;
    const reserves = to === "server" && this.#reserve === undefined && outlook.mayEndAtAnyMoment;
    // With the reserve, both directions can be ended: the client's end goes with its last bytes.
    const endsHere = to === "client" && direction.endReason !== undefined && this.#reserve !== undefined;
    const isInParts = isLater || isSliced || isMute || reserves || endsHere;
    if (reply.canDrip && !this.#isReleased && isInParts) {
      this.#keep(direction, []);
      const timed = fewer(isSliced ? [...parts] : byMoment(parts, now), maxTimedParts - 1);
      for (const { bytes, atMs } of timed) direction.departures.go(bytes.length, atMs);
      direction.noEndBeforeMs = (timed.at(-1)?.atMs ?? now) + tickLimits.endBehindPartMs;
      // As long as the last part is held, the host does not see that the upstream ends.
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
    const bytes = joinBytes(parts.map((part) => part.bytes));
    this.#keep(direction, []);
    direction.departures.go(bytes.length, now);
    prompter.flowed(to);
    if (bytes.length > 0) reply.forward(bytes, direction.endReason !== undefined);
    else reply.swallow();
  }

  #keep(direction: Direction, parts: TimedPart[]): void {
    direction.out = parts;
    direction.outBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    direction.settledParts = parts.length;
    if (direction.outBytes === 0) direction.isUrgent = false;
  }

  /** Whether the client's connection is to end and has not ended yet. */
  get #isEndDue(): boolean {
    const { endReason, hasEnded } = this.#directions.client;
    return endReason !== undefined && !hasEnded;
  }

  /**
   * Whether bytes or an end wait for the client, no call toward the client is in hand, and a call toward the upstream is.
   * Bytes that are due later count as well: when they are due, there may be no call left to prompt the upstream with.
   */
  #needsTick({ session, outlook }: TickDriven): boolean {
    const { client, server } = this.#directions;
    if (client.reply || !server.reply || session.outlet("client").heldUntilMs !== undefined) return false;
    if ((outlook.isScheduled || outlook.answersLater) && session.wakeAtMs !== undefined) return true;
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
      const { reply, keptSinceMs, noEndBeforeMs, departures } = this.#directions[to];
      at = Math.min(at, departures.wakeAtMs(tickLimits.maxStrandedMs));
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

/** The most parts that are worked out ahead of time. They are then joined to as many as one answer can have. */
const maxAheadParts = 65_536;

const NOTHING = new Uint8Array(0);
