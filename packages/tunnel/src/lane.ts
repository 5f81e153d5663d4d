/**
 * One direction of a tunnel that the host wrapped on both sides: what a *read* call was answered with comes
 * back in *write* calls on the other side. The lane lets nothing get lost on the way between the two.
 *
 * The host moves the bytes with a copy loop that tops its 8192-byte buffer up while a write call is in flight
 * and counts the whole buffer as delivered when the answer is there, even what came too late to be taken
 * (docs/fault-host.md, "Write calls lose data"). A full buffer can't be topped up, and so:
 *
 * - **Filler.** Every answer is filled up to whole buffers. Each comes back in a write call of its own, whose answer
 *   takes the bytes alone: nothing can be lost, and nothing has to be waited for. It also gives as many moments to say
 *   something as an answer has buffers, so that it can go out in parts (docs/adr/0013).
 *
 * Filler may only be given where it is sure to come back. Until the first echo has proven that, four rules make the
 * host's buffer harmless (docs/adr/0005):
 *
 * - **Fence.** A write call that does not yet show everything that was answered is sent back with an empty
 *   Replace: the host offers it again, with what has come meanwhile. Nothing counts as delivered by that.
 * - **Full buffers.** A write call of 8192 bytes is released at once, and the next read answer needs no wait.
 * - **Guard.** After the release of a smaller one, the next read answer waits until the host has surely written
 *   it: a few milliseconds, or a slow round of its own.
 * - **Say what is taken.** A smaller one is released with its own bytes, so that what was topped up unseen is
 *   known to be lost, not perhaps taken; it is kept here and given again.
 */
import { hostLimits } from "@faultwire/fault-protocol";
import { joinBytes } from "@faultwire/http1";
import type { HostPace } from "./host-pace.ts";
import type { Timers } from "./timers.ts";
import { UnseenBytes } from "./unseen-bytes.ts";

export interface LaneOptions {
  readonly timers: Timers;
  /** The host's pace, shared by all tunnels. */
  readonly pace: HostPace;
  /** The least time that a read answer waits after the release of a partly filled write call, in ms. Default 5. */
  readonly guardMs?: number;
  /**
   * The least time that answered bytes stay unseen, while the host already reads on, before they count as lost, in ms.
   * Default 5000: giving bytes again that were only slow breaks the tunnel, waiting for lost ones only delays it.
   */
  readonly echoTimeoutMs?: number;
  /** False where the host wrapped one side only: then there is no echo, and every call is answered at once. */
  readonly paired?: boolean;
}

/** The longest that the write call of a full chunk waits for the next read to ride along, in ms. */
const maxRideMs = 20;
/** A write call with filler that shows less than a full buffer so many times shows all that the host has left. */
const maxPartFences = 100;
/** A timer that comes this much too late says that this process was busy, and calls may wait unread; in ms. */
const lateTimerMs = 50;

/** Filler for one buffer of the host's. */
const oneBuffer = new Uint8Array(hostLimits.maxWriteChunkBytes);

/** A part of an answer that goes out at its time. */
export interface TimedPart {
  readonly bytes: Uint8Array;
  /** On the clock of the lane's timers; infinite for one that never goes, so that nothing comes behind it. */
  readonly atMs: number;
  /** Whether the host has been given these very bytes, so that it need not be told them again. */
  readonly isGiven?: boolean;
}

/** The most parts of one answer: each takes a full buffer of the host, and all of them one message. */
export const maxTimedParts: number = Math.floor(
  hostLimits.maxAnswerChunkBytes / hostLimits.maxWriteChunkBytes,
);

/** How the host's calls are answered; each is called once at the most. */
export interface ReadReply {
  /** The bytes go on; never empty. */
  forward(bytes: Uint8Array): void;
}
export interface WriteReply {
  /** The host writes what its buffer holds; only for a buffer that can't be topped up. */
  release(): void;
  /** The host offers the same bytes again, with what has come meanwhile. */
  offerAgain(): void;
  /** The host writes these bytes in place of those offered. */
  replace(bytes: Uint8Array): void;
  /** The direction ends with an error: what came back is not what was sent. */
  refuse(): void;
}

/** What a lane has to tell about the host. */
export type LaneNews =
  | { readonly kind: "unpaired" }
  | { readonly kind: "recovered"; readonly bytes: number }
  | { readonly kind: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number };

interface HeldRead {
  readonly bytes: Uint8Array;
  readonly reply: ReadReply;
  readonly since: number;
  readonly full: boolean;
  /** What the bytes stand for, where they are filler. */
  readonly parts?: TimedPart[];
}
interface HeldWrite {
  readonly chunk: Uint8Array;
  readonly reply: WriteReply;
  readonly since: number;
}

