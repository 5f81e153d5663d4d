/**
 * One direction of a tunnel that the host wrapped on both sides. The host shows the answer to a *read* call again in
 * *write* calls on the other side: the echo. The lane makes sure that no byte is lost on the way between the two.
 *
 * The host copies bytes through a buffer of 8192 bytes. While a write call is in flight, the host adds newly read bytes
 * to that buffer. When the answer comes, the host counts the whole buffer as delivered, also the bytes that it added
 * after the call began (docs/fault-host.md, "Write calls lose data"). The host can add nothing to a full buffer. So:
 *
 * - **Filler.** The lane fills every read answer up to whole buffers. Each buffer comes back in a write call of its own,
 *   and the answer to that call holds the real bytes alone. Nothing can be lost, and nothing has to wait. An answer of
 *   several buffers also gives several moments to send something, so it can go out in parts (docs/adr/0013).
 *
 * Filler may be given only where it is sure to come back. The first echo proves that. Until then four rules make the
 * host's buffer harmless (docs/adr/0005):
 *
 * - **Fence.** A write call that does not yet show everything that was answered gets an empty Replace. The host then
 *   offers the same bytes again, with those that have come meanwhile, and counts nothing as delivered.
 * - **Full buffers.** A write call of 8192 bytes is released at once, and the next read answer need not wait.
 * - **Guard.** After the release of a smaller write call the next read answer waits until the host has surely written
 *   it: a few milliseconds, or as long as one slow round of the host.
 * - **Say what is taken.** The answer to a smaller write call repeats the call's bytes. Bytes that the host added unseen
 *   are then lost for certain. The lane still keeps them, and gives them again.
 */
import { hostLimits } from "@faultwire/fault-protocol";
import { joinBytes } from "@faultwire/http1";
import type { HostPace } from "./host-pace.ts";
import { joinParts, type TimedPart } from "./timed-parts.ts";
import type { Timers } from "./timers.ts";
import { UnseenBytes } from "./unseen-bytes.ts";

export interface LaneOptions {
  readonly timers: Timers;
  /** The host's pace, shared by all tunnels. */
  readonly pace: HostPace;
  /** After the release of a partly filled write call, a read answer waits at least this long, in ms. Default 5. */
  readonly guardMs?: number;
  /**
   * Answered bytes count as lost when the host reads on and has not shown them for at least this long, in ms. Default
   * 5000. It is long because the two mistakes differ: to give slow bytes again breaks the tunnel, to wait for lost bytes
   * only delays it.
   */
  readonly echoTimeoutMs?: number;
  /** False where the host wrapped one side only. Then there is no echo, and the lane answers every call at once. */
  readonly paired?: boolean;
}

/**
 * The write call of a full chunk waits at most this long for the next read call, in ms. The answer to that read call then
 * goes into the same buffer of the host.
 */
const maxRideMs = 20;
/**
 * When this many write calls with filler in a row hold less than a full buffer, the host has shown everything that it
 * still had.
 */
const maxPartFences = 100;
/** A timer that fires later than this shows that this process was busy: calls may have come unread. In ms. */
const lateTimerMs = 50;

/** Filler for one buffer of the host. */
const oneBuffer = new Uint8Array(hostLimits.maxWriteChunkBytes);

/** The most parts of one answer. Each part takes one full buffer of the host, and all parts go in one message. */
export const maxTimedParts: number = Math.floor(
  hostLimits.maxAnswerChunkBytes / hostLimits.maxWriteChunkBytes,
);

/** Answers a read call. The lane calls it once at the most. */
export interface ReadReply {
  /** These bytes go on; never empty. */
  forward(bytes: Uint8Array): void;
}
/** Answers a write call. The lane calls one of its functions, once at the most. */
export interface WriteReply {
  /** The host writes what its buffer holds. Only for a full buffer: the host can have added nothing to it. */
  release(): void;
  /** The host offers the same bytes again, with those that have come meanwhile. */
  offerAgain(): void;
  /** The host writes these bytes in place of those offered. */
  replace(bytes: Uint8Array): void;
  /** The direction ends with an error: the echo differs from the answer. */
  refuse(): void;
}

/** What a lane tells of the host. */
export type LaneNews =
  /** No echo comes. */
  | { readonly kind: "unpaired" }
  /** The host had lost so many bytes, and they were given again. */
  | { readonly kind: "recovered"; readonly bytes: number }
  /** The echo differs from the answer. */
  | { readonly kind: "mismatch"; readonly expectedBytes: number; readonly foundBytes: number };

