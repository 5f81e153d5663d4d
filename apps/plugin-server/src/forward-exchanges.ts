/**
 * Finds the request of a response. The host shows a plugin a response without saying which request it belongs to. So
 * requests that went on are remembered until a response comes that can be theirs.
 */
import { type RequestSummary, streamFormatOf } from "@faultwire/fault-engine";
import type { ExchangeLog, LoggedExchange } from "@faultwire/fault-session/internal";
import type { Header } from "@faultwire/http1";
import { forwardLimits } from "./forward-way.ts";
import type { ResponseChange } from "./response-change.ts";

/** A fault whose outcome depends on the response. */
export interface PendingFault {
  readonly change: ResponseChange;
  /** What `x-faultwire` says on a changed response; `null` without one. */
  readonly marker: string | null;
  /** Whether the request was changed already: then the fault is done whatever becomes of the response. */
  readonly hasStruck: boolean;
  /** Says once what became of it; `null`: done. */
  readonly tell: (undoneReason: string | null) => void;
}

/** A request to a target that went on, and the faults of its response. */
export interface SentRequest {
  readonly summary: Pick<RequestSummary, "provider" | "stream">;
  /** As on the request line. */
  readonly target: string;
  readonly exchange: LoggedExchange;
  readonly log: ExchangeLog;
  readonly faults: readonly PendingFault[];
}

/** A request that went on to its upstream. */
export interface ForwardExchange {
  /** When, on the clock of the faults. */
  readonly sentAtMs: number;
  /** Left out for a host that is no target. */
  readonly sent?: SentRequest;
}

/** The properties by which responses are told apart. */
export interface ResponseTraits {
  readonly status: number;
  readonly headers: readonly Header[];
}

/** The request of a response. `isCertain`: the response can belong to no other request. */
export interface FoundExchange {
  readonly sent: SentRequest | undefined;
  readonly isCertain: boolean;
}

/** The requests whose responses are still to come. */
export class ForwardExchanges {
  #outstanding: ForwardExchange[] = [];

  /** A request has gone on. */
  add(exchange: ForwardExchange): void {
    this.#outstanding.push(exchange);
    this.#expire(exchange.sentAtMs);
  }

  /**
   * Takes out the request that a response belongs to. If several are possible, it takes the newest: the client of an older
   * one may have gone, which the host does not tell.
   */
  take(traits: ResponseTraits, nowMs: number): FoundExchange | undefined {
    this.#expire(nowMs);
    const fitting = this.#outstanding.filter((exchange) => fits(exchange, traits));
    const exchange = fitting.at(-1) ?? this.#outstanding.at(-1);
    if (exchange === undefined) return undefined;
    this.#outstanding.splice(this.#outstanding.indexOf(exchange), 1);
    return { sent: exchange.sent, isCertain: fitting.length === 1 };
  }

  /** Gives up all requests: no response comes any more. */
  finish(): void {
    this.#giveUp(this.#outstanding.length);
  }

  #expire(nowMs: number): void {
    const oldest = nowMs - forwardLimits.maxOutstandingMs;
    let gone = Math.max(0, this.#outstanding.length - forwardLimits.maxOutstanding);
    while ((this.#outstanding[gone]?.sentAtMs ?? nowMs) < oldest) gone++;
    this.#giveUp(gone);
  }

  #giveUp(count: number): void {
    for (const { sent } of this.#outstanding.splice(0, count)) {
      if (sent === undefined) continue;
      for (const { hasStruck, tell } of sent.faults) tell(hasStruck ? null : noResponse);
      sent.log.end(sent.exchange, "abandoned");
    }
  }
}

const noResponse =
  "the host has shown no response: the client or we had gone, or it was an event stream of a mapping, which goes past plugins";

/** Whether a response can belong to a request: a successful one is a stream exactly if the request asked for a stream. */
function fits({ sent }: ForwardExchange, { status, headers }: ResponseTraits): boolean {
  if (sent === undefined || sent.summary.provider === null || status >= 300) return true;
  return sent.summary.stream === (streamFormatOf(headers, sent.target) !== null);
}
