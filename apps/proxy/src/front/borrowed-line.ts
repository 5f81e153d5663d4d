/** The client's connection as one upstream's part of it: the front reads from the client, and sees what goes to it. */
import { type Line, type LineEars, WrappedLine } from "@faultwire/lines";

export class BorrowedLine extends WrappedLine {
  readonly #wrote: (bytes: Uint8Array) => void;
  readonly #paused: (isPaused: boolean) => void;
  #ears: LineEars | undefined;

  /**
   * @param wrote - Told of what goes to the client, once it is on its way.
   * @param paused - Told whether there is room for what the client says.
   */
  constructor(line: Line, wrote: (bytes: Uint8Array) => void, paused: (isPaused: boolean) => void) {
    super(line);
    this.#wrote = wrote;
    this.#paused = paused;
  }

  /** Who hears what the client does, as long as the line is borrowed. */
  get ears(): LineEars | undefined {
    return this.#ears;
  }

  override listen(ears: LineEars): void {
    this.#ears = ears;
  }
  override write(bytes: Uint8Array): void {
    this.line.write(bytes);
    this.#wrote(bytes);
  }
  override setPaused(isPaused: boolean): void {
    this.#paused(isPaused);
  }
}