interface HeldRead {
  readonly bytes: Uint8Array;
  readonly reply: ReadReply;
  readonly since: number;
  readonly full: boolean;
  /** Where the bytes are filler: the parts that go out in their place. */
  readonly parts?: TimedPart[];
}
interface HeldWrite {
  readonly chunk: Uint8Array;
  readonly reply: WriteReply;
  readonly since: number;
}

/** The gate of one direction. It takes every call of the direction and answers each, at once or later. */
export class Lane {
  readonly #timers: Timers;
  readonly #pace: HostPace;
  readonly #guardMs: number;
  readonly #echoTimeoutMs: number;
  readonly #onNews: (news: LaneNews) => void;

  /** Bytes of read answers that no write call has been released with yet, in order. */
  readonly #unseen = new UnseenBytes();
  #read: HeldRead | undefined;
  #write: HeldWrite | undefined;
  /** When the last partly filled write call was released. */
  #releasedAt = Number.NEGATIVE_INFINITY;
  /** How many bytes that call showed. */
  #releasedBytes = 0;
  /** When the answer was given that makes the host send the next write call. */
  #answeredAt: number | undefined;
  #echoed = false;
  #paired: boolean;
  #rides = false;
  /** The parts that go out in place of the filler that has not come back: one part for each full buffer. */
  #parts: TimedPart[] = [];
  /** Bytes of filler that the host has got and has not shown again. */
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

  /** Whether answers to read calls come back in write calls. */
  get paired(): boolean {
    return this.#paired;
  }

  /** Whether an answer can go out in parts: an echo of an earlier answer has come. */
  get isProven(): boolean {
    return this.#paired && this.#echoed;
  }

  /** Whether the host holds filler. No peer may ever get it. */
  get hasFiller(): boolean {
    return this.#fillerBytes > 0;
  }

  /** Whether a write call can be an echo. Before the first read answer it can't. */
  get expectsEcho(): boolean {
    return this.#paired && (this.#echoed || this.#unseen.length > 0);
  }

  /** Bytes that are kept until the host has shown them: one read answer and one buffer at the most. */
  get unseenBytes(): number {
    return this.#unseen.length;
  }

  /** Takes a read call that is to be answered with `bytes` (not empty). `chunkBytes`: how much the host had read. */
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
   * As {@link read}, with filler behind the bytes, so that every buffer of the host is full. The host can add nothing to
   * it, so no byte is lost and no call has to wait. The filler comes back in the last write call; the answer to that call
   * holds the real bytes alone.
   */
  pad(bytes: Uint8Array, reply: ReadReply): void {
    if (!this.#paired) {
      reply.forward(bytes);
      return;
    }
    const size = hostLimits.maxWriteChunkBytes;
    const atMs = this.#timers.now();
    if (bytes.length < size) {
      // No copy: the read answer is filler alone, and the write call is answered with the bytes.
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
   * Takes a read call whose answer goes out in parts, each at its time; {@link maxTimedParts} at the most. The host gets a
   * full buffer of filler for each part. Each buffer comes back in a write call of its own. The lane holds that call until
   * the part is due, and answers it with the part in place of the filler. Behind the last part the host reads on.
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
   * Ends the wait of a last part of {@link drip} that never goes by itself. These bytes go in its place; without any, the
   * direction ends there with an error.
   */
  settleLast(bytes: Uint8Array): void {
    for (const parts of [this.#parts, this.#read?.parts ?? []]) {
      if (parts.at(-1)?.atMs !== Number.POSITIVE_INFINITY) continue;
      parts[parts.length - 1] = { bytes, atMs: this.#timers.now() };
      this.#pump();
      return;
    }
  }

  /** Takes a write call: an echo of read answers. */
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

  /** Forgets a waiting read call. The caller answers it in another way. */
  dropRead(): void {
    this.#read = undefined;
    this.#pump();
  }

  /** From now on there are no echoes. A waiting read call is answered at once. */
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

  /** All parts that wait for their time are due now. */
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

  /** Without an echo: all parts go in place of the first filler, and the direction ends at the next filler. */
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

  /** The host has lost some filler. There is still a write call for every part. */
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
    // A part without bytes is an end.
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
    // Answered bytes have not come back. Their write call may be on its way on the other connection, the host may have
    // lost them, or the host has never wrapped the other side.
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

  /**
   * Has the host offer the write call again, because the missing bytes are on their way. The first few times at once, then
   * once a millisecond.
   */
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

  /** The host shows bytes that stand `at` bytes behind the expected ones: it has lost those before. */
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
   * Where in the unseen bytes the chunk stands. 0: as expected. More: so many bytes were lost. -1: nowhere. The host loses
   * bytes that it added to its buffer during the last partly filled call: either all that was answered, or as much as the
   * buffer had room for.
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
