/** The client's connection as one upstream's part of it: the front reads from the client, and sees what goes to it. */
import type { EndKind } from "@faultwire/fault-session";
import type { Line, LineEars } from "../sockets/line.ts";

export class BorrowedLine implements Line {
  readonly #line: Line;
  readonly #wrote: (bytes: Uint8Array) => void;
  readonly #paused: (isPaused: boolean) => void;
  #ears: LineEars | undefined;

  /**
   * @param wrote - Told of what goes to the client, once it is on its way.
   * @param paused - Told whether there is room for what the client says.
   */
  constructor(line: Line, wrote: (bytes: Uint8Array) => void, paused: (isPaused: boolean) => void) {
    this.#line = line;
    this.#wrote = wrote;
    this.#paused = paused;
  }

  /** Who hears what the client does, as long as the line is borrowed. */
  get ears(): LineEars | undefined {
    return this.#ears;
  }
  get needsDrain(): boolean {
    return this.#line.needsDrain;
  }
  get waitingBytes(): number {
    return this.#line.waitingBytes;
  }
  get peerEnd(): EndKind | undefined {
    return this.#line.peerEnd;
  }
  get hasEnded(): boolean {
    return this.#line.hasEnded;
  }
  get isClosed(): boolean {
    return this.#line.isClosed;
  }

  listen(ears: LineEars): void {
    this.#ears = ears;
  }
  write(bytes: Uint8Array): void {
    this.#line.write(bytes);
    this.#wrote(bytes);
  }
  end(how: EndKind): void {
    this.#line.end(how);
  }
  whenGone(what: "sent" | "ended", told: (isGone: boolean) => void): void {
    this.#line.whenGone(what, told);
  }
  setPaused(isPaused: boolean): void {
    this.#paused(isPaused);
  }
  destroy(): void {
    this.#line.destroy();
  }
}
