import type { Header } from "@faultwire/http1";
import { fromLatin1 } from "@faultwire/http1/internal";
import { DefaultSetting } from "../frames/wire-tables.ts";
import { Http2Error } from "../http2-error.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { readHuffman } from "./huffman.ts";
import { fieldBytes, staticTable } from "./static-table.ts";

/** A header section, pseudo-header fields included. */
export interface HeaderSection {
  /** In wire order. Names as they came; a byte is the character of its number. */
  readonly fields: readonly Header[];
  /** Those of {@link fields} that no one may put into a table (RFC 7541 section 7.1.3), the very same pairs. */
  readonly neverIndexed: ReadonlySet<Header>;
}

/** What a block decodes to. */
export interface DecodedBlock extends HeaderSection {
  /** It was longer than the limit: `fields` has its beginning. The table is as its sender means it. */
  readonly isTooLarge: boolean;
}

/** What a decoder is made from. */
export interface HpackDecoderOptions {
  /** The largest table that the peer may use: our SETTINGS_HEADER_TABLE_SIZE. 4096 unless given. */
  readonly maxTableBytes?: number;
  /** Bytes of a header section, as `maxHeaderListBytes` of the limits counts them; no limit unless given. */
  readonly maxListBytes?: number;
}

const none: ReadonlySet<Header> = new Set();
const NOTHING = new Uint8Array(0);

/** Decodes the header blocks of one direction, in order (RFC 7541). */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #maxTableBytes: number;
  readonly #maxListBytes: number;
  #block: Uint8Array = NOTHING;
  #at = 0;

  constructor({
    maxTableBytes = DefaultSetting.HEADER_TABLE_SIZE,
    maxListBytes = Number.POSITIVE_INFINITY,
  }: HpackDecoderOptions = {}) {
    this.#maxTableBytes = maxTableBytes;
    this.#maxListBytes = maxListBytes;
    this.#table = new DynamicTable(maxTableBytes);
  }

  /**
   * Takes the whole of a block.
   *
   * @throws Http2Error `bad-header-block`. Nothing that comes behind it can be decoded.
   */
  decode(block: Uint8Array): DecodedBlock {
    this.#block = block;
    this.#at = 0;
    const fields: Header[] = [];
    let neverIndexed: Set<Header> | undefined;
    let listBytes = 0;
    let mayResize = true;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        this.#resize(mayResize);
        continue;
      }
      mayResize = false;
      const field = this.#field(first);
      listBytes += fieldBytes(field);
      if (listBytes > this.#maxListBytes) continue;
      fields.push(field);
      if ((first & 0xf0) === 0x10) {
        neverIndexed ??= new Set();
        neverIndexed.add(field);
      }
    }
    this.#block = NOTHING;
    return { fields, neverIndexed: neverIndexed ?? none, isTooLarge: listBytes > this.#maxListBytes };
  }

  /** A field by its first byte (RFC 7541 section 6). */
  #field(first: number): Header {
    if (first & 0x80) return this.#entry(this.#integer(7));
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    const field: Header = [name, this.#text()];
    if (isIndexed) this.#table.add(field);
    return field;
  }

  #entry(index: number): Header {
    const entry =
      index <= staticTable.length ? staticTable[index - 1] : this.#table.at(index - staticTable.length - 1);
    if (!entry) throw this.#bad(`index ${index}; 1 to ${staticTable.length + this.#table.size} expected`);
    // A pair of its own each time: who marks one does not mean the others.
    return [entry[0], entry[1]];
  }

  #resize(mayResize: boolean): void {
    if (!mayResize) throw this.#bad("a change of the table's size behind a field");
    const bytes = this.#integer(5);
    if (bytes > this.#maxTableBytes)
      throw this.#bad(`a table of ${bytes} bytes; ${this.#maxTableBytes} at the most expected`);
    this.#table.resize(bytes);
  }

  /** An integer behind so many bits of its first byte (RFC 7541 section 5.1). */
  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    // Five bytes more hold all that is ever meant; longer forms are for stalling readers.
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (!(byte & 0x80)) return value;
    }
    throw this.#bad("an integer of more than five bytes");
  }

  #text(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) & 0x80;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length)
      throw this.#bad(`a text of ${length} bytes; ${this.#block.length - from} are there`);
    this.#at = to;
    return isHuffman ? readHuffman(this.#block, from, to) : fromLatin1(this.#block, from, to);
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw this.#bad("the block ends within a field");
    this.#at++;
    return byte;
  }

  #bad(message: string): Http2Error {
    return new Http2Error("bad-header-block", message, this.#at);
  }
}
