/** Tells of the exchanges of an HTTP/2 connection, once the client has got what is told of. */
import type { ExchangeEnd } from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import type { ExchangeLog } from "../http/exchange-log.ts";
import type { Http2Exchange } from "./http2-exchange.ts";
import type { Http2Port } from "./http2-port.ts";

export interface Http2TellerOptions {
  readonly port: Pick<Http2Port, "whenGone">;
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly unsentReason: string;
}

/** Why a fault did not strike before its stream was over. */
const tooEarly = "the stream was over before its point had come";
/** Why a response was not changed. */
const noResponse = "the stream was over before a response came";

export class Http2Teller {
  readonly #options: Http2TellerOptions;
  /** `undefined` where nothing on the connection is a target. */
  log: ExchangeLog | undefined;
  /** Exchanges that are over, and whose last frame is still to go. */
  readonly #leaving: Set<Http2Exchange> = new Set();
  /** Who is told when what is framed has gone. */
  #waiting: ((unsent: string | null) => void)[] = [];
  /** Those whose last frame has gone to the carrier. */
  readonly #untold: Set<Http2Exchange> = new Set();
  /** Exchanges that are over, though their clients still send the request, and what tells their ends once all of it is known. */
  readonly #asking: Map<Http2Exchange, () => void> = new Map();

  constructor(options: Http2TellerOptions) {
    this.#options = options;
  }

  /** Whether something that is over here still has frames to go to the client. */
  get isLeaving(): boolean {
    return this.#leaving.size > 0;
  }

  /** Whether everything is told. */
  get isQuiet(): boolean {
    return this.#leaving.size === 0 && this.#asking.size === 0;
  }

  /** All of a request is there, or no more of it comes. */
  request(exchange: Http2Exchange): void {
    if (exchange.isRequestTold) return;
    exchange.isRequestTold = true;
    this.log?.request(exchange);
    const tellEnd = this.#asking.get(exchange);
    this.#asking.delete(exchange);
    tellEnd?.();
  }

  /** The head of a response goes to the client. */
  head(exchange: Http2Exchange, status: number, headers: readonly Header[], injected: boolean): void {
    if (exchange.isHeadTold) return;
    exchange.isHeadTold = true;
    this.log?.response(exchange, { status, headers, injected, wallNowMs: this.#options.wallNow() });
  }

  /** More of a request whose response is over: a client may have the response before it has sent the whole request. */
  rest(exchange: Http2Exchange, data: Uint8Array, endStream: boolean): void {
    exchange.remember(data);
    exchange.own();
    exchange.isSent ||= endStream;
    if (endStream) this.request(exchange);
  }

  /** A response has come to a standstill for ever: that is the fault, done. */
  stalled(exchange: Http2Exchange): void {
    if (exchange.isTold) return;
    this.#options.port.whenGone("sent", (isGone) => {
      if (isGone) this.log?.outcome(exchange, null);
    });
  }

  /** What was framed so far is to be told of once it has gone; `unsent` says why it could not. */
  whenGone(told: (unsent: string | null) => void): void {
    this.#waiting.push(told);
  }

  /** A fault of HTTP/2 has struck, while its exchange goes on. */
  struck(exchange: Http2Exchange): void {
    this.whenGone((unsent) => this.log?.outcome(exchange, unsent));
  }

  /** An exchange is over: how is told once the client has its last frame. */
  over(exchange: Http2Exchange, end: ExchangeEnd): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    exchange.end = end;
    this.#leaving.add(exchange);
  }

  /** What was framed has gone to the carrier. `isEnding`: the client's connection ends behind it. */
  gone(isEnding = false): void {
    for (const told of this.#waiting.splice(0))
      this.#options.port.whenGone("sent", (isGone) => told(isGone ? null : this.#options.unsentReason));
    for (const exchange of this.#leaving) {
      if (!exchange.client.isLocalOver && !exchange.client.isClosed && !isEnding) continue;
      this.#leaving.delete(exchange);
      this.#untold.add(exchange);
      this.#options.port.whenGone(isEnding ? "ended" : "sent", (isGone) => {
        if (!this.#untold.delete(exchange)) return;
        this.#tell(exchange, isGone ? undefined : this.#options.unsentReason);
      });
    }
  }

  /** The exchange ends with its connection, or by its client. */
  abandoned(exchange: Http2Exchange, reason: string): void {
    this.request(exchange);
    if (exchange.isOver && !this.#leaving.delete(exchange) && !this.#untold.delete(exchange)) return;
    exchange.isOver = true;
    const { strike } = exchange;
    const hasStruck = exchange.isAnswered ? exchange.isHeadTold : exchange.message?.hasStruck;
    if (!strike) this.log?.outcome(exchange, hasStruck ? null : reason);
    else if (!strike.outlivesRequest)
      this.log?.outcome(exchange, strike.isDone ? null : (strike.undoneReason ?? reason));
    this.log?.end(exchange, "abandoned");
  }

  /** The connection is over: what the client has not got by now it does not get. */
  finish(): void {
    for (const exchange of [...this.#leaving, ...this.#untold])
      this.#tell(exchange, this.#options.unsentReason);
    this.#leaving.clear();
    this.#untold.clear();
    for (const exchange of [...this.#asking.keys()]) this.request(exchange);
    for (const told of this.#waiting.splice(0)) told(this.#options.unsentReason);
  }

  #tell(exchange: Http2Exchange, unsent: string | undefined): void {
    const { isAnswered, plan, message, strike, client, end = "complete" } = exchange;
    if (exchange.isSent || client.isRemoteOver || client.isClosed) this.request(exchange);
    const isUnmet = plan?.kind === "change" && !message;
    const undone = isAnswered ? null : isUnmet ? noResponse : (message?.undoneReason ?? null);
    if (!strike) this.log?.outcome(exchange, unsent ?? undone);
    else if (!strike.outlivesRequest)
      this.log?.outcome(exchange, unsent ?? (strike.isDone ? null : (strike.undoneReason ?? tooEarly)));
    const how = unsent !== undefined && end === "complete" ? "unread" : end;
    const atMs = this.#options.now();
    if (exchange.isRequestTold) this.log?.end(exchange, how);
    else this.#asking.set(exchange, () => this.log?.end(exchange, how, atMs));
  }
}
