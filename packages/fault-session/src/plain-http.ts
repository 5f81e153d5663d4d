/** HTTP/1.1 in clear: the exchanges on one side, the session on the other. */
import { type EndKind, otherSide, sessionLimits } from "./carrier.ts";
import type { Side } from "./events.ts";
import { exchangesInClear } from "./exchange-options.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import type { Acquaintance } from "./introduction.ts";
import type { Part, PartContext } from "./part.ts";
import { passesUnread, type SessionAtRest } from "./session-rest.ts";

/** Whether exchanges keep so much that nothing more is to be read from this peer for now. */
export function isFull(exchanges: HttpExchanges, from: Side): boolean {
  if (from === "client") return exchanges.isFull;
  // What is held until all of it has come, as a message to be changed is, goes on only by what is still to be read.
  if (exchanges.webSocket?.isFull(from)) return true;
  const goesByItself = exchanges.wakeAtMs !== undefined || exchanges.isSending;
  return goesByItself && exchanges.heldBytes("server") >= sessionLimits.maxHeldBytes;
}

export class PlainHttp implements Part {
  readonly exchanges: HttpExchanges;
  readonly keepsBytes = true;
  readonly #context: PartContext;
  readonly #met: () => Acquaintance | undefined;
  /** The upstream has ended; the client's end waits for what still goes to it. */
  #owedEnd: EndKind | undefined;

  /** @param rest - What goes on here of a connection that rested. */
  constructor(context: PartContext, rest?: SessionAtRest) {
    this.#context = context;
    const { connection } = rest?.exchanges ?? {};
    const { options, met } = exchangesInClear(
      context,
      connection && { host: connection.host ?? "", facts: connection },
    );
    this.#met = met;
    const keepsLastHead = !context.needsNoUpstream;
    this.exchanges = new HttpExchanges({ ...options, hooks: context.hooks, keepsLastHead }, rest);
  }

  get atRest(): SessionAtRest | undefined {
    const { exchanges } = this;
    const met = this.#met();
    if (this.#owedEnd !== undefined || (met?.decision && !met.isTold)) return undefined;
    return exchanges.isOpaque && !exchanges.hasChanged ? passesUnread : exchanges.atRest;
  }

  get hasChanged(): boolean {
    return this.exchanges.hasChanged;
  }
  get wakeAtMs(): number | undefined {
    return this.exchanges.dueAtMs;
  }
  heldBytes(from: Side): number {
    return this.exchanges.heldBytes(from);
  }
  isFull(from: Side): boolean {
    return isFull(this.exchanges, from);
  }

  get isMute(): boolean {
    return this.exchanges.isStalled;
  }

  receive(from: Side, bytes: Uint8Array): void {
    if (from === "client") this.exchanges.fromClient(bytes);
    else this.exchanges.fromServer(bytes);
    this.#payEnd();
  }

  ended(from: Side, how: EndKind): void {
    if (from === "server") {
      this.exchanges.serverEnded(how);
      this.#owedEnd = how;
    } else {
      this.exchanges.clientEnded();
      this.#context.end(otherSide(from), how);
    }
    this.#payEnd();
  }

  unreachable(reason: string): void {
    this.exchanges.unreachable(reason);
  }

  wake(): void {
    this.exchanges.wake();
    this.#payEnd();
  }

  finish(): void {
    this.exchanges.finish();
    this.#met()?.outcome(endedFirst);
  }

  #payEnd(): void {
    if (this.#owedEnd === undefined || this.exchanges.owesClient) return;
    this.#context.end("client", this.#owedEnd);
    this.#owedEnd = undefined;
    this.exchanges.leave();
  }
}
