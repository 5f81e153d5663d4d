/** Length-prefixed messages: a byte of flags, four of length, the message (gRPC over HTTP/2, "Requests"). */

import { Code, ConnectError } from "@connectrpc/connect";

/** Bytes before each message. */
export const envelopePrefixBytes = 5;

/** The message is compressed: the lowest bit of the flags. */
const compressedFlag = 1;

/**
 * Puts the one message of a unary request together. Nothing is kept of a message that declares too many bytes, and
 * what is declared is never allocated before it is there: a prefix costs its sender nothing. Parts of a message are copied: a
 * view of one byte would keep the 64 KiB that were read with it.
 */
export class EnvelopeReader {
  readonly #maxMessageBytes: number;
  /** The flags, and -1 while they are not there. */
  #flags = -1;
  #messageBytes = 0;
  #message: Uint8Array | undefined;
  /** The prefix and what has come of the message, with room behind it. */
  #kept: Uint8Array | undefined;
  #keptBytes = 0;

  /** @param maxMessageBytes - the longest message that is taken; the prefix does not count. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that have come and make no message yet. */
  get pendingBytes(): number {
    return this.#message === undefined ? this.#keptBytes : 0;
  }

  /** Memory that the message, or what there is of it, keeps from being freed, in bytes. */
  get heldBytes(): number {
    return this.#message?.buffer.byteLength ?? this.#kept?.length ?? 0;
  }

  /** What has come of the message so far, or all of it. */
  get part(): Uint8Array {
    return this.#message ?? this.#kept?.subarray(envelopePrefixBytes, this.#keptBytes) ?? new Uint8Array(0);
  }

  /** The length that the prefix has declared; `undefined` while it is not whole. */
  get declaredBytes(): number | undefined {
    return this.#flags < 0 ? undefined : this.#messageBytes;
  }

  /** Forgets what has come. No other function but {@link declaredBytes} may be called after this. */
  drop(): void {
    this.#message = undefined;
    this.#kept = undefined;
    this.#keptBytes = 0;
  }

  /**
   * Takes the next bytes. A chunk that holds a whole message is not copied: the message is a view of it.
   *
   * @throws ConnectError `ResourceExhausted` for a message that is longer than the limit, `Unimplemented` for bytes
   * behind the first message.
   */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#message !== undefined) throw extraMessage();
    let bytes = chunk;
    if (this.#flags < 0) {
      if (this.#keptBytes > 0 || bytes.length < envelopePrefixBytes) {
        const missing = envelopePrefixBytes - this.#keptBytes;
        this.#keep(bytes.subarray(0, missing));
        bytes = bytes.subarray(missing);
      }
      const prefix = this.#kept ?? bytes;
      if (this.#kept !== undefined && this.#keptBytes < envelopePrefixBytes) return;
      this.#readPrefix(prefix);
    }
    const end = envelopePrefixBytes + this.#messageBytes;
    const length = this.#keptBytes + bytes.length;
    if (length > end) throw extraMessage();
    if (this.#kept === undefined && length === end) {
      // Not `subarray`: of a Buffer that gives a Buffer, whose `slice` does not copy as a Uint8Array's does.
      this.#message = new Uint8Array(
        bytes.buffer,
        bytes.byteOffset + envelopePrefixBytes,
        this.#messageBytes,
      );
      return;
    }
    this.#keep(bytes);
    if (length === end) this.#message = this.#kept?.subarray(envelopePrefixBytes, end);
  }

  /**
   * The message, when the request is at its end.
   *
   * @throws ConnectError `InvalidArgument` for a message that is cut short, `Unimplemented` for none, `Internal` for
   * a compressed one.
   */
  end(): Uint8Array {
    if (this.#message === undefined) {
      if (this.#keptBytes > 0) throw incompleteMessage();
      throw new ConnectError("protocol error: missing input message for unary method", Code.Unimplemented);
    }
    if ((this.#flags & compressedFlag) !== 0)
      throw new ConnectError(
        "received compressed envelope, but do not know how to decompress",
        Code.Internal,
      );
    return this.#message;
  }

  #readPrefix(bytes: Uint8Array): void {
    this.#flags = bytes[0]!;
    this.#messageBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (this.#messageBytes > this.#maxMessageBytes)
      throw new ConnectError(
        `message size ${this.#messageBytes} is larger than configured readMaxBytes ${this.#maxMessageBytes}`,
        Code.ResourceExhausted,
      );
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#keptBytes + bytes.length;
    const kept = this.#kept;
    if (kept === undefined || kept.length < length) {
      const most = this.#flags < 0 ? envelopePrefixBytes : envelopePrefixBytes + this.#messageBytes;
      const room = new Uint8Array(Math.max(length, Math.min(2 * (kept?.length ?? 0), most)));
      if (kept !== undefined) room.set(kept.subarray(0, this.#keptBytes));
      this.#kept = room;
    }
    this.#kept?.set(bytes, this.#keptBytes);
    this.#keptBytes = length;
  }
}

/** The prefix of an uncompressed message. */
export function encodePrefix(messageBytes: number): Uint8Array {
  const prefix = Buffer.allocUnsafe(envelopePrefixBytes);
  prefix[0] = 0;
  prefix.writeUInt32BE(messageBytes, 1);
  return prefix;
}

/** A message behind its prefix, uncompressed, in one piece. */
export function encodeEnvelope(message: Uint8Array): Uint8Array {
  const envelope = Buffer.allocUnsafe(envelopePrefixBytes + message.length);
  envelope[0] = 0;
  envelope.writeUInt32BE(message.length, 1);
  envelope.set(message, envelopePrefixBytes);
  return envelope;
}

/** A request that ends before its message does. */
export function incompleteMessage(): ConnectError {
  return new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
}

function extraMessage(): ConnectError {
  return new ConnectError(
    "protocol error: received extra input message for unary method",
    Code.Unimplemented,
  );
}
