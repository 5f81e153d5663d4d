/** A line to an upstream that leads through a proxy: open once the proxy has made its tunnel. */

import type { EndKind } from "@faultwire/fault-session";
import { type Guard, type Line, type LineEars, silentEars, WrappedLine } from "@faultwire/lines";
import type { Clock } from "@faultwire/runtime";
import { ChainError } from "../upstream/chain-error.ts";
import type { TunnelHandshake } from "../upstream/handshake-step.ts";
import { BeforeOpen } from "./before-open.ts";

/** What a line through a proxy needs. */
export interface ChainedLineOptions {
  readonly handshake: TunnelHandshake;
  readonly clock: Clock;
  readonly guard: Guard;
  /** The proxy, as logs and clients hear of it. */
  readonly proxy: string;
  /** How long the proxy may take from being dialled to its answer, in ms. */
  readonly handshakeMs: number;
  /** Says in words why the proxy itself can't be connected to. */
  readonly words: (error: Error) => string;
}

export class ChainedLine extends WrappedLine {
  readonly #handshake: TunnelHandshake;
  readonly #proxy: string;
  readonly #cancelTimer: () => void;
  #ears: LineEars = silentEars;
  #isOpen = false;
  #hasFailed = false;
  #hasOwnEnd = false;
  readonly #before = new BeforeOpen();

  /** @param line - To the proxy; open, or being opened. From now on it is this line's. */
  constructor(line: Line, { handshake, proxy, clock, guard, handshakeMs, words }: ChainedLineOptions) {
    super(line);
    this.#handshake = handshake;
    this.#proxy = proxy;
    this.#cancelTimer = clock.after(handshakeMs, () =>
      guard(() =>
        this.#fail(new ChainError("PROXY_TIMEOUT", `it did not answer within ${handshakeMs} ms`, 504)),
      ),
    );
    line.listen({
      data: (bytes) => this.#heard(bytes),
      ended: (how) => {
        if (this.#isOpen) this.#ears.ended(how);
        else this.#fail(new ChainError("PROXY_BROKEN", "it ended the connection without an answer"));
      },
      drained: () => this.#ears.drained(),
      failed: (error) => this.#fail(new ChainError("PROXY_UNREACHABLE", words(error))),
      closed: () => {
        this.#cancelTimer();
        this.#ears.closed();
        this.#ears = silentEars;
      },
    });
    line.write(handshake.hello);
    line.setPaused(false);
  }

  override get needsDrain(): boolean {
    return this.#before.isFull || this.line.needsDrain;
  }
  override get waitingBytes(): number {
    return this.line.waitingBytes + this.#before.waitingBytes;
  }
  override get peerEnd(): EndKind | undefined {
    return this.#isOpen ? this.line.peerEnd : undefined;
  }
  override get hasEnded(): boolean {
    return this.#hasOwnEnd || this.line.hasEnded;
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
  }
  override write(bytes: Uint8Array): void {
    if (this.hasEnded) return;
    (this.#isOpen ? this.line : this.#before).write(bytes);
  }
  override end(how: EndKind): void {
    if (this.hasEnded) return;
    this.#hasOwnEnd = true;
    // A tunnel that is not there yet still gets what was written.
    if (this.#isOpen || !this.#before.end(how)) this.line.end(how);
  }
  override whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    if (this.#isOpen || !this.#before.whenGone(what, told)) this.line.whenGone(what, told);
  }
  override setPaused(isPaused: boolean): void {
    // The proxy's answer is read in any case.
    this.line.setPaused(isPaused && this.#isOpen);
  }
  override destroy(): void {
    this.#cancelTimer();
    this.line.destroy();
  }

  #heard(bytes: Uint8Array): void {
    if (this.#isOpen) {
      this.#ears.data(bytes);
      return;
    }
    if (this.#hasFailed) return;
    const step = this.#handshake.push(bytes);
    switch (step.kind) {
      case "more":
        if (step.say) this.line.write(step.say);
        return;
      case "refused":
        this.#fail(step.error);
        return;
      case "open":
        this.#open(step.rest);
        return;
      default:
        step satisfies never;
    }
  }

  #open(rest: Uint8Array): void {
    this.#cancelTimer();
    const wasFull = this.#before.release(this.line, this.line, () => {
      this.#isOpen = true;
    });
    this.#ears.opened?.();
    if (wasFull && !this.needsDrain) this.#ears.drained();
    if (rest.length > 0) this.#ears.data(rest);
  }

  #fail(error: ChainError): void {
    if (this.#isOpen || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#cancelTimer();
    this.#ears.failed?.(error.through(this.#proxy));
    this.line.destroy();
  }
}
