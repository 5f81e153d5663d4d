/** A total over all exchanges that are held in memory, and who gives way where it is reached. */

/** An exchange that is under way, and can be given up. */
export interface HeldExchange {
  /** Bytes that are counted for it. */
  heldBytes: number;
  /** Lets go of all that it holds: the total is reached. Called once. */
  giveWay(): void;
}

/** What a piece costs besides its bytes: an object, and a place in a list. */
const pieceBytes = 128;

/**
 * Counts what is held. Where more than the total would be held, the exchange that is under way and holds the most gives way,
 * then the next: so the fewest are lost. One that is over and waits to be written never does.
 *
 * @example
 * ```ts
 * const held = new HeldExchanges(1024);
 * held.add({ heldBytes: 0, giveWay: () => console.log("not kept") }, 2000);
 * ```
 */
export class HeldExchanges {
  /** Bytes that may be held. */
  readonly maxBytes: number;
  readonly #underWay: Set<HeldExchange> = new Set();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An exchange holds another piece. @returns false where it had to give way itself */
  add(exchange: HeldExchange, bytes: number): boolean {
    this.#underWay.add(exchange);
    exchange.heldBytes += bytes + pieceBytes;
    this.#bytes += bytes + pieceBytes;
    while (this.#bytes > this.maxBytes) {
      const largest = this.#largest();
      if (!largest) break;
      this.release(largest);
      largest.giveWay();
    }
    return this.#underWay.has(exchange);
  }

  /** An exchange holds nothing any more. */
  release(exchange: HeldExchange): void {
    this.#underWay.delete(exchange);
    this.#bytes -= exchange.heldBytes;
    exchange.heldBytes = 0;
  }

  /** An exchange is over: it stays held, and gives way to none. @returns what lets go of it */
  keep(exchange: HeldExchange): () => void {
    this.#underWay.delete(exchange);
    return () => this.release(exchange);
  }

  #largest(): HeldExchange | undefined {
    let largest: HeldExchange | undefined;
    for (const one of this.#underWay) if (!largest || one.heldBytes > largest.heldBytes) largest = one;
    return largest;
  }
}
