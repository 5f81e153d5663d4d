/** Length-prefixed messages: a byte of flags, four of length, the message (gRPC over HTTP/2, "Requests"). */

import { Code, ConnectError } from "@connectrpc/connect";

/** Bytes before each message. */
export const envelopePrefixBytes = 5;

/** The message is compressed: the lowest bit of the flags. */
const compressedFlag = 1;

/**
 * Puts the one message of a unary request together. Nothing is kept of a message that declares too many bytes, and
 * what is declared is never allocated before it is there: a prefix costs its sender nothing.
 */
export class EnvelopeReader {
  readonly #maxMessageBytes: number;
  /** The flags, and -1 while they are not there. */
  #flags = -1;
  #messageBytes = 0;
  #message: Uint8Array | undefined;
  #pending: Uint8Array[] | undefined;
  #pendingBytes = 0;

  /** @param maxMessageBytes - the longest message that is taken; the prefix does not count. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that have come and make no message yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
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
    if (this.#pending !== undefined) {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
      const wanted = this.#flags < 0 ? envelopePrefixBytes : envelopePrefixBytes + this.#messageBytes;
      if (this.#pendingBytes < wanted) return;
      bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes);
      this.#pending = [bytes];
    }
    if (bytes.length >= envelopePrefixBytes) {
      if (this.#flags < 0) this.#readPrefix(bytes);
      const end = envelopePrefixBytes + this.#messageBytes;
      if (bytes.length > end) throw extraMessage();
      if (bytes.length === end) {
        // Not `subarray`: of a Buffer that gives a Buffer, whose `slice` does not copy as a Uint8Array's does.
        this.#message = new Uint8Array(
          bytes.buffer,
          bytes.byteOffset + envelopePrefixBytes,
          this.#messageBytes,
        );
        this.#pending = undefined;
        this.#pendingBytes = 0;
        return;
      }
    }
    if (this.#pending !== undefined) return;
    this.#pending = [bytes];
    this.#pendingBytes = bytes.length;
  }

  /**
   * The message, when the request is at its end.
   *
   * @throws ConnectError `InvalidArgument` for a message that is cut short, `Unimplemented` for none, `Internal` for
   * a compressed one.
   */
  end(): Uint8Array {
    if (this.#message === undefined) {
      if (this.#pendingBytes > 0)
        throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
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

function extraMessage(): ConnectError {
  return new ConnectError(
    "protocol error: received extra input message for unary method",
    Code.Unimplemented,
  );
}
