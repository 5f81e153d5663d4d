/** A line that is a socket. */
import type { Socket } from "node:net";
import type { EndKind } from "@faultwire/fault-session";
import { after } from "@faultwire/timers";
import { resetStream } from "@faultwire/tls-bridge";
import type { Line, LineEars } from "./line.ts";

/**
 * How long a reset stays behind the last byte, in ms. Systems throw away what was not read when a reset comes, and Node's
 * own clients take one that comes together with bytes for a FIN.
 */
const resetGapMs = 50;

interface Waiter {
  /** Bytes up to which it waits. */
  readonly atByte: number;
  readonly needsEnd: boolean;
  readonly told: (isGone: boolean) => void;
}

const silentEars: LineEars = { data() {}, ended() {}, drained() {}, closed() {} };

export class SocketLine implements Line {
  readonly #socket: Socket;
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

  /** @param socket - made with `allowHalfOpen`; open, or being opened. From now on it is this line's. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isOpening = socket.connecting;
    socket.pause();
    socket.on("data", (chunk: Uint8Array) => this.#ears.data(chunk));
    socket.on("end", () => this.#ended("fin"));
    socket.on("drain", () => this.#ears.drained());
    socket.on("connect", () => {
      this.#isOpening = false;
      this.#ears.opened?.();
    });
    socket.on("error", (error) => {
      if (this.#isOpening) this.#ears.failed?.(error);
      else this.#ended("reset");
    });
    socket.on("close", () => this.#closed());
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain;
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
      this.#goneAtMs = performance.now();
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
    const gapMs = this.#goneAtMs + resetGapMs - performance.now();
    if (gapMs <= 0) resetStream(this.#socket);
    // Behind what the loop reads now: the peer may be this same process.
    else after(gapMs, () => setImmediate(() => resetStream(this.#socket)));
  }

  #ended(how: EndKind): void {
    if (this.#isClosed || this.#peerEnd === "reset" || this.#peerEnd === how) return;
    this.#peerEnd = how;
    this.#ears.ended(how);
  }

  #tell(): void {
    if (this.#end === "reset" && !this.#isClosed) this.#resetWhenSent();
    const isGone = ({ atByte, needsEnd }: Waiter): boolean =>
      this.#goneBytes >= atByte && (!needsEnd || this.#isEndGone);
    // Not in order: an end that is waited for may come long behind bytes that are waited for later.
    const gone = this.#waiters.filter(isGone);
    this.#waiters = this.#waiters.filter((waiter) => !gone.includes(waiter));
    for (const { told } of gone) told(true);
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
