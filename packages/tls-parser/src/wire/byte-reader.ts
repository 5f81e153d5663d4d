import { RangeReader } from "./range-reader.ts";

/**
 * Reads the presentation language of RFC 8446 section 3 from a range of bytes. Each method names the field that it
 * reads, so that an error can say where the input went wrong. Sub-readers share the bytes and their offsets.
 */
export class ByteReader extends RangeReader {
  uint24(field: string): number {
    const at = this.offset;
    if (at + 3 > this.end) this.short(3, field);
    this.offset = at + 3;
    return (this.bytes[at]! << 16) | (this.bytes[at + 1]! << 8) | this.bytes[at + 2]!;
  }

  uint32(field: string): number {
    const high = this.uint16(field);
    return high * 0x1_0000 + this.uint16(field);
  }

  /** A view of the next `length` bytes. */
  view(length: number, field: string): Uint8Array {
    const at = this.offset;
    if (at + length > this.end) this.short(length, field);
    this.offset = at + length;
    return this.bytes.subarray(at, at + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    const at = this.offset;
    this.offset = this.end;
    return this.bytes.subarray(at, this.end);
  }

  /** `opaque<min..max>` with a length of one byte. */
  opaque8(field: string, min = 0, max = 0xff): Uint8Array {
    return this.view(this.bounded(this.uint8(field), 1, field, min, max), field);
  }

  /** `opaque<min..max>` with a length of two bytes. */
  opaque16(field: string, min = 0, max = 0xffff): Uint8Array {
    return this.view(this.bounded(this.uint16(field), 2, field, min, max), field);
  }

  /** `opaque<min..max>` with a length of three bytes. */
  opaque24(field: string, min = 0, max = 0xff_ffff): Uint8Array {
    return this.view(this.bounded(this.uint24(field), 3, field, min, max), field);
  }

  /** A reader for a vector with a length of one byte; this reader goes on behind it. */
  vector8(field: string, min = 0, max = 0xff): ByteReader {
    return this.#sub(this.bounded(this.uint8(field), 1, field, min, max), field);
  }

  /** A reader for a vector with a length of two bytes; this reader goes on behind it. */
  override vector16(field: string, min = 0, max = 0xffff): ByteReader {
    return this.#sub(this.bounded(this.uint16(field), 2, field, min, max), field);
  }

  /** A reader for a vector with a length of three bytes; this reader goes on behind it. */
  vector24(field: string, min = 0, max = 0xff_ffff): ByteReader {
    return this.#sub(this.bounded(this.uint24(field), 3, field, min, max), field);
  }

  /** `uint8 list<min..max>` (bounds in bytes) with a length of one byte. */
  uint8List8(field: string, min = 0, max = 0xff): number[] {
    const length = this.bounded(this.uint8(field), 1, field, min, max);
    if (this.offset + length > this.end) this.short(length, field);
    const values = new Array<number>(length);
    for (let index = 0; index < length; index++) values[index] = this.bytes[this.offset++]!;
    return values;
  }

  /** `uint16 list<min..max>` (bounds in bytes) with a length of one byte. */
  uint16List8(field: string, min = 0, max = 0xfe): number[] {
    return this.#uint16s(this.bounded(this.uint8(field), 1, field, min, max), field);
  }

  /** `uint16 list<min..max>` (bounds in bytes) with a length of two bytes. */
  uint16List16(field: string, min = 0, max = 0xfffe): number[] {
    return this.#uint16s(this.bounded(this.uint16(field), 2, field, min, max), field);
  }

  #uint16s(length: number, field: string): number[] {
    const { bytes } = this;
    let at = this.offset;
    if (at + length > this.end) this.short(length, field);
    if (length & 1) this.fail("length-out-of-range", field, `${length} bytes do not hold 16-bit values`);
    const values = new Array<number>(length >> 1);
    for (let index = 0; index < values.length; index++, at += 2)
      values[index] = (bytes[at]! << 8) | bytes[at + 1]!;
    this.offset = at;
    return values;
  }

  #sub(length: number, field: string): ByteReader {
    const at = this.offset;
    if (at + length > this.end) this.short(length, field);
    this.offset = at + length;
    return new ByteReader(this.bytes, at, at + length);
  }
}
