/**
 * One direction of a tunnel that the host wrapped on both sides. The host shows the answer to a *read* call again in a
 * *write* call on the other side: the echo. So the lane answers read calls with tokens, bytes that are never sent on, and
 * sends the real bytes in the answers to the write calls that the tokens bring (docs/adr/0029). Whatever the host drops from
 * its buffer is tokens.
 *
 * When a socket takes only a part of a write, the host leaves the rest until something wakes the tunnel. Each answer to a read
 * call does. So behind every answer to a write call the lane sees to it that a read call is answered a little later, wherever
 * there is one.
 *
 * The first read call of a direction is answered with its real bytes, until an echo has proven that both sides are wrapped.
 */
import { hostLimits } from "@faultwire/fault-protocol";
import type { HostPace } from "../host-pace.ts";
import type { TimedPart } from "../timed-parts.ts";
import type { Timers } from "../timers.ts";
import {
  type Following,
  type LaneAtRest,
  type LaneNews,
  laneLimits,
  nothingFollows,
  type ReadReply,
  type WriteReply,
} from "./lane-calls.ts";
import { Outbox } from "./outbox.ts";
import { type Shown, TokenLedger } from "./token-ledger.ts";
import { Wakes } from "./wakes.ts";

export interface LaneOptions {
  readonly timers: Timers;
  /** The host's pace, shared by all tunnels. */
  readonly pace: HostPace;
  /** In a long transfer a read call is held so long behind the answer to a write call, so that it wakes the host, in ms. Default 5. */
  readonly guardMs?: number;
  /** A write call that is sure to come counts as lost when the host has read on for at least this long, in ms. Default 5000. */
  readonly echoTimeoutMs?: number;
  /** False where the host wrapped one side only. Then there is no echo, and the lane answers every call at once. */
  readonly paired?: boolean;
  /** Whether the other direction has proven that both sides are wrapped. Default: no. */
  readonly isPairProven?: () => boolean;
  /** The other direction's lane. The host polls both in one task, so what wakes one wakes the other too. Default: none. */
  readonly opposite?: () => Lane | undefined;
}

/** The most parts of one answer. Each part takes one full buffer of the host, and all go in one message with what is ahead of them. */
export const maxTimedParts: number =
  Math.floor(hostLimits.maxAnswerChunkBytes / hostLimits.maxWriteChunkBytes) - 1;

/** The most write calls that one answer asks for. */
const maxCalls = maxTimedParts - 1;

/** A timer that fires later than this shows that this process was busy: calls may have come unread. In ms. */
const lateTimerMs = 50;

interface HeldRead {
  readonly reply: ReadReply;
  readonly sinceMs: number;
  readonly following: Following;
  /** The direction is to end with this call, for this reason. */
  readonly closeReason?: string;
  /** The call's bytes are parts with times of their own. */
  readonly isParts?: boolean;
}
interface HeldWrite {
  readonly reply: WriteReply;
  readonly shown: Shown;
}

