import type { LlmMockLimits } from "./limits.ts";

/** What clients have left with the mock, by id, oldest first. Past its limits the oldest goes. */
export class Store<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly bytes: number }>();
  readonly #limits: Pick<LlmMockLimits, "maxStoredObjects" | "maxStoredBytes">;
  #bytes = 0;
  #count = 0;

  constructor(limits: Pick<LlmMockLimits, "maxStoredObjects" | "maxStoredBytes">) {
    this.#limits = limits;
  }

  /** How many were ever left: tells two apart that are the same to the byte. */
  get count(): number {
    return this.#count;
  }

  /** @param bytes - What it counts as. */
  put(id: string, value: T, bytes: number): void {
    this.delete(id);
    this.#count++;
    this.#entries.set(id, { value, bytes });
    this.#bytes += bytes;
    const { maxStoredObjects, maxStoredBytes } = this.#limits;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxStoredObjects && this.#bytes <= maxStoredBytes) break;
      this.delete(oldest);
    }
  }

  get(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  delete(id: string): boolean {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    return this.#entries.delete(id);
  }

  /** Newest first, as the APIs list them. */
  list(): readonly T[] {
    return [...this.#entries.values()].map(({ value }) => value).reverse();
  }
}
