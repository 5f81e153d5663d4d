import type { Header } from "@faultwire/http1";
import { fieldBytes } from "./static-table.ts";

/** The fields that both ends of a direction remember (RFC 7541 section 2.3.2): the newest first, the oldest pushed out. */
export class DynamicTable {
  #maxBytes: number;
  #bytes = 0;
  /** The oldest first, from {@link #start} on. */
  #entries: Header[] = [];
  #start = 0;
  /** How many were ever added. */
  #added = 0;
  readonly #onEvict: ((entry: Header, number: number) => void) | undefined;

  /** @param onEvict - Told of each entry that goes, with its {@link added} number. */
  constructor(maxBytes: number, onEvict?: (entry: Header, number: number) => void) {
    this.#maxBytes = maxBytes;
    this.#onEvict = onEvict;
  }

  /** Entries that are there. */
  get size(): number {
    return this.#entries.length - this.#start;
  }
  /** Bytes that they count. */
  get bytes(): number {
    return this.#bytes;
  }
  get maxBytes(): number {
    return this.#maxBytes;
  }
  /** How many entries were ever added: the number of the newest one. */
  get added(): number {
    return this.#added;
  }

  /** The entry at an index from 0, the newest. */
  at(index: number): Header | undefined {
    return index < this.size ? this.#entries[this.#entries.length - 1 - index] : undefined;
  }

  /** Adds an entry; one that is larger than the table empties it, and is not in it (RFC 7541 section 4.4). */
  add(entry: Header): void {
    const bytes = fieldBytes(entry);
    this.#evict(this.#maxBytes - bytes);
    if (bytes > this.#maxBytes) return;
    this.#entries.push(entry);
    this.#bytes += bytes;
    this.#added++;
  }

  /** Changes the room. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict(maxBytes);
  }

  #evict(roomBytes: number): void {
    while (this.#bytes > roomBytes && this.size > 0) {
      const oldest = this.#entries[this.#start]!;
      this.#onEvict?.(oldest, this.#added - this.size + 1);
      this.#bytes -= fieldBytes(oldest);
      this.#start++;
    }
    if (this.#start > 64 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