/** The gate of one direction. It takes every call of the direction and answers each, at once or later. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #timers: Timers;
  readonly #pace: HostPace;
  readonly #onNews: (news: LaneNews) => void;

  readonly #outbox = new Outbox();
  readonly #ledger = new TokenLedger();
  #read: HeldRead | undefined;
  #write: HeldWrite | undefined;
  /** What was known behind the last read call. */
  #following: Following = nothingFollows;
  /** Since when the write call in hand waits for a read call. */
  #joinsSinceMs = 0;
  readonly #wakes: Wakes;
  #echoed = false;
  #paired: boolean;
  /** Whether a call in hand waits because the other lane has filled the host's buffer. */
  #waitsForOpposite = false;
  #isPumping = false;
  #pumpsAgain = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LaneOptions, onNews: (news: LaneNews) => void) {
    this.#options = options;
    this.#timers = options.timers;
    this.#pace = options.pace;
    this.#wakes = new Wakes(options.pace, options.guardMs);
    this.#paired = options.paired ?? true;
    this.#onNews = onNews;
  }

  /** Whether answers to read calls come back in write calls. */
  get paired(): boolean {
    return this.#paired;
  }

  /** Whether an echo has come. */
  get isProven(): boolean {
    return this.#paired && this.#echoed;
  }

  /** Whether the host holds tokens. No peer may ever get them. */
  get hasTokens(): boolean {
    return this.#ledger.hasTokens;
  }

  /** Whether a write call can be an echo. Before the first read answer it can't. */
  get expectsEcho(): boolean {
    return this.#paired && (this.#echoed || this.#ledger.bytes > 0);
  }

  /** Bytes that were taken and have not gone to a write call. Tokens take no memory. */
  get heldBytes(): number {
    return this.#outbox.bytes;
  }

  /** What has to be kept so that a new lane can {@link resume} this one; `undefined` while something is under way. */
  get atRest(): Omit<LaneAtRest, "isTls"> | undefined {
    const isBusy = this.hasCall || !this.#outbox.isEmpty || !this.#ledger.isEmpty || !this.#paired;
    if (isBusy) return undefined;
    return { ...this.#ledger.atRest, echoed: this.#echoed, sentBytes: this.#wakes.sentBytes };
  }

  /** Goes on in the place of a lane that rested; before the first call. */
  resume(rest: LaneAtRest): void {
    this.#echoed = rest.echoed;
    this.#ledger.resume(rest);
    this.#wakes.resume(rest.sentBytes);
  }

  /** Whether a call is in hand. */
  get hasCall(): boolean {
    return this.#read !== undefined || this.#write !== undefined;
  }

  /** Whether an answer is sure to bring a write call that has not come. */
  get isUnclaimed(): boolean {
    return this.#paired && this.#ledger.isSure && !this.#write && !this.#read;
  }

  /** Takes a read call, and the bytes that are to go on; none where nothing is to. */
  read(bytes: Uint8Array, reply: ReadReply, following: Following = nothingFollows): void {
    if (!this.#paired) {
      if (bytes.length > 0) reply.forward(bytes);
      else reply.swallow();
      return;
    }
    this.#outbox.push(bytes);
    this.#hold({ reply, sinceMs: this.#timers.now(), following });
  }

  /**
   * Takes a read call whose bytes go out in parts, each at its time; {@link maxTimedParts} at the most. Only where both sides
   * are proven to be wrapped. The host reads on behind the last part.
   */
  drip(parts: readonly TimedPart[], reply: ReadReply): void {
    this.#outbox.pushParts(parts);
    this.#hold({ reply, sinceMs: this.#timers.now(), following: nothingFollows, isParts: true });
  }

  /** Takes a read call with which the direction ends, behind all bytes that were taken. */
  close(reason: string, reply: ReadReply): void {
    if (!this.#paired) {
      reply.close(reason);
      return;
    }
    this.#hold({ reply, sinceMs: this.#timers.now(), following: nothingFollows, closeReason: reason });
  }

  /** Ends the direction with the read call in hand, if there is one. `isNow`: without the bytes that wait. */
  closeHeld(reason: string, isNow = false): void {
    const read = this.#read;
    if (!read) return;
    if (isNow) {
      this.#read = undefined;
      read.reply.close(reason);
    } else this.#read = { ...read, closeReason: reason };
    this.#pump();
  }

  /**
   * Ends the wait of a last part of {@link drip} that never goes by itself. These bytes go in its place; without any, the
   * direction ends there with an error.
   */
  settleLast(bytes: Uint8Array): void {
    this.#outbox.settleLast(bytes, this.#timers.now());
    this.#pump();
  }

  /** Takes a write call: an echo of read answers. */
  write(chunk: Uint8Array, reply: WriteReply): void {
    if (!this.#paired) {
      this.#writeUnpaired(chunk, reply);
      return;
    }
    const expectedBytes = this.#ledger.bytes;
    const shown = this.#ledger.show(chunk);
    if (!shown) {
      this.#onNews({ kind: "mismatch", expectedBytes, foundBytes: chunk.length });
      reply.refuse();
      return;
    }
    const now = this.#timers.now();
    this.#wakes.writeCame(now);
    this.#echoed = true;
    this.#joinsSinceMs = now;
    this.#write = { reply, shown };
    this.#pump();
    this.#options.opposite?.()?.oppositeMoved();
  }

  /** The other lane has got a write call that this one may have waited for. */
  oppositeMoved(): void {
    if (this.#waitsForOpposite) this.#pump();
  }

  /** Until when an answer could come too early to wake the host for this lane's last write. */
  get wokenFromMs(): number {
    return this.#wakes.wokenFromMs;
  }

  /** The receiver has said something: it has not fallen far behind. */
  receiverSpoke(): void {
    this.#wakes.receiverSpoke();
  }

  /** From now on there are no echoes. The calls in hand are answered at once. */
  unpair(): void {
    if (!this.#paired) return;
    this.#paired = false;
    this.#cancel();
    // The first answer was its real bytes: they are on their way already.
    if (this.#ledger.awaitsFirst) this.#outbox.takePlain(this.#ledger.bytes);
    const read = this.#read;
    const write = this.#write;
    this.#read = undefined;
    this.#write = undefined;
    this.#onNews({ kind: "unpaired" });
    if (write) this.#answerUnpaired(write.reply);
    if (!read) return;
    // Where the host holds tokens, the write call that shows them takes the bytes.
    const bytes = this.#ledger.hasTokens ? NOTHING : this.#outbox.takeAll();
    if (bytes.length > 0) read.reply.forward(bytes);
    else read.reply.swallow();
  }

  /** All parts that wait for their time are due now. */
  drain(): void {
    this.#outbox.drain(this.#timers.now());
    this.#pump();
  }

  /** Forgets everything; no callback comes after this. */
  end(): void {
    this.#cancel();
    this.#read = undefined;
    this.#write = undefined;
    this.#outbox.clear();
    this.#ledger.forget();
  }

  #hold(read: HeldRead): void {
    this.#read = read;
    this.#following = read.following;
    this.#pump();
  }

  /** Without an echo: all bytes go in place of the first tokens, and the direction ends at the next tokens. */
  #writeUnpaired(chunk: Uint8Array, reply: WriteReply): void {
    if (!this.#ledger.hasTokens) {
      reply.release();
      return;
    }
    this.#ledger.show(chunk);
    this.#answerUnpaired(reply);
  }

  #answerUnpaired(reply: WriteReply): void {
    const bytes = this.#outbox.takeAll();
    if (bytes.length > 0) reply.replace(bytes);
    else reply.refuse();
  }

  /** Answers the calls that can be answered now. An answer may bring the next call at once. */
  #pump(): void {
    this.#pumpsAgain = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#pumpsAgain && this.#paired) {
        this.#pumpsAgain = false;
        this.#cancel();
        if (this.#write) this.#pumpWrite(this.#write);
        if (this.#read && !this.#write) this.#pumpRead(this.#read);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #pumpWrite(write: HeldWrite): void {
    const now = this.#timers.now();
    if (this.#outbox.plainBytes === 0) {
      this.#pumpPart(write, now);
      return;
    }
    if (!write.shown.isPart && this.#joins(now)) return;
    // The host's buffer stays full behind this call, so this answer may be the last wake.
    if (write.shown.callsToCome > 0 && this.#waits(now)) return;
    const all = Math.max(1, this.#outbox.plainBytes - this.#ledger.owed);
    // What is left for the calls that the same answer still brings is shared out.
    const share = Math.ceil(all / (1 + write.shown.callsToCome));
    const most = write.shown.callsToCome > 0 ? Math.max(share, laneLimits.joinBytes) : this.#mostForOne;
    this.#send(write, this.#outbox.takePlain(write.shown.isPart ? all : Math.min(all, most)), now);
  }

  /** How many bytes one write call takes where no more of them are sure to come. */
  get #mostForOne(): number {
    const isFollowed = this.#read !== undefined || this.#following.sureBytes > 0;
    return isFollowed ? laneLimits.maxWriteBytes : Number.POSITIVE_INFINITY;
  }

  #pumpPart(write: HeldWrite, now: number): void {
    const at = this.#outbox.nextPartAtMs;
    if (at === undefined || at > now) {
      // A read call that ends the direction may go: the host writes the part all the same.
      if (this.#read?.closeReason !== undefined) this.#closeRead(this.#read, this.#read.closeReason);
      if (at !== undefined && Number.isFinite(at)) this.#wake(at - now);
      return;
    }
    this.#send(write, this.#outbox.takePart(), now);
  }

  /** A part without bytes is an end. */
  #send({ reply }: HeldWrite, bytes: Uint8Array, now: number): void {
    this.#write = undefined;
    this.#wakes.writeAnswered(now, bytes.length);
    if (bytes.length > 0) reply.replace(bytes);
    else reply.refuse();
  }

  /** Whether the write call in hand waits for more bytes. The read call in hand is then swallowed, so that the host reads on. */
  #joins(now: number): boolean {
    const { joinBytes, maxJoinMs, maxRideMs } = laneLimits;
    const { sureBytes, isLikely } = this.#following;
    const isSure = sureBytes > 0;
    // What is kept back for write calls that may never come needs this read call, to ask for one, or another that is sure to come.
    if (!isSure && (!isLikely || this.#ledger.owed > 0)) return false;
    const isEnough =
      this.#outbox.plainBytes >= joinBytes && !(isSure && sureBytes <= hostLimits.maxReadChunkBytes);
    if (isEnough) return false;
    if (this.#read) {
      this.#joinsSinceMs = now;
      this.#swallow(this.#read);
    }
    const rideMs = Math.min(maxRideMs, Math.max(1, 1.5 * this.#pace.roundMs));
    const wait = this.#joinsSinceMs + (isSure ? maxJoinMs : rideMs) - now;
    if (wait <= 0) return false;
    if (!this.#pumpsAgain) this.#wake(wait);
    return true;
  }

  /** No write call is in hand. */
  #pumpRead(read: HeldRead): void {
    const now = this.#timers.now();
    if (read.closeReason !== undefined && (this.#outbox.isEmpty || this.#ledger.isSure)) {
      if (!this.#waits(now)) this.#closeRead(read, read.closeReason);
      return;
    }
    if (this.#ledger.isSure) {
      this.#awaitWrite(read, now);
      return;
    }
    if (this.#outbox.isEmpty) {
      // The answer wakes the host, in case that it has not written everything.
      const wait = read.following.sureBytes > 0 ? 0 : this.#wakes.guardedUntilMs - now;
      if (wait > 0) this.#wake(wait);
      else this.#swallow(read);
      return;
    }
    if (!this.#isPairProven) {
      this.#give(read, this.#ledger.giveFirst(this.#outbox.plain()), now);
      return;
    }
    if (this.#outbox.parts > 0) {
      if (this.#waits(now)) return;
      this.#give(read, this.#ledger.giveParts(this.#outbox.parts, this.#outbox.plainBytes > 0), now);
      return;
    }
    this.#askForWrite(read, now);
  }

  /** Answers a read call with tokens, so that a write call comes. */
  #askForWrite(read: HeldRead, now: number): void {
    const isSure = read.following.sureBytes > 0 && read.closeReason === undefined;
    const { atMs, isFew } = this.#wakes.nextAsk(read.sinceMs, isSure);
    if (atMs > now) {
      this.#wake(atMs - now);
      return;
    }
    const { plainBytes } = this.#outbox;
    const { owed } = this.#ledger;
    if (!isFew) {
      if (this.#waits(now)) return;
      const calls = Math.min(maxCalls, Math.ceil((plainBytes - owed) / laneLimits.joinBytes));
      this.#give(read, this.#ledger.giveCertain(Math.max(1, calls)), now);
    } else if (plainBytes < owed + 2) this.#swallow(read);
    else {
      this.#wakes.fewGiven();
      this.#give(read, this.#ledger.giveFew(), now);
    }
  }

  /**
   * Whether an answer behind which the host reads no more of this direction has to wait. Where it reads no more of the other one
   * either, no peer can wake it, and this answer is the tunnel's last wake. It has to come behind the last writes of both: a
   * socket that took a part of one asks for no wake (docs/adr/0029).
   */
  #waits(now: number): boolean {
    const opposite = this.#options.opposite?.();
    this.#waitsForOpposite = false;
    if (!opposite?.isUnclaimed) return false;
    const wait = Math.max(opposite.wokenFromMs, this.wokenFromMs) - now;
    if (wait <= 0) return false;
    this.#waitsForOpposite = true;
    this.#wake(wait);
    return true;
  }

  /** A write call is sure to come, or the host has never wrapped the other side. */
  #awaitWrite(read: HeldRead, now: number): void {
    const patienceMs = Math.max(this.#options.echoTimeoutMs ?? 5000, 10 * this.#pace.slowRoundMs);
    const wait = read.sinceMs + patienceMs - now;
    if (wait > 0) this.#wake(wait);
    else if (wait < -lateTimerMs) {
      this.#read = { ...read, sinceMs: now };
      this.#wake(patienceMs);
    } else if (this.#isPairProven) {
      this.#ledger.forget();
      this.#onNews({ kind: "recovered", bytes: this.#outbox.bytes });
      this.#pumpsAgain = true;
    } else this.unpair();
  }

  get #isPairProven(): boolean {
    return this.#echoed || (this.#options.isPairProven?.() ?? false);
  }

  #give({ reply }: HeldRead, tokens: Uint8Array, now: number): void {
    this.#read = undefined;
    this.#wakes.given(now);
    reply.forward(tokens);
  }

  #swallow({ reply }: HeldRead): void {
    this.#read = undefined;
    reply.swallow();
  }

  #closeRead({ reply }: HeldRead, reason: string): void {
    this.#read = undefined;
    reply.close(reason);
  }

  #wake(delayMs: number): void {
    this.#cancel();
    this.#cancelTimer = this.#timers.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#pump();
    });
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

const NOTHING = new Uint8Array(0);
