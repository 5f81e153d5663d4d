/** A map with a limit: beyond it, the entry that was set first goes. */
export class Recent<Key, Value> {
  readonly #max: number;
  readonly #entries = new Map<Key, Value>();
  #isFull = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether an entry had to go. */
  get hasForgotten(): boolean {
    return this.#isFull;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    this.#isFull = true;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest as Key);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  entries(): [Key, Value][] {
    return [...this.#entries];
  }
}
