/**
 * Whose response is it? The host hands a plugin responses without a word about their requests, so the requests that
 * went on are remembered until a response comes that can be theirs.
 */
import type { Decision, RequestFacts, RequestSummary } from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { forwardLimits } from "./forward-way.ts";

/** A target's request that went on, and what is to become of its response. */
export interface SentRequest {
  /** Its name in events. */
  readonly name: string;
  readonly connection: string;
  readonly facts: Pick<RequestFacts, "target" | "headers">;
  readonly summary: RequestSummary;
  /** Faults of its response; `request` is `null` for those of the connection as such. */
  readonly faults: readonly { readonly decision: Decision; readonly request: string | null }[];
  /** Headers that belong on its response. */
  readonly headers: readonly Header[];
  /** Each takes what the response says it used from one budget. */
  readonly settle: readonly ((inputTokens: number | null, outputTokens: number) => void)[];
}

/** A request that went on to its upstream. */
export interface ForwardExchange {
  /** When, on the clock of the faults. */
  readonly sentAtMs: number;
  /** Left out for a host that is no target. */
  readonly decided?: SentRequest;
}

/** What a response can be told apart by. */
export interface ResponseTraits {
  readonly status: number;
  readonly isEventStream: boolean;
}

/** A response's request, and whether it can be no other's. */
export interface FoundExchange {
  readonly exchange: ForwardExchange;
  readonly isCertain: boolean;
}

/** The requests whose responses are still to come. */
export class ForwardExchanges {
  readonly #onGivenUp: (exchange: ForwardExchange) => void;
  #outstanding: ForwardExchange[] = [];

  /** @param onGivenUp - Told of each request whose response never came, within the limits. */
  constructor(onGivenUp: (exchange: ForwardExchange) => void) {
    this.#onGivenUp = onGivenUp;
  }

  get size(): number {
    return this.#outstanding.length;
  }

  /** A request has gone on. */
  add(exchange: ForwardExchange): void {
    this.#outstanding.push(exchange);
    this.#expire(exchange.sentAtMs);
  }

  /**
   * Takes out the request that a response belongs to. Of several that it may be, the newest: an old one is more likely
   * to have been given up by its client, of which the host tells nothing.
   */
  take(traits: ResponseTraits, nowMs: number): FoundExchange | undefined {
    this.#expire(nowMs);
    const fitting = this.#outstanding.filter((exchange) => fits(exchange, traits));
    const exchange = fitting.at(-1) ?? this.#outstanding.at(-1);
    if (exchange === undefined) return undefined;
    this.#outstanding.splice(this.#outstanding.indexOf(exchange), 1);
    return { exchange, isCertain: fitting.length === 1 };
  }

  #expire(nowMs: number): void {
    const oldest = nowMs - forwardLimits.maxOutstandingMs;
    let gone = Math.max(0, this.#outstanding.length - forwardLimits.maxOutstanding);
    while ((this.#outstanding[gone]?.sentAtMs ?? nowMs) < oldest) gone++;
    for (const exchange of this.#outstanding.splice(0, gone)) this.#onGivenUp(exchange);
  }
}

/** A successful answer is a stream where one was asked for, and none where not. */
function fits({ decided }: ForwardExchange, { status, isEventStream }: ResponseTraits): boolean {
  if (decided === undefined || decided.summary.provider === null || status >= 300) return true;
  return decided.summary.stream === isEventStream;
}
