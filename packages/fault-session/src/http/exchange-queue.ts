/** The exchanges of a connection in the order of their requests, and what they keep; every question costs the same. */
import type { Exchange } from "./exchange.ts";
import { httpExchangeLimits } from "./exchange-limits.ts";

export class ExchangeQueue {
  readonly #exchanges: Exchange[] = [];
  #owed = 0;
  #waitingBytes = 0;

  /** The one whose response is due. */
  get first(): Exchange | undefined {
    return this.#exchanges[0];
  }
  get last(): Exchange | undefined {
    return this.#exchanges.at(-1);
  }
  get length(): number {
    return this.#exchanges.length;
  }
  /** Those that the upstream has still to say something about. */
  get owed(): number {
    return this.#owed;
  }
  /** Bytes of the requests' heads, of the answers that wait for their turn, and what each request costs besides. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether so much is under way that nothing more should be read from the client for now. */
  get isFull(): boolean {
    const { length } = this.#exchanges;
    // One alone may still have to be read to its end, however large the answer to it is.
    return (
      length >= httpExchangeLimits.maxExchanges ||
      (length > 1 && this.#waitingBytes >= httpExchangeLimits.maxWaitingBytes)
    );
  }

  /** Whether an answer of ours or a request of the carrier's own is under way, so that nothing can pass unread. */
  get hasOwnMessages(): boolean {
    return this.#exchanges.some(({ isAnswered, name }) => isAnswered || name === null);
  }

  /** All of them, in the order of their requests. */
  [Symbol.iterator](): IterableIterator<Exchange> {
    return this.#exchanges.values();
  }

  push(exchange: Exchange): void {
    this.#exchanges.push(exchange);
    this.wait(exchange, exchange.head.bytes.length + httpExchangeLimits.exchangeBytes);
  }

  /** Takes the first out: it is over. */
  shift(): void {
    const exchange = this.#exchanges.shift();
    if (exchange) this.#settle(exchange);
  }

  /** Takes all of them out. */
  takeAll(): Exchange[] {
    const all = this.#exchanges.splice(0);
    for (const exchange of all) this.#settle(exchange);
    return all;
  }

  /** So many bytes more are kept for it while it waits for its turn. */
  wait(exchange: Exchange, bytes: number): void {
    exchange.waitingBytes += bytes;
    this.#waitingBytes += bytes;
  }

  /** The upstream has to answer it. */
  owe(exchange: Exchange): void {
    exchange.isOwed = true;
    this.#owed++;
  }

  /** The upstream has said all that it will say about it. */
  answered(exchange: Exchange): void {
    if (exchange.isOwed) this.#owed--;
    exchange.isOwed = false;
  }

  #settle(exchange: Exchange): void {
    this.answered(exchange);
    this.wait(exchange, -exchange.waitingBytes);
  }
}
