import { HeldBytes } from "@faultwire/http1/internal";
import type { Frame } from "./frame.ts";
import { DefaultSetting, FRAME_HEADER_BYTES } from "./wire-tables.ts";

/** A frame that is longer than we take. Nothing behind it is read. */
export interface OversizedFrame {
  /** The frame's type, known or not. */
  readonly type: number;
  /** The stream that it names. */
  readonly streamId: number;
  /** What its header declares. */
  readonly payloadBytes: number;
}

/**
 * Cuts one direction of a connection into frames, in whatever chunks it comes. Looks at frame headers alone.
 *
 * @example
 * ```ts
 * const reader = new FrameReader();
 * for (const frame of reader.push(chunk)) console.log(frame.type, frame.streamId, frame.payload.length);
 * if (reader.oversized) console.log(`a frame of ${reader.oversized.payloadBytes} bytes`);
 * ```
 */
export class FrameReader {
  readonly #held: HeldBytes = new HeldBytes();
  #maxFrameBytes: number;
  #oversized: OversizedFrame | undefined;

  /** @param maxFrameBytes - Bytes of a payload that are taken at most: what our SETTINGS_MAX_FRAME_SIZE says. */
  constructor(maxFrameBytes: number = DefaultSetting.MAX_FRAME_SIZE) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** From now on payloads of so many bytes are taken, if that is more than before. */
  allow(maxFrameBytes: number): void {
    this.#maxFrameBytes = Math.max(this.#maxFrameBytes, maxFrameBytes);
  }

  /** The frame that was too long, once there was one: from its header on nothing is read, and nothing is kept. */
  get oversized(): OversizedFrame | undefined {
    return this.#oversized;
  }

  /** Bytes of a frame whose rest is still to come. */
  get pendingBytes(): number {
    return this.#held.length;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the frames that are whole now. Payloads are views: of `chunk`, where the frame stood in it whole.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    if (this.#oversized) return frames;
    const data = this.#held.join(chunk);
    let at = 0;
    while (data.length - at >= FRAME_HEADER_BYTES) {
      const payloadBytes = (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
      const type = data[at + 3]!;
      const streamId =
        ((data[at + 5]! & 0x7f) << 24) | (data[at + 6]! << 16) | (data[at + 7]! << 8) | data[at + 8]!;
      // Before anything of it is kept.
      if (payloadBytes > this.#maxFrameBytes) {
        this.#oversized = { type, streamId, payloadBytes };
        this.#held.take();
        return frames;
      }
      const end = at + FRAME_HEADER_BYTES + payloadBytes;
      if (end > data.length) break;
      frames.push({
        type,
        flags: data[at + 4]!,
        streamId,
        payload: data.subarray(at + FRAME_HEADER_BYTES, end),
      });
      at = end;
    }
    this.#held.keep(data, at);
    return frames;
  }
}
