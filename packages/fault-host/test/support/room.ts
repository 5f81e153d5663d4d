import type { SendBuffer } from "../../src/index.ts";

/** A socket's room that a test gives: nothing more leaves than that. */
export class Room implements SendBuffer {
  #bytes: number;
  #onRoom: (() => void) | undefined;

  /** @param bytes What fits before anything is given. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Whether the host waits to be told of room. It does not after a write that was taken in part. */
  get isAwaited(): boolean {
    return this.#onRoom !== undefined;
  }

  take(offered: number, onRoom: () => void): number {
    const taken = Math.min(offered, this.#bytes);
    this.#bytes -= taken;
    if (taken === 0) this.#onRoom = onRoom;
    return taken;
  }

  /** The receiver has read so many bytes more. */
  give(bytes: number): void {
    this.#bytes += bytes;
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }
}
