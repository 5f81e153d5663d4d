import { TlsParseError } from "../tls-parse-error.ts";

/** Writes the presentation language of RFC 8446 section 3 into a buffer that grows with it. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of everything written so far. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  uint8(value: number, field: string): void {
    this.#uint(value, 1, field);
  }

  uint16(value: number, field: string): void {
    this.#uint(value, 2, field);
  }

  uint24(value: number, field: string): void {
    this.#uint(value, 3, field);
  }

  uint32(value: number, field: string): void {
    this.#uint(value, 4, field);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Exactly `length` bytes. */
  fixed(value: Uint8Array, length: number, field: string): void {
    if (value.length !== length)
      this.fail(field, `${value.length} bytes given, exactly ${length} are needed`);
    this.bytes(value);
  }

  zeros(count: number): void {
    this.#reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  opaque8(value: Uint8Array, field: string, min = 0, max = 0xff): void {
    this.vector8(field, min, max, () => this.bytes(value));
  }

  opaque16(value: Uint8Array, field: string, min = 0, max = 0xffff): void {
    this.vector16(field, min, max, () => this.bytes(value));
  }

  opaque24(value: Uint8Array, field: string, min = 0, max = 0xff_ffff): void {
    this.vector24(field, min, max, () => this.bytes(value));
  }

  /** A vector with a length of one byte around whatever `write` writes; bounds in bytes. */
  vector8(field: string, min: number, max: number, write: () => void): void {
    this.#vector(1, field, min, max, write);
  }

  vector16(field: string, min: number, max: number, write: () => void): void {
    this.#vector(2, field, min, max, write);
  }

  vector24(field: string, min: number, max: number, write: () => void): void {
    this.#vector(3, field, min, max, write);
  }

  uint8List8(values: readonly number[], field: string, min = 0, max = 0xff): void {
    this.vector8(field, min, max, () => {
      for (const value of values) this.uint8(value, field);
    });
  }

  uint16List8(values: readonly number[], field: string, min = 0, max = 0xfe): void {
    this.vector8(field, min, max, () => {
      for (const value of values) this.uint16(value, field);
    });
  }

  uint16List16(values: readonly number[], field: string, min = 0, max = 0xfffe): void {
    this.vector16(field, min, max, () => {
      for (const value of values) this.uint16(value, field);
    });
  }

  fail(field: string, detail: string): never {
    throw new TlsParseError({ code: "not-encodable", offset: this.#length, field, detail });
  }

  #vector(width: number, field: string, min: number, max: number, write: () => void): void {
    const start = this.#length;
    this.zeros(width);
    write();
    const length = this.#length - start - width;
    if (length < min || length > max) this.fail(field, `${length} bytes, ${min} to ${max} allowed`);
    for (let at = start + width - 1, rest = length; at >= start; at--, rest >>>= 8)
      this.#bytes[at] = rest & 0xff;
  }

  #uint(value: number, width: number, field: string): void {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width)
      this.fail(field, `${value} is not an unsigned ${8 * width}-bit integer`);
    this.#reserve(width);
    for (let at = this.#length + width - 1, rest = value; at >= this.#length; at--) {
      this.#bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += width;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