/** The gate of one direction. Feed it every call of the direction; it answers each, sooner or later. */
export class Lane {
  readonly #timers: Timers;
  readonly #pace: HostPace;
  readonly #guardMs: number;
  readonly #echoTimeoutMs: number;
  readonly #onNews: (news: LaneNews) => void;

  /** Answered on read calls and not yet released on a write call, in order. */
  readonly #unseen = new UnseenBytes();
  #read: HeldRead | undefined;
  #write: HeldWrite | undefined;
  /** When a partly filled write call was released for the last time. */
  #releasedAt = Number.NEGATIVE_INFINITY;
  /** How many bytes that one showed. */
  #releasedBytes = 0;
  /** When the answer was given that the next write call follows from. */
  #answeredAt: number | undefined;
  #echoed = false;
  #paired: boolean;
  #rides = false;
  /** What goes out in place of the filler that is unseen, a part for each full buffer of it. */
  #parts: TimedPart[] = [];
  /** Filler that the host has been given and has not shown. */
  #fillerBytes = 0;
  #fences = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LaneOptions, onNews: (news: LaneNews) => void) {
    this.#timers = options.timers;
    this.#pace = options.pace;
    this.#guardMs = options.guardMs ?? 5;
    this.#echoTimeoutMs = options.echoTimeoutMs ?? 5000;
    this.#paired = options.paired ?? true;
    this.#onNews = onNews;
  }

  /** Whether what read calls are answered with comes back in write calls. */
  get paired(): boolean {
    return this.#paired;
  }

  /** Whether an answer can go out in parts: what was answered before has come back. */
  get isProven(): boolean {
    return this.#paired && this.#echoed;
  }

  /** Whether the host has filler in hand, which must reach nobody. */
  get hasFiller(): boolean {
    return this.#fillerBytes > 0;
  }

  /** Whether a write call can be an echo: before the first read answer there is nothing to come back. */
  get expectsEcho(): boolean {
    return this.#paired && (this.#echoed || this.#unseen.length > 0);
  }

  /** Bytes kept until the host has shown them; at the most one read answer and one buffer. */
  get unseenBytes(): number {
    return this.#unseen.length;
  }

  /** A read call whose answer is to be `bytes` (not empty). `chunkBytes` is what the host had read. */
  read(bytes: Uint8Array, chunkBytes: number, reply: ReadReply): void {
    if (!this.#paired) {
      reply.forward(bytes);
      return;
    }
    this.#read = {
      bytes,
      reply,
      since: this.#timers.now(),
      full: chunkBytes >= hostLimits.maxReadChunkBytes,
    };
    this.#pump();
  }

  /**
   * The same, with filler behind the bytes so that every buffer of the host's is full: then nothing can top one up, and
   * nothing is lost, fenced or waited for. The filler comes back in the last write call, which takes the bytes alone.
   */
  pad(bytes: Uint8Array, reply: ReadReply): void {
    if (!this.#paired) {
      reply.forward(bytes);
      return;
    }
    const size = hostLimits.maxWriteChunkBytes;
    const atMs = this.#timers.now();
    if (bytes.length < size) {
      // Nothing is copied: the bytes go with the write call alone.
      this.#read = { bytes: oneBuffer, reply, since: atMs, full: false, parts: [{ bytes, atMs }] };
      this.#pump();
      return;
    }
    const padded = new Uint8Array(Math.ceil(bytes.length / size) * size);
    padded.set(bytes);
    const parts: TimedPart[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size);
      parts.push({ bytes: part, atMs, isGiven: part.length === size });
    }
    this.#read = { bytes: padded, reply, since: atMs, full: false, parts };
    this.#pump();
  }

  /**
   * A read call whose answer goes out in parts, at the most {@link maxTimedParts}, each at its time. The host is given
   * a full buffer of filler for each of them: it comes back in a write call of its own, which is held until the part
   * is due and takes the part in the filler's place. The host reads on behind the last one.
   */
  drip(parts: readonly TimedPart[], reply: ReadReply): void {
    this.#read = {
      bytes: new Uint8Array(parts.length * hostLimits.maxWriteChunkBytes),
      reply,
      since: this.#timers.now(),
      full: false,
      parts: [...parts],
    };
    this.#pump();
  }

  /**
   * What a last part of {@link drip} that never goes by itself stands for: these bytes go in its place, or, where there are
   * none, the direction ends there with an error.
   */
  settleLast(bytes: Uint8Array): void {
    for (const parts of [this.#parts, this.#read?.parts ?? []]) {
      if (parts.at(-1)?.atMs !== Number.POSITIVE_INFINITY) continue;
      parts[parts.length - 1] = { bytes, atMs: this.#timers.now() };
      this.#pump();
      return;
    }
  }

  /** A write call: the echo of what read calls were answered with. */
  write(chunk: Uint8Array, reply: WriteReply): void {
    if (!this.#paired) {
      this.#writeUnpaired(chunk, reply);
      return;
    }
    const now = this.#timers.now();
    if (this.#answeredAt !== undefined) this.#pace.sample(now - this.#answeredAt);
    this.#answeredAt = undefined;
    this.#echoed = true;
    this.#write = { chunk, reply, since: now };
    this.#pump();
  }

  /** Lets go of a waiting read call without an answer; the caller answers it otherwise. */
  dropRead(): void {
    this.#read = undefined;
    this.#pump();
  }

  /** Goes on without echoes; a waiting read call is answered at once. */
  unpair(): void {
    if (!this.#paired) return;
    this.#paired = false;
    const read = this.#read;
    const write = this.#write;
    const parts = this.#parts;
    this.end();
    this.#parts = parts;
    this.#onNews({ kind: "unpaired" });
    if (write) this.#writeUnpaired(write.chunk, write.reply);
    read?.reply.forward(read.parts ? joinParts(read.parts) : read.bytes);
  }

  /** Parts that wait for their time are due now. */
  drain(): void {
    const now = this.#timers.now();
    const due = (parts: readonly TimedPart[]): TimedPart[] => parts.map((part) => ({ ...part, atMs: now }));
    this.#parts = due(this.#parts);
    if (this.#read?.parts) this.#read = { ...this.#read, parts: due(this.#read.parts) };
    this.#pump();
  }

  /** Forgets everything; no callback comes after this. */
  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#read = undefined;
    this.#write = undefined;
    this.#unseen.clear();
    this.#parts = [];
  }

  /** Nobody holds anything any more: all parts go in place of the first filler, and nothing in place of the rest. */
  #writeUnpaired(chunk: Uint8Array, reply: WriteReply): void {
    if (this.#fillerBytes === 0) {
      reply.release();
      return;
    }
    this.#fillerBytes -= Math.min(this.#fillerBytes, chunk.length);
    const bytes = joinParts(this.#parts);
    this.#parts = [];
    if (bytes.length > 0) reply.replace(bytes);
    else reply.refuse();
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#write) this.#pumpWrite(this.#write);
    else if (this.#read) this.#pumpRead(this.#read);
  }

  #pumpWrite(write: HeldWrite): void {
    const { chunk } = write;
    const at = this.#offsetOf(chunk);
    if (at < 0) {
      this.#write = undefined;
      const expectedBytes = this.#unseen.length;
      this.#onNews({ kind: "mismatch", expectedBytes, foundBytes: chunk.length });
      write.reply.refuse();
      return;
    }
    if (at > 0 && this.#parts.length > 0) this.#dropFiller(at);
    else if (at > 0) {
      this.#mendHole(write, at);
      return;
    }
    const full = chunk.length >= hostLimits.maxWriteChunkBytes;
    if (!full && this.#unseen.length > chunk.length) {
      if (this.#parts.length === 0 || this.#fences < maxPartFences) {
        this.#fence(write);
        return;
      }
      this.#dropFiller(this.#unseen.length - chunk.length);
    }
    const [part] = this.#parts;
    if (part) {
      this.#pumpPart(write, part);
      return;
    }
    if (!full && this.#read && !this.#read.parts) {
      this.#forward(this.#read);
      this.#fence(write);
      return;
    }
    const now = this.#timers.now();
    const rideMs = Math.min(maxRideMs, Math.max(1, 1.5 * this.#pace.roundMs));
    if (!full && this.#rides && now < write.since + rideMs) {
      this.#wake(write.since + rideMs - now);
      return;
    }
    this.#write = undefined;
    this.#fences = 0;
    this.#unseen.take(chunk.length);
    if (full) {
      this.#releasedAt = Number.NEGATIVE_INFINITY;
      write.reply.release();
    } else {
      this.#releasedAt = now;
      this.#releasedBytes = chunk.length;
      write.reply.replace(chunk);
    }
    if (this.#read) this.#pump();
  }

  /** The host has dropped some filler: what is left of it is still a write call for every part. */
  #dropFiller(bytes: number): void {
    this.#unseen.take(bytes);
    this.#fillerBytes -= bytes;
    this.#parts = this.#parts.map((part) => ({ ...part, isGiven: false }));
    this.#onNews({ kind: "recovered", bytes });
  }

  #pumpPart(write: HeldWrite, part: TimedPart): void {
    const wait = part.atMs - this.#timers.now();
    if (wait > 0) {
      if (Number.isFinite(wait)) this.#wake(wait);
      return;
    }
    this.#write = undefined;
    this.#fences = 0;
    this.#parts.shift();
    this.#fillerBytes -= write.chunk.length;
    this.#unseen.take(write.chunk.length);
    const isFull = write.chunk.length >= hostLimits.maxWriteChunkBytes;
    this.#releasedAt = isFull ? Number.NEGATIVE_INFINITY : this.#timers.now();
    this.#releasedBytes = write.chunk.length;
    // Where nothing was ever to go, no answer is right but the end.
    if (part.isGiven) write.reply.release();
    else if (part.bytes.length > 0) write.reply.replace(part.bytes);
    else write.reply.refuse();
    if (this.#read) this.#pump();
  }

  #pumpRead(read: HeldRead): void {
    const now = this.#timers.now();
    if (this.#unseen.length === 0) {
      const wait = this.#releasedAt + Math.max(this.#guardMs, this.#pace.slowRoundMs) - now;
      if (wait > 0) {
        this.#wake(wait);
        return;
      }
      this.#forward(read);
      return;
    }
    // Answered bytes are still to come back. Their write call is on its way on the other connection, or the
    // host has lost them, or it never wrapped the other side.
    const patienceMs = Math.max(this.#echoTimeoutMs, 10 * this.#pace.slowRoundMs);
    const wait = read.since + patienceMs - now;
    if (wait > 0) {
      this.#wake(wait);
      return;
    }
    if (wait < -lateTimerMs) {
      this.#read = { ...read, since: now };
      this.#wake(patienceMs);
      return;
    }
    if (!this.#echoed) {
      this.unpair();
      return;
    }
    const lost = this.#unseen.take(this.#unseen.length);
    const { parts } = read;
    if (parts?.[0]) parts[0] = { ...parts[0], bytes: joinBytes([lost, parts[0].bytes]) };
    this.#forward(parts ? read : { ...read, bytes: joinBytes([lost, read.bytes]) });
    this.#onNews({ kind: "recovered", bytes: lost.length });
  }

  #forward(read: HeldRead): void {
    this.#read = undefined;
    this.#unseen.push(read.bytes);
    this.#rides = read.full;
    if (read.parts) {
      this.#parts = read.parts;
      this.#fillerBytes = read.bytes.length;
    }
    this.#answeredAt ??= this.#timers.now();
    read.reply.forward(read.bytes);
  }

  /** Sends the write call back, at once the first times, then slower: the missing bytes are on their way. */
  #fence(write: HeldWrite): void {
    const patience = this.#fences < 4 ? 0 : write.since + 1 - this.#timers.now();
    if (patience > 0) {
      this.#wake(patience);
      return;
    }
    this.#fences++;
    this.#write = undefined;
    this.#answeredAt = this.#timers.now();
    write.reply.offerAgain();
  }

  /** The host shows what comes `at` bytes later than expected: those before were lost in its buffer. */
  #mendHole(write: HeldWrite, at: number): void {
    this.#write = undefined;
    const bytes = this.#unseen.take(at + write.chunk.length);
    this.#releasedAt = this.#timers.now();
    this.#releasedBytes = write.chunk.length;
    write.reply.replace(bytes);
    this.#onNews({ kind: "recovered", bytes: at });
    if (this.#read) this.#pump();
  }

  #wake(delayMs: number): void {
    this.#cancelTimer = this.#timers.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#pump();
    });
  }

  /**
   * Where in the unseen bytes the chunk stands: 0 as expected; behind what the host has dropped, where it dropped some;
   * -1 nowhere. What it drops is what topped the buffer up behind the last partly filled call: all of what was answered,
   * or as much of it as there was room for.
   */
  #offsetOf(chunk: Uint8Array): number {
    const last = this.#unseen.length - chunk.length;
    if (last < 0) return -1;
    if (this.#unseen.matches(chunk, 0)) return 0;
    const room = hostLimits.maxWriteChunkBytes - this.#releasedBytes;
    if (room > 0 && room < last && this.#unseen.matches(chunk, room)) return room;
    return this.#unseen.matches(chunk, last) ? last : -1;
  }
}

function joinParts(parts: readonly TimedPart[]): Uint8Array {
  return joinBytes(parts.map(({ bytes }) => bytes));
}
