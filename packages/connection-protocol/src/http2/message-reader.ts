/** Length-prefixed messages of a stream ("gRPC over HTTP/2", Length-Prefixed-Message). */
import { ConnectionProtocolError } from "../connection-protocol-error.ts";

/** A byte of flags, four of length. */
export const prefixBytes = 5;

/** Puts messages together. A declared length is held against the limit before anything of the message is kept. */
export class MessageReader {
  readonly #maxMessageBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #wantedBytes = prefixBytes;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that have come and make no message yet. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the next bytes. Messages that came whole are views of them.
   *
   * @throws ConnectionProtocolError `too-much`, `bad-message` for a compressed one
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    const messages: Uint8Array[] = [];
    while (this.#bytes >= this.#wantedBytes) {
      const [first] = this.#parts;
      const all = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts, this.#bytes);
      const size = prefixBytes + this.#readPrefix(all);
      if (all.length < size) {
        this.#parts = [all];
        this.#wantedBytes = size;
        break;
      }
      messages.push(all.subarray(prefixBytes, size));
      this.#parts = all.length > size ? [all.subarray(size)] : [];
      this.#bytes = all.length - size;
      this.#wantedBytes = prefixBytes;
    }
    return messages;
  }

  #readPrefix(bytes: Uint8Array): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset, prefixBytes).getUint32(1);
    if (bytes[0] !== 0)
      throw new ConnectionProtocolError("bad-message", "a message is compressed; identity expected");
    if (length > this.#maxMessageBytes)
      throw new ConnectionProtocolError(
        "too-much",
        `a message of ${length} bytes; up to ${this.#maxMessageBytes} expected`,
      );
    return length;
  }
}
