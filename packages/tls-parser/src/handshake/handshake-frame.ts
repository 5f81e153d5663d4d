/** Bytes in front of every handshake message's body: type and length (RFC 8446 section 4). */
export const HANDSHAKE_HEADER_BYTES = 4;

/**
 * One complete handshake message, not decoded yet. {@link body} and {@link bytes} are views, made when asked for; they
 * live as long as those of {@link TlsRecord}.
 */
export class HandshakeFrame {
  /** One of {@link HandshakeType}, or any other number. */
  readonly type: number;
  /** Bytes of the body, header not included. */
  readonly length: number;
  readonly #source: Uint8Array;
  readonly #start: number;

  /**
   * @param source - bytes that hold the whole message
   * @param start - where its header begins in `source`
   */
  constructor(type: number, length: number, source: Uint8Array, start: number) {
    this.type = type;
    this.length = length;
    this.#source = source;
    this.#start = start;
  }

  /** What stands behind the header: what the decoders take. */
  get body(): Uint8Array {
    const start = this.#start + HANDSHAKE_HEADER_BYTES;
    return this.#source.subarray(start, start + this.length);
  }

  /** The message as the transcript hash takes it: header and body. */
  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#start + this.byteLength);
  }

  /** Bytes of the message, the header's four included. */
  get byteLength(): number {
    return HANDSHAKE_HEADER_BYTES + this.length;
  }
}
