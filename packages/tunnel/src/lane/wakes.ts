/**
 * When a lane answers read calls, so that the answers wake the host. A write that a socket takes in part waits for a wake, and
 * one that comes before the write is for nothing. A lane does not see when the host writes: the later the answer, the surer.
 */
import type { HostPace } from "../host-pace.ts";
import { laneLimits } from "./lane-calls.ts";

/** When a write call is to be asked for, and how. */
export interface NextAsk {
  readonly atMs: number;
  /** With tokens that may bring no write call, because more read calls are sure to come. */
  readonly isFew: boolean;
}

export class Wakes {
  readonly #pace: HostPace;
  readonly #leastGuardMs: number;
  /** When the last write call was answered. */
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  /** When tokens were last given. */
  #givenAtMs = 0;
  /** How often few tokens were given since the last write call. */
  #fewGiven = 0;
  /** Bytes that the receiver was sent since it last said something. */
  #sentBytes = 0;

  constructor(pace: HostPace, guardMs: number = 5) {
    this.#pace = pace;
    this.#leastGuardMs = guardMs;
  }

  /** Bytes that the receiver was sent since it last said something: all that has to be kept at rest. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  resume(sentBytes: number): void {
    this.#sentBytes = sentBytes;
  }

  /** Tokens were given. */
  given(nowMs: number): void {
    this.#givenAtMs = nowMs;
  }

  /** They were few. */
  fewGiven(): void {
    this.#fewGiven++;
  }

  /** A write call has come. */
  writeCame(nowMs: number): void {
    const roundMs = nowMs - this.#givenAtMs;
    if (this.#fewGiven <= 1 && roundMs < laneLimits.maxGuardMs) this.#pace.sample(roundMs);
    this.#fewGiven = 0;
  }

  /** A write call was answered with so many bytes. */
  writeAnswered(nowMs: number, bytes: number): void {
    this.#answeredAtMs = nowMs;
    this.#sentBytes += bytes;
  }

  /** The receiver has said something: it has not fallen far behind. */
  receiverSpoke(): void {
    this.#sentBytes = 0;
  }

  /** Until when an answer could come too early to wake the host for its last write; never where no receiver can be behind. */
  get guardedUntilMs(): number {
    return this.#sentBytes < laneLimits.bulkBytes ? Number.NEGATIVE_INFINITY : this.wokenFromMs;
  }

  /** Until when an answer could come too early to wake the host for its last write, whatever the receiver has said since. */
  get wokenFromMs(): number {
    return this.#answeredAtMs + this.#guardMs;
  }

  /** When a read call that came then is answered with tokens. `isSure`: more read calls are sure to come. */
  nextAsk(sinceMs: number, isSure: boolean): NextAsk {
    const { tokenWaitsMs } = laneLimits;
    const wait = tokenWaitsMs[this.#fewGiven];
    if (isSure && wait !== undefined) return { atMs: sinceMs + wait, isFew: true };
    // The last wake for a long time: the host's buffer is full then, if it is still writing.
    if (isSure) return { atMs: sinceMs + this.#guardMs, isFew: false };
    // The write call that few tokens have asked for may be on its way.
    const patienceMs = this.#fewGiven > 0 ? tokenWaitsMs[1] : 0;
    return { atMs: Math.max(this.guardedUntilMs, sinceMs + patienceMs), isFew: false };
  }

  get #guardMs(): number {
    return Math.max(this.#leastGuardMs, Math.min(this.#pace.slowRoundMs, laneLimits.maxGuardMs));
  }
}
