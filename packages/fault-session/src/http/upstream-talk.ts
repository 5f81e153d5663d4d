/** How far an upstream has come in what it says: which of its responses is the last, and whether it has said it. */
import type { ResponseItem } from "@faultwire/http1";

export class UpstreamTalk {
  /** The upstream says no more, whatever it still owes. */
  isDone = false;
  /** The response that is being read is the connection's last. */
  #isLast = false;
  #items: readonly ResponseItem[] = [];
  #at = 0;

  /** Whether the response that is being read is the connection's last. */
  get isLast(): boolean {
    return this.#isLast;
  }

  /** The response that is being read is the connection's last, or is not. */
  resume(isLast: boolean): void {
    this.#isLast = isLast;
  }

  /** The upstream has said this, all at once. */
  heard(items: readonly ResponseItem[]): void {
    for (const item of items) {
      if (item.kind === "head") this.#isLast = !item.keepAlive;
      if (item.kind === "end" && this.#isLast) this.isDone = true;
    }
  }

  /** Of these items, this one is being taken. */
  take(items: readonly ResponseItem[], at: number): void {
    this.#items = items;
    this.#at = at;
  }

  /** Whether the upstream has said the response that is being taken to its end. */
  get hasEnd(): boolean {
    return this.#items.slice(this.#at).some(({ kind }) => kind === "end");
  }
}
