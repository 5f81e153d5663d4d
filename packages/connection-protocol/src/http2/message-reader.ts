/** Length-prefixed messages of a stream ("gRPC over HTTP/2", Length-Prefixed-Message). */
import { ConnectionProtocolError } from "../connection-protocol-error.ts";

/** A byte of flags, four of length. */
export const prefixBytes = 5;

const EMPTY = new Uint8Array(0);

/**
 * Puts messages together. A declared length is held against the limit before anything of the message is kept. Parts of a message
 * are copied: a view of one byte would keep all that was read with it, 64 KiB or more.
 */
export class MessageReader {
  readonly #maxMessageBytes: number;
  /** The prefix and what has come of the message, with room behind it. */
  #kept: Uint8Array = EMPTY;
  #keptBytes = 0;
  #wantedBytes = prefixBytes;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that have come and make no message yet. */
  get pendingBytes(): number {
    return this.#keptBytes;
  }

  /** Memory that they take. */
  get heldBytes(): number {
    return this.#kept.length;
  }

  /** Forgets what has come. */
  drop(): void {
    this.#kept = EMPTY;
    this.#keptBytes = 0;
    this.#wantedBytes = prefixBytes;
  }

  /**
   * Takes the next bytes. Messages that came whole are views of them.
   *
   * @throws ConnectionProtocolError `too-much`, `bad-message` for a compressed one
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#keptBytes === 0 && rest.length >= prefixBytes) {
        const size = this.#sizeIn(rest);
        if (rest.length >= size) {
          messages.push(rest.subarray(prefixBytes, size));
          rest = rest.subarray(size);
          continue;
        }
      }
      const more = rest.subarray(0, this.#wantedBytes - this.#keptBytes);
      this.#keep(more);
      rest = rest.subarray(more.length);
      if (this.#keptBytes === prefixBytes) this.#wantedBytes = this.#sizeIn(this.#kept);
      if (this.#keptBytes < this.#wantedBytes) continue;
      messages.push(this.#kept.subarray(prefixBytes, this.#wantedBytes));
      this.drop();
    }
    return messages;
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#keptBytes + bytes.length;
    if (length > this.#kept.length) {
      // Never more than the message: what is declared is not allocated before it is there.
      const larger = new Uint8Array(Math.max(length, Math.min(this.#wantedBytes, 2 * this.#kept.length)));
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#kept.set(bytes, this.#keptBytes);
    this.#keptBytes = length;
  }

  /** The size of a message with its prefix, which it begins with. */
  #sizeIn(bytes: Uint8Array): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset, prefixBytes).getUint32(1);
    if (bytes[0] !== 0)
      throw new ConnectionProtocolError("bad-message", "a message is compressed; identity expected");
    if (length > this.#maxMessageBytes)
      throw new ConnectionProtocolError(
        "too-much",
        `a message of ${length} bytes; up to ${this.#maxMessageBytes} expected`,
      );
    return prefixBytes + length;
  }
}
