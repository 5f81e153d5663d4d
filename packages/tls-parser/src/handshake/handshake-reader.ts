import { TlsParseError } from "../tls-parse-error.ts";
import { appended } from "../wire/appended.ts";
import { plainView } from "../wire/plain-view.ts";
import { HANDSHAKE_HEADER_BYTES, HandshakeFrame } from "./handshake-frame.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
const FIRST_KEPT_BYTES = 1024;

/** What a {@link HandshakeReader} keeps at most, unless it is told otherwise. */
export const handshakeLimits = {
  /**
   * Bytes of one handshake message's body. OpenSSL takes certificate lists of 100 KiB and ClientHellos of 128 KiB; an
   * honest peer sends no more.
   */
  messageBytes: 131_072,
} as const;

/** What a {@link HandshakeReader} may be told. */
export interface HandshakeReaderOptions {
  /**
   * Bytes that a message's body may declare; {@link handshakeLimits.messageBytes} unless given. Whoever sends the bytes could
   * otherwise make the reader keep 16 MiB per connection.
   */
  readonly maxMessageBytes?: number;
}

/**
 * Puts handshake messages together from the fragments of handshake records: one message may span records, one record
 * may carry many (RFC 8446 section 5.1).
 *
 * Iterate what {@link push} returns. The iteration throws {@link TlsParseError} `handshake-overflow` after the messages
 * in front of the one that is too long, and again on every later attempt. Memory grows with the bytes that came, never
 * with the length that was declared.
 *
 * @example
 * ```ts
 * const messages = new HandshakeReader();
 * for (const record of records.push(chunk))
 *   if (record.type === ContentType.handshake)
 *     for (const message of messages.push(record.fragment)) console.log(handshakeTypeName(message.type));
 * ```
 */
export class HandshakeReader implements IterableIterator<HandshakeFrame, undefined> {
  /** Takes effect with the next message. */
  maxMessageBytes: number;

  #consumedBytes = 0;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  // Where fragments were joined, because one was pushed before the last one was read.
  #store: Uint8Array | undefined;
  // The message whose bytes are incomplete. Its header is read from what is kept.
  #kept: Uint8Array | undefined;
  #arrived = 0;
  #error: TlsParseError | undefined;

  constructor(options: HandshakeReaderOptions = {}) {
    this.maxMessageBytes = options.maxMessageBytes ?? handshakeLimits.messageBytes;
  }

  /** Bytes of all messages that were handed out. */
  get consumedBytes(): number {
    return this.#consumedBytes;
  }

  /**
   * Bytes that were pushed and belong to no message that was handed out. Anything but 0 where keys change is a
   * violation of RFC 8446 section 5.1.
   */
  get pendingBytes(): number {
    return this.#arrived + this.#chunk.length - this.#at;
  }

  /** Adds the next fragment and returns the reader itself, to be iterated. */
  push(fragment: Uint8Array): this {
    if (this.#at === this.#chunk.length) {
      this.#chunk = plainView(fragment);
      this.#at = 0;
      this.#store = undefined;
    } else if (fragment.length > 0) this.#append(fragment);
    return this;
  }

  #append(more: Uint8Array): void {
    const { store, chunk, at } = appended({ store: this.#store, chunk: this.#chunk, at: this.#at }, more);
    this.#store = store;
    this.#chunk = chunk;
    this.#at = at;
  }

  /** The next complete message of the fragments pushed. */
  next(): IteratorResult<HandshakeFrame, undefined> {
    if (this.#error !== undefined) throw this.#error;
    const frame = this.#kept === undefined ? this.#whole() : this.#resume(this.#kept);
    if (frame === undefined) {
      this.#chunk = NOTHING;
      this.#at = 0;
      this.#store = undefined;
      return DONE;
    }
    this.#consumedBytes += frame.byteLength;
    return { done: false, value: frame };
  }

  /** The messages that are whole; iterates what {@link push} has been given. */
  [Symbol.iterator](): this {
    return this;
  }

  #whole(): HandshakeFrame | undefined {
    const chunk = this.#chunk;
    const at = this.#at;
    const available = chunk.length - at;
    if (available === 0) return undefined;
    if (available >= HANDSHAKE_HEADER_BYTES) {
      const length = this.#lengthAt(chunk, at);
      if (available >= HANDSHAKE_HEADER_BYTES + length) {
        this.#at = at + HANDSHAKE_HEADER_BYTES + length;
        return new HandshakeFrame(chunk[at]!, length, chunk, at);
      }
    }
    this.#kept = new Uint8Array(Math.max(FIRST_KEPT_BYTES, available));
    return this.#resume(this.#kept);
  }

  #resume(kept: Uint8Array): HandshakeFrame | undefined {
    if (this.#arrived < HANDSHAKE_HEADER_BYTES) {
      kept = this.#take(kept, HANDSHAKE_HEADER_BYTES);
      if (this.#arrived < HANDSHAKE_HEADER_BYTES) return undefined;
    }
    const length = this.#lengthAt(kept, 0);
    const total = HANDSHAKE_HEADER_BYTES + length;
    kept = this.#take(kept, total);
    if (this.#arrived < total) return undefined;
    this.#kept = undefined;
    this.#arrived = 0;
    return new HandshakeFrame(kept[0]!, length, kept, 0);
  }

  /** Moves bytes from the fragment to the message until it has `total`, or the fragment has no more. */
  #take(kept: Uint8Array, total: number): Uint8Array {
    const count = Math.min(total - this.#arrived, this.#chunk.length - this.#at);
    if (this.#arrived + count > kept.length) {
      const grown = new Uint8Array(Math.min(total, Math.max(this.#arrived + count, 2 * kept.length)));
      grown.set(kept.subarray(0, this.#arrived));
      this.#kept = grown;
      kept = grown;
    }
    kept.set(this.#chunk.subarray(this.#at, this.#at + count), this.#arrived);
    this.#at += count;
    this.#arrived += count;
    return kept;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length > this.maxMessageBytes) {
      this.#error = new TlsParseError({
        code: "handshake-overflow",
        offset: this.#consumedBytes + 1,
        field: "handshake.length",
        detail: `${length}, at most ${this.maxMessageBytes} allowed`,
      });
      throw this.#error;
    }
    return length;
  }
}
