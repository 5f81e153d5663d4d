/** HTTP/1.1 in clear. */
import { sessionLimits } from "./carrier.ts";
import { ClearPart } from "./clear-part.ts";
import type { Side } from "./events.ts";
import { exchangesInClear, httpExchanges } from "./exchange-options.ts";
import type { HttpExchanges } from "./http/http-exchanges.ts";
import type { PartContext } from "./part.ts";
import { passesUnread, type SessionAtRest } from "./session-rest.ts";

/** Whether exchanges keep so much that nothing more is to be read from this peer for now. */
export function isFull(exchanges: HttpExchanges, from: Side): boolean {
  if (from === "client") return exchanges.isFull;
  // What is held until all of it has come, as a message to be changed is, goes on only by what is still to be read.
  if (exchanges.webSocket?.isFull(from)) return true;
  const goesByItself = exchanges.wakeAtMs !== undefined || exchanges.isSending;
  return goesByItself && exchanges.heldBytes("server") >= sessionLimits.maxHeldBytes;
}

export class PlainHttp extends ClearPart<HttpExchanges> {
  /** @param rest - What goes on here of a connection that rested. */
  constructor(context: PartContext, rest?: SessionAtRest) {
    const { connection } = rest?.exchanges ?? {};
    const { options, met } = exchangesInClear(
      context,
      connection && { host: connection.host ?? "", facts: connection },
    );
    super(context, httpExchanges(options, "http", context, rest), met);
  }

  get exchanges(): HttpExchanges {
    return this.spoken;
  }

  get atRest(): SessionAtRest | undefined {
    const exchanges = this.spoken;
    const met = this.met();
    if (this.owesEnd || (met?.decision && !met.isTold)) return undefined;
    return exchanges.isOpaque && !exchanges.hasChanged ? passesUnread : exchanges.atRest();
  }

  isFull(from: Side): boolean {
    return isFull(this.spoken, from);
  }
}
