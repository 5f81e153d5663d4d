import { RECORD_HEADER_BYTES } from "./record-limits.ts";

const NOTHING = new Uint8Array(0);

/**
 * One complete record (`TLSPlaintext` or `TLSCiphertext`, RFC 8446 sections 5.1 and 5.2).
 *
 * {@link fragment} and {@link bytes} are views, made when asked for. They look into the chunk that was pushed when the
 * record lay in it as a whole, else into memory of the record's own; whoever reuses the buffers that he pushes must
 * copy what he wants to keep.
 */
export class TlsRecord {
  /** The content type, one of {@link ContentType}. */
  readonly type: number;
  /** 0x0300–0x0304, whatever version the connection really speaks. */
  readonly legacyVersion: number;
  /** Bytes of the fragment, header not included. */
  readonly length: number;
  /** Whether the reader was told to skip such records: then {@link fragment} and {@link bytes} are empty. */
  readonly skipped: boolean;
  readonly #source: Uint8Array | undefined;
  readonly #start: number;

  /**
   * @param source - bytes that hold the whole record; undefined for a record that was skipped
   * @param start - where its header begins in `source`
   */
  constructor(
    type: number,
    legacyVersion: number,
    length: number,
    source: Uint8Array | undefined,
    start: number,
  ) {
    this.type = type;
    this.legacyVersion = legacyVersion;
    this.length = length;
    this.skipped = source === undefined;
    this.#source = source;
    this.#start = start;
  }

  /** What the record carries, encrypted or not. */
  get fragment(): Uint8Array {
    if (this.#source === undefined) return NOTHING;
    const start = this.#start + RECORD_HEADER_BYTES;
    return this.#source.subarray(start, start + this.length);
  }

  /** The record as it stood on the wire: header and fragment. */
  get bytes(): Uint8Array {
    return this.#source?.subarray(this.#start, this.#start + this.byteLength) ?? NOTHING;
  }

  /** Bytes on the wire, the header's five included. */
  get byteLength(): number {
    return RECORD_HEADER_BYTES + this.length;
  }
}
