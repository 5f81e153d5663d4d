/** What all tunnels of a table hold together. */
import type { Tunnel } from "./tunnel.ts";

export class HeldTotal {
  /** Tunnels that held something when they were counted last. */
  readonly #counted = new Map<Tunnel, number>();
  #bytes = 0;

  /** Bytes that the tunnels held when they were counted last. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what this tunnel holds now. */
  count(tunnel: Tunnel): void {
    const before = this.#counted.get(tunnel) ?? 0;
    const now = tunnel.heldBytes;
    if (before === now) return;
    this.#bytes += now - before;
    if (now > 0) this.#counted.set(tunnel, now);
    else this.#counted.delete(tunnel);
  }

  /** Counts all again: what tunnels hold goes out by time, too. */
  recount(): void {
    for (const tunnel of this.#counted.keys()) this.count(tunnel);
  }

  /** This tunnel is over. */
  forget(tunnel: Tunnel): void {
    this.#bytes -= this.#counted.get(tunnel) ?? 0;
    this.#counted.delete(tunnel);
  }
}
