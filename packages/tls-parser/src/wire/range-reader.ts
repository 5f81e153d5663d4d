import { TlsParseError, type TlsParseErrorCode } from "../tls-parse-error.ts";

/**
 * A range of bytes and the few things that {@link peekClientHello} reads in it. What more there is to read is in
 * `ByteReader`: methods of a class stay in a bundle whether they are called or not.
 */
export class RangeReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.offset;
  }

  uint8(field: string): number {
    if (this.offset >= this.end) this.short(1, field);
    return this.bytes[this.offset++]!;
  }

  uint16(field: string): number {
    const at = this.offset;
    if (at + 2 > this.end) this.short(2, field);
    this.offset = at + 2;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  skip(length: number, field: string): void {
    if (this.offset + length > this.end) this.short(length, field);
    this.offset += length;
  }

  /** A reader for a vector with a length of two bytes; this reader goes on behind it. */
  vector16(field: string, min = 0, max = 0xffff): RangeReader {
    const length = this.bounded(this.uint16(field), 2, field, min, max);
    this.skip(length, field);
    return new RangeReader(this.bytes, this.offset - length, this.offset);
  }

  /** Throws `trailing-bytes` unless everything was read. */
  finish(field: string): void {
    if (this.offset !== this.end) this.fail("trailing-bytes", field, `${this.remaining} bytes too many`);
  }

  fail(code: TlsParseErrorCode, field: string, detail: string, offset: number = this.offset): never {
    throw new TlsParseError({ code, offset, field, detail });
  }

  protected bounded(length: number, prefix: number, field: string, min: number, max: number): number {
    if (length < min || length > max)
      this.fail(
        "length-out-of-range",
        field,
        `${length} bytes, ${min} to ${max} allowed`,
        this.offset - prefix,
      );
    return length;
  }

  protected short(needed: number, field: string): never {
    return this.fail("truncated", field, `${needed} bytes needed, ${this.remaining} left`);
  }
}
