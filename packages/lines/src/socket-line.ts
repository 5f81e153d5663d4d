/** A line that is a socket. */
import type { Socket } from "node:net";
import type { EndKind } from "@faultwire/fault-session";

import { resetStream } from "@faultwire/tls-bridge/internal";
import { type Line, type LineClock, type LineEars, silentEars } from "./line.ts";

/**
 * How long a reset stays behind the last byte, in ms. Systems throw away what was not read when a reset comes, and Node's
 * own clients take one that comes together with bytes for a FIN.
 */
const resetGapMs = 50;

/**
 * Bytes that wait to be written before the other peer waits. Node's own measure, 16 KiB, is less than one read brings, so
 * that each read would stop the peer and start it again.
 */
const maxUnsentBytes = 262_144;

interface Waiter {
  /** Bytes up to which it waits. */
  readonly atByte: number;
  readonly needsEnd: boolean;
  readonly told: (isGone: boolean) => void;
}

/** A peer's socket as a line: writes wait while the socket is full, and an end goes behind them. */
export class SocketLine implements Line {
  readonly #socket: Socket;
  readonly #clock: LineClock;
  readonly #onBug: (error: unknown) => void;
  #ears: LineEars = silentEars;
  #isOpening: boolean;
  #isClosed = false;
  #peerEnd: EndKind | undefined;
  #end: EndKind | undefined;
  /** The end has gone out. */
  #isEndGone = false;
  #writtenBytes = 0;
  #goneBytes = 0;
  #goneAtMs = Number.NEGATIVE_INFINITY;
  #isResetDue = false;
  #waiters: Waiter[] = [];

  /**
   * @param socket - made with `allowHalfOpen`; open, or being opened. From now on it is this line's.
   * @param onBug - Told what an ear has thrown, or somebody who waited.
   */
  constructor(socket: Socket, clock: LineClock, onBug: (error: unknown) => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onBug = onBug;
    this.#isOpening = socket.connecting;
    socket.pause();
    // One function for each event: a connection that is open and quiet keeps them all.
    socket.on("data", (chunk) => this.#heard(chunk));
    socket.on("end", () => this.#guard(() => this.#ended("fin")));
    socket.on("drain", () => this.#guard(() => this.#ears.drained()));
    socket.on("connect", () => this.#guard(() => this.#opened()));
    socket.on("error", (error) => this.#guard(() => this.#failed(error)));
    socket.on("close", () => this.#guard(() => this.#closed()));
  }

  get needsDrain(): boolean {
    return this.waitingBytes > maxUnsentBytes && this.#socket.writableNeedDrain;
  }
  get waitingBytes(): number {
    return this.#writtenBytes - this.#goneBytes;
  }
  get peerEnd(): EndKind | undefined {
    return this.#peerEnd;
  }
  get hasEnded(): boolean {
    return this.#end !== undefined || this.#isClosed;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  listen(ears: LineEars): void {
    this.#ears = ears;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.hasEnded) return;
    this.#writtenBytes += bytes.length;
    this.#socket.write(bytes, (error) => {
      if (error) return;
      this.#goneBytes += bytes.length;
      this.#goneAtMs = this.#clock.now();
      this.#tell();
    });
  }

  end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#end = how;
    if (how === "fin")
      this.#socket.end(() => {
        this.#isEndGone = true;
        this.#tell();
      });
    else this.#resetWhenSent();
  }

  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    if (this.#isClosed) return;
    this.#waiters.push({ atByte: this.#writtenBytes, needsEnd: what === "ended", told });
    this.#tell();
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** A reset throws away what the system has not sent, so that it waits for what was written. */
  #resetWhenSent(): void {
    if (this.waitingBytes > 0 || this.#isResetDue) return;
    this.#isResetDue = true;
    const gapMs = this.#goneAtMs + resetGapMs - this.#clock.now();
    if (gapMs <= 0) resetStream(this.#socket);
    // Behind what the loop reads now: the peer may be this same process.
    else this.#clock.after(gapMs, () => setImmediate(() => resetStream(this.#socket)));
  }

  /** Does something of ours that an event loop calls; what it throws is told, and goes no further. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#onBug(error);
    }
  }

  #heard(chunk: Uint8Array): void {
    try {
      this.#ears.data(chunk);
    } catch (error) {
      this.#onBug(error);
    }
  }

  #opened(): void {
    this.#isOpening = false;
    this.#ears.opened?.();
  }

  #failed(error: Error): void {
    if (this.#isOpening) this.#ears.failed?.(error);
    else this.#ended("reset");
  }

  #ended(how: EndKind): void {
    if (this.#isClosed || this.#peerEnd === "reset" || this.#peerEnd === how) return;
    this.#peerEnd = how;
    this.#ears.ended(how);
  }

  #tell(): void {
    if (this.#end === "reset" && !this.#isClosed) this.#resetWhenSent();
    if (this.#waiters.length === 0) return;
    const isGone = ({ atByte, needsEnd }: Waiter): boolean =>
      this.#goneBytes >= atByte && (!needsEnd || this.#isEndGone);
    // Not in order: an end that is waited for may come long behind bytes that are waited for later.
    const gone: Waiter[] = [];
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!isGone(waiter)) return true;
      gone.push(waiter);
      return false;
    });
    for (const { told } of gone) this.#guard(() => told(true));
  }

  #closed(): void {
    this.#isClosed = true;
    // A reset has gone with the connection, unless the peer's own came first.
    if (this.#end === "reset" && this.#peerEnd !== "reset" && this.waitingBytes === 0) {
      this.#isEndGone = true;
      this.#tell();
    }
    this.#waiters = [];
    this.#ears.closed();
    this.#ears = silentEars;
  }
}
