/** One limit for the messages of all calls that have not come to their end. */

/** A call whose message is kept. */
export interface MessageHolder {
  /** Too much is kept: it must forget its message. */
  giveWay(): void;
}

/** What is counted. */
export interface MessageMemoryOptions {
  /** Memory for messages that are not whole, or whose request has not ended, in bytes. */
  readonly maxBytes: number;
  /** Told of each call that had to give way, with the bytes that it had kept. */
  readonly onGivesWay?: (bytes: number) => void;
}

/**
 * Counts the memory of messages that are still coming, over all calls and connections that share it. When it is too much,
 * the call gives way whose message has grown least recently: a caller that works sends its message in one go.
 */
export class MessageMemory {
  readonly #options: MessageMemoryOptions;
  /** The least recently grown first. */
  readonly #held = new Map<MessageHolder, number>();
  #heldBytes = 0;

  constructor(options: MessageMemoryOptions) {
    this.#options = options;
  }

  /** What is kept now, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A call keeps so many bytes now. It may have to give way itself, within this call. */
  hold(holder: MessageHolder, bytes: number): void {
    this.release(holder);
    this.#held.set(holder, bytes);
    this.#heldBytes += bytes;
    if (this.#heldBytes <= this.#options.maxBytes) return;
    for (const [each, itsBytes] of this.#held) {
      this.release(each);
      this.#options.onGivesWay?.(itsBytes);
      each.giveWay();
      if (this.#heldBytes <= this.#options.maxBytes) return;
    }
  }

  /** A call keeps nothing any more. */
  release(holder: MessageHolder): void {
    this.#heldBytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
