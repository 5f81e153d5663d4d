/**
 * The clock of a tunnel that the host wrapped on both sides. Bytes can go to a peer only as the answer to a read call
 * of that direction: each call is a *tick*. This driver keeps what has to go to each peer, answers the calls in hand
 * with it, holds them while there is a reason to, and asks for a tick where none is to be expected.
 */
import type { FaultMachine } from "@faultwire/fault-engine";
import { hostLimits } from "@faultwire/fault-protocol";
import { joinBytes } from "./bytes.ts";
import type { Side } from "./events.ts";
import type { Timers } from "./timers.ts";

/** The answers to a read call; each call gets one of them, once. */
export interface TickReply {
  /** These bytes go on in place of the chunk. Not empty. */
  forward(bytes: Uint8Array): void;
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
  /** When {@link wake} is due. */
  readonly wakeAtMs: number | undefined;
  wake(): void;
  /** Something waits for the client, and no call is in hand to send it with: make the upstream speak. */
  ask(): void;
}

/** Times of the driver. */
export const tickLimits = {
  /** How long a call is kept that is only kept in case something is to be sent, in ms. */
  maxKeptMs: 2000,
} as const;

interface Direction {
  reply: TickReply | undefined;
  out: Uint8Array[];
  outBytes: number;
  /** Something of `out` has to go as soon as it can. */
  isUrgent: boolean;
  /** Nothing goes before this moment. */
  blockedUntilMs: number;
  /** Since when the call in hand is kept. */
  keptSinceMs: number | undefined;
  endReason: string | undefined;
  hasEnded: boolean;
  /** A fault of the connection's bytes. */
  wire: FaultMachine | undefined;
}

export class Ticks {
  readonly #timers: Timers;
  readonly #directions: Readonly<Record<Side, Direction>> = { client: direction(), server: direction() };
  #session: TickSession | undefined;
  #cancelTimer: (() => void) | undefined;
  #isWaiting = false;
  #isReleased = false;

  constructor(timers: Timers) {
    this.#timers = timers;
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
    this.#session?.see(from, chunk);
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
    this.#perform(from, to, to.wire.push(bytes, this.#timers.now()));
  }

  /** After what was sent the direction ends. */
  end(from: Side, reason: string): void {
    this.#directions[from].endReason ??= reason;
  }

  /** Whether the direction is to end, or has ended. */
  isEnding(from: Side): boolean {
    return this.#directions[from].endReason !== undefined;
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
    const session = this.#session;
    if (!session) return;
    if (session.isBusy) {
      this.#awaitIdle(session);
      return;
    }
    const now = this.#timers.now();
    if (session.wakeAtMs !== undefined && session.wakeAtMs <= now) session.wake();
    this.#wakeWires(now);
    // The client's first: an answer of ours may find a kept call, and then no question has to go to the upstream.
    this.#settle("server", session, now);
    if (this.#needsTick(now)) session.ask();
    this.#settle("client", session, now);
    this.#arm(session, now);
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
    }
  }

  #queue(to: Direction, bytes: Uint8Array): void {
    to.out.push(bytes);
    to.outBytes += bytes.length;
  }

  #perform(from: Side, to: Direction, actions: ReturnType<FaultMachine["push"]>): void {
    for (const action of actions) {
      if (action.kind === "bytes") this.#queue(to, action.bytes);
      else if (action.kind !== "end") {
        // The client is to see the end, whichever direction reached the point.
        this.end(from, "faultwire: injected connection fault");
        this.end("server", "faultwire: injected connection fault");
      }
    }
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
      // One call has one answer: it waits until all that its chunk became is due.
      if (to.wire && to.wire.pendingBytes > 0) return;
      if (session.holds(from, to.outBytes > 0)) return;
      const isIdle = !to.isUrgent && to.endReason === undefined;
      if (isIdle && session.keeps(from)) {
        to.keptSinceMs ??= now;
        if (now < to.keptSinceMs + tickLimits.maxKeptMs) return;
      }
    }
    to.reply = undefined;
    to.keptSinceMs = undefined;
    const spare =
      session.isInRecord(from) && !this.#isReleased ? to.outBytes % hostLimits.maxWriteChunkBytes : 0;
    if (to.outBytes > spare) reply.forward(this.#take(to, to.outBytes - spare));
    else if (spare > 0) reply.swallow();
    else if (to.endReason !== undefined) {
      to.hasEnded = true;
      reply.close(to.endReason);
    } else reply.swallow();
  }

  #take(to: Direction, most: number): Uint8Array {
    const all = joinBytes(to.out);
    const bytes = all.subarray(0, Math.min(most, hostLimits.maxAnswerChunkBytes));
    const rest = all.subarray(bytes.length);
    to.out = rest.length > 0 ? [rest] : [];
    to.outBytes = rest.length;
    if (rest.length === 0) to.isUrgent = false;
    return bytes;
  }

  /** Whether something waits for the client with no call to send it with, and a call to ask the upstream with. */
  #needsTick(now: number): boolean {
    const to = this.#directions.server;
    if (to.reply || !this.#directions.client.reply || to.blockedUntilMs > now) return false;
    return (to.isUrgent && to.outBytes > 0) || (to.endReason !== undefined && !to.hasEnded);
  }

  #awaitIdle(session: TickSession): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void session.idle().then(() => {
      this.#isWaiting = false;
      if (this.#session === session) this.pump();
    });
  }

  #arm(session: TickSession, now: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let at = session.wakeAtMs ?? Number.POSITIVE_INFINITY;
    for (const { reply, wire, blockedUntilMs, keptSinceMs } of [
      this.#directions.client,
      this.#directions.server,
    ]) {
      if (wire?.wakeAtMs !== undefined) at = Math.min(at, wire.wakeAtMs);
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
    outBytes: 0,
    isUrgent: false,
    blockedUntilMs: Number.NEGATIVE_INFINITY,
    keptSinceMs: undefined,
    endReason: undefined,
    hasEnded: false,
    wire: undefined,
  };
}
