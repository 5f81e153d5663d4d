import type { Header } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { DefaultSetting } from "../frames/wire-tables.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { huffmanBytes, writeHuffman } from "./huffman.ts";
import { fieldBytes, staticTable } from "./static-table.ts";

/** How a field is written (RFC 7541 section 6.2). */
const Form = {
  /** Remembered by both ends. */
  indexed: { bits: 6, mark: 0x40 },
  /** Written out this time. */
  plain: { bits: 4, mark: 0x00 },
  /** Written out by whoever passes it on, too. */
  never: { bits: 4, mark: 0x10 },
} as const;

/** Names whose values differ from message to message: an entry of them pushes out one that would be used again. */
const notRemembered: ReadonlySet<string> = new Set([
  ":path",
  "age",
  "content-length",
  "date",
  "etag",
  "expires",
  "last-modified",
  "location",
  "request-id",
  "retry-after",
  "x-request-id",
]);

const staticFields: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name, value], index) => [keyOf(name, value), index + 1] as const),
);
const staticNames: ReadonlyMap<string, number> = new Map(
  // The first of each name is the one that stays.
  [...staticTable.entries()].reverse().map(([index, [name]]) => [name, index + 1] as const),
);

/** Any byte may stand in a name, so that no character parts it from its value. */
function keyOf(name: string, value: string): string {
  return `${name.length} ${name}${value}`;
}

const noMarks: ReadonlySet<Header> = new Set();

/** Encodes the header blocks of one direction, in order (RFC 7541). */
export class HpackEncoder {
  /** Numbers, as the table counts them, of the newest entry with that field, and with that name. */
  readonly #fields: Map<string, number> = new Map();
  readonly #names: Map<string, number> = new Map();
  readonly #table: DynamicTable = new DynamicTable(DefaultSetting.HEADER_TABLE_SIZE, (entry, number) =>
    this.#forget(entry, number),
  );
  /** Sizes of the table that the peer is still to be told: the least one since the last block, and the last. */
  #least: number | undefined;

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE. A larger table than 4096 bytes is not used.
   */
  resize(maxTableBytes: number): void {
    const bytes = Math.min(maxTableBytes, DefaultSetting.HEADER_TABLE_SIZE);
    this.#least = Math.min(this.#least ?? bytes, bytes);
    this.#table.resize(bytes);
  }

  /**
   * Writes a block.
   *
   * @param fields - Pseudo-header fields first. Nothing is checked, so that a broken section can be written too.
   * @param neverIndexed - Those of `fields` that stay out of every table.
   */
  encode(fields: readonly Header[], neverIndexed: ReadonlySet<Header> = noMarks): Uint8Array {
    const parts: Uint8Array[] = [];
    if (this.#least !== undefined) {
      if (this.#least < this.#table.maxBytes) parts.push(integer(this.#least, 5, 0x20));
      parts.push(integer(this.#table.maxBytes, 5, 0x20));
      this.#least = undefined;
    }
    for (const field of fields) parts.push(this.#field(field, neverIndexed.has(field)));
    return joinBytes(parts);
  }

  #field(field: Header, isNever: boolean): Uint8Array {
    const [name, value] = field;
    const key = keyOf(name, value);
    if (!isNever) {
      const index = staticFields.get(key) ?? this.#indexOf(this.#fields.get(key));
      if (index !== undefined) return integer(index, 7, 0x80);
    }
    const isKept = !isNever && !notRemembered.has(name) && fieldBytes(field) * 2 <= this.#table.maxBytes;
    const form = isNever ? Form.never : isKept ? Form.indexed : Form.plain;
    const nameIndex = staticNames.get(name) ?? this.#indexOf(this.#names.get(name));
    const head = integer(nameIndex ?? 0, form.bits, form.mark);
    const bytes =
      nameIndex === undefined ? joinBytes([head, text(name), text(value)]) : joinBytes([head, text(value)]);
    if (isKept) {
      this.#table.add(field);
      this.#fields.set(key, this.#table.added);
      this.#names.set(name, this.#table.added);
    }
    return bytes;
  }

  /** The index of an entry by its number. */
  #indexOf(number: number | undefined): number | undefined {
    return number === undefined ? undefined : staticTable.length + 1 + this.#table.added - number;
  }

  #forget([name, value]: Header, number: number): void {
    const key = keyOf(name, value);
    if (this.#fields.get(key) === number) this.#fields.delete(key);
    if (this.#names.get(name) === number) this.#names.delete(name);
  }
}

/** An integer behind so many bits of its first byte (RFC 7541 section 5.1). */
function integer(value: number, prefixBits: number, mark: number): Uint8Array {
  const most = (1 << prefixBits) - 1;
  if (value < most) return Uint8Array.of(mark | value);
  const bytes = [mark | most];
  let left = value - most;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push(0x80 | (left % 0x80));
  bytes.push(left);
  return Uint8Array.from(bytes);
}

/** A text, in the Huffman code where that is shorter (RFC 7541 section 5.2). */
function text(value: string): Uint8Array {
  const coded = huffmanBytes(value);
  const isCoded = coded < value.length;
  const length = integer(isCoded ? coded : value.length, 7, isCoded ? 0x80 : 0);
  const bytes = new Uint8Array(length.length + (isCoded ? coded : value.length));
  bytes.set(length);
  if (isCoded) writeHuffman(value, bytes, length.length);
  else for (let at = 0; at < value.length; at++) bytes[length.length + at] = value.charCodeAt(at);
  return bytes;
}
