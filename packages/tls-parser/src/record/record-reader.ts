import { TlsParseError } from "../tls-parse-error.ts";
import { appended } from "../wire/appended.ts";
import { plainView } from "../wire/plain-view.ts";
import { ContentType } from "./content-type.ts";
import { recordHeaderFault } from "./record-header-fault.ts";
import { RECORD_HEADER_BYTES, recordLimits } from "./record-limits.ts";
import { TlsRecord } from "./tls-record.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const NO_RECORD = new TlsRecord(0, 0, 0, undefined, 0);
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** What a {@link RecordReader} may be told. */
export interface RecordReaderOptions {
  /**
   * Bytes that a record may declare; {@link recordLimits}`.tls12CiphertextBytes` unless given. Whoever sends the bytes could
   * otherwise make the reader keep 64 KiB per connection.
   */
  readonly maxFragmentBytes?: number;
  /** Count application-data records without keeping a byte of them; false unless given. */
  readonly skipApplicationData?: boolean;
}

/**
 * Finds the records in one direction of a connection, over any chunking (RFC 8446 section 5.1, RFC 5246 section 6.2).
 *
 * Iterate what {@link push} returns; a record comes as soon as its last byte was pushed. The iteration throws
 * {@link TlsParseError} (`unknown-content-type`, `unsupported-record-version`, `record-overflow`, `empty-record`) after
 * the records in front of the bad one, and throws it again on every later attempt: record boundaries are lost for good.
 * An iteration may be left early; the records not taken come first the next time.
 *
 * Kept between pushes: at most one incomplete record, 5 + `maxFragmentBytes` bytes.
 *
 * @example
 * ```ts
 * const reader = new RecordReader();
 * socket.on("data", (chunk) => {
 *   for (const record of reader.push(chunk)) console.log(record.type, record.length);
 * });
 * ```
 */
export class RecordReader implements IterableIterator<TlsRecord, undefined> {
  /** Takes effect with the next header: lower it once the version is known, or to a `record_size_limit`. */
  maxFragmentBytes: number;
  /** Takes effect with the next header. */
  skipApplicationData: boolean;

  #consumedBytes = 0;
  #chunk = NOTHING;
  #at = 0;
  // Where chunks were joined, because one was pushed before the last one was read.
  #store: Uint8Array | undefined;
  // The record whose bytes are incomplete: how much of it has come, and where its bytes are kept.
  #arrived = 0;
  #type = 0;
  #version = 0;
  #length = 0;
  #kept: Uint8Array | undefined;
  #error: TlsParseError | undefined;
  // Handed out anew for each record, so that iterating allocates nothing besides the records.
  readonly #result: { done: false; value: TlsRecord } = { done: false, value: NO_RECORD };

  constructor(options: RecordReaderOptions = {}) {
    this.maxFragmentBytes = options.maxFragmentBytes ?? recordLimits.tls12CiphertextBytes;
    this.skipApplicationData = options.skipApplicationData ?? false;
  }

  /** Bytes of all records that were handed out: where the next record begins in the stream. */
  get consumedBytes(): number {
    return this.#consumedBytes;
  }

  /** Bytes that were pushed and belong to no record that was handed out. */
  get pendingBytes(): number {
    return this.#arrived + this.#chunk.length - this.#at;
  }

  /** Adds the stream's next bytes and returns the reader itself, to be iterated. */
  push(chunk: Uint8Array): this {
    if (this.#at === this.#chunk.length) {
      this.#chunk = plainView(chunk);
      this.#at = 0;
      this.#store = undefined;
    } else if (chunk.length > 0) this.#append(chunk);
    return this;
  }

  #append(more: Uint8Array): void {
    const { store, chunk, at } = appended({ store: this.#store, chunk: this.#chunk, at: this.#at }, more);
    this.#store = store;
    this.#chunk = chunk;
    this.#at = at;
  }

  /** The next complete record of the bytes pushed. */
  next(): IteratorResult<TlsRecord, undefined> {
    const record = this.#arrived === 0 ? this.#whole() : this.#resume();
    if (record === undefined) return DONE;
    this.#consumedBytes += record.byteLength;
    this.#result.value = record;
    return this.#result;
  }

  /** The records that are whole; iterates what {@link push} has been given. */
  [Symbol.iterator](): this {
    return this;
  }

  /** A record of which nothing was seen before: in one piece when the chunk holds all of it. */
  #whole(): TlsRecord | undefined {
    if (this.#error !== undefined) throw this.#error;
    const chunk = this.#chunk;
    const at = this.#at;
    const available = chunk.length - at;
    if (available < RECORD_HEADER_BYTES) return available === 0 ? this.#release() : this.#resume();
    const type = chunk[at]!;
    const version = (chunk[at + 1]! << 8) | chunk[at + 2]!;
    const length = (chunk[at + 3]! << 8) | chunk[at + 4]!;
    this.#checkHeader(type, version, length);
    if (available < RECORD_HEADER_BYTES + length) return this.#resume();
    this.#at = at + RECORD_HEADER_BYTES + length;
    return new TlsRecord(type, version, length, this.#skips(type) ? undefined : chunk, at);
  }

  /** A record that began in an earlier chunk, or ends in a later one. */
  #resume(): TlsRecord | undefined {
    if (this.#error !== undefined) throw this.#error;
    while (this.#arrived < RECORD_HEADER_BYTES) {
      if (this.#at === this.#chunk.length) return this.#release();
      this.#headerByte(this.#chunk[this.#at++]!);
    }
    const total = RECORD_HEADER_BYTES + this.#length;
    const count = Math.min(total - this.#arrived, this.#chunk.length - this.#at);
    this.#kept?.set(this.#chunk.subarray(this.#at, this.#at + count), this.#arrived);
    this.#at += count;
    this.#arrived += count;
    if (this.#arrived < total) return this.#release();
    const record = new TlsRecord(this.#type, this.#version, this.#length, this.#kept, 0);
    this.#arrived = 0;
    this.#kept = undefined;
    return record;
  }

  #headerByte(byte: number): void {
    switch (this.#arrived++) {
      case 0:
        this.#type = byte;
        return;
      case 1:
        this.#version = byte << 8;
        return;
      case 2:
        this.#version |= byte;
        return;
      case 3:
        this.#length = byte << 8;
        return;
      default:
        this.#length |= byte;
    }
    this.#checkHeader(this.#type, this.#version, this.#length);
    if (this.#skips(this.#type)) return;
    const kept = new Uint8Array(RECORD_HEADER_BYTES + this.#length);
    kept[0] = this.#type;
    kept[1] = this.#version >> 8;
    kept[2] = this.#version & 0xff;
    kept[3] = this.#length >> 8;
    kept[4] = this.#length & 0xff;
    this.#kept = kept;
  }

  #skips(type: number): boolean {
    return this.skipApplicationData && type === ContentType.applicationData;
  }

  #checkHeader(type: number, version: number, length: number): void {
    const fault = recordHeaderFault(type, version, length, this.maxFragmentBytes);
    if (fault === undefined) return;
    const [code, within, field, detail] = fault;
    this.#error = new TlsParseError({ code, offset: this.#consumedBytes + within, field, detail });
    throw this.#error;
  }

  /** Nothing more to take: lets go of the caller's chunk, and of the record that may look into it. */
  #release(): undefined {
    this.#result.value = NO_RECORD;
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#store = undefined;
  }
}
