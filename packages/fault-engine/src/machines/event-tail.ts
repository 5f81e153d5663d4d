/** The last events of a stream, held until it is known that the stream ends behind them. */
import type { StreamItem } from "../formats/stream-item.ts";

/** Bytes that are held, at the most. A server whose last events are larger would be stored without end. */
export const MAX_TAIL_BYTES = 1_048_576;

/** An item with all of its bytes. */
export interface Block {
  readonly item: StreamItem;
  readonly bytes: Uint8Array;
  /** An event that counts. */
  readonly isEvent: boolean;
  /** With it the answer is complete. */
  readonly isLast: boolean;
}

/** Holds the last `events` events, and what stands between and behind them. What is older comes out again. */
export class EventTail {
  readonly #events: number;
  #blocks: Block[] = [];
  #held = 0;
  #bytes = 0;

  constructor(events: number) {
    this.#events = events;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether as many events are held as were asked for. */
  get isFull(): boolean {
    return this.#held === this.#events;
  }

  /** Takes a block. @returns what is no longer among the last ones, in order. */
  push(block: Block): Block[] {
    this.#blocks.push({ ...block, bytes: block.bytes.slice() });
    this.#bytes += block.bytes.length;
    if (block.isEvent) this.#held++;
    const out: Block[] = [];
    for (let [first] = this.#blocks; first !== undefined; [first] = this.#blocks) {
      if (first.isEvent && this.#held <= this.#events) break;
      this.#blocks.shift();
      this.#bytes -= first.bytes.length;
      if (first.isEvent) this.#held--;
      out.push(first);
    }
    return out;
  }

  /** Gives up all that is held, in order. */
  release(): Block[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    this.#bytes = 0;
    this.#held = 0;
    return blocks;
  }
}
