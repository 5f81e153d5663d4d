/** What the upstream has said of later responses while an earlier one is still being sent. */
import type { ResponseItem } from "@faultwire/http1";

export class DeferredItems {
  #items: ResponseItem[] = [];
  #bytes = 0;
  #ends = 0;

  get length(): number {
    return this.#items.length;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** Responses among them that are whole. */
  get ends(): number {
    return this.#ends;
  }

  push(items: readonly ResponseItem[]): void {
    for (const item of items) {
      this.#bytes += item.bytes.length;
      if (item.kind === "end") this.#ends++;
      this.#items.push(item);
    }
  }

  take(): ResponseItem[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#ends = 0;
    return items;
  }
}
