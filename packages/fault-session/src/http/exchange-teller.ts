/** Tells of exchanges when the client has got what is to be told: until then nothing is done. */
import type { UnreadReason } from "@faultwire/fault-engine";
import type { RequestItem, ResponseItem } from "@faultwire/http1";
import type { Side } from "../events.ts";
import { unreadReason } from "../unread-teller.ts";
import type { Exchange } from "./exchange.ts";
import type { ExchangeLog } from "./exchange-log.ts";
import type { HttpPort } from "./http-port.ts";

/** Why a fault is not done whose connection was over before it. */
export const endedFirst = "the connection ended first";

export class ExchangeTeller {
  readonly #port: HttpPort;
  readonly #unread: (reason: UnreadReason, from: Side) => void;
  readonly #unsentReason: string;
  /** `undefined` until the connection's target is known. */
  log: ExchangeLog | undefined;
  /** Exchanges that are over here, and of which the client is still to get the last. */
  readonly #untold = new Set<Exchange>();
  /** What this peer says is read no more. */
  readonly #isLost: Record<Side, boolean> = { client: false, server: false };

  constructor(
    port: HttpPort,
    unread: (reason: UnreadReason, from: Side) => void,
    unsentReason: string = endedFirst,
  ) {
    this.#port = port;
    this.#unread = unread;
    this.#unsentReason = unsentReason;
  }

  /** An answer of ours has been sent; its connection `ends` behind it. */
  answered(exchange: Exchange, ends: boolean): void {
    const { bytes, status, retryAfterMs } = exchange.answer;
    this.#whenGone(exchange, bytes.length > 0 || !ends ? "sent" : "ended", () => {
      if (status !== null) this.log?.response(exchange, status, !exchange.isStandIn, retryAfterMs);
      this.log?.outcome(exchange, null);
      this.log?.end(exchange, bytes.length > 0 ? "complete" : "failed");
    });
  }

  /** An answer of ours that comes late has begun to go out. */
  begun(exchange: Exchange): void {
    const { status, retryAfterMs } = exchange.answer;
    if (status === null || exchange.hasBegun) return;
    exchange.hasBegun = true;
    this.log?.response(exchange, status, true, retryAfterMs);
  }

  /** A response has come to a standstill that is for ever. */
  stalled(exchange: Exchange): void {
    if (exchange.isTold || this.#untold.has(exchange)) return;
    this.#whenGone(exchange, "sent", () => this.log?.outcome(exchange, null));
  }

  /** An exchange is over. `isEnding`: what tells the client is the end of its connection. */
  ended(exchange: Exchange, isEnding: boolean): void {
    const { changed, decision } = exchange;
    // An error that came was done, late or, where its body was empty, less late than asked for.
    const reason = exchange.isAnswered ? null : (changed?.undoneReason ?? null);
    const tell = (): void => {
      this.log?.outcome(exchange, reason);
      this.log?.end(exchange, changed?.isCut ? (changed.hasSentHead ? "cut" : "failed") : "complete");
    };
    if (decision && reason === null) this.#whenGone(exchange, isEnding ? "ended" : "sent", tell);
    else tell();
  }

  /** The connection ends while this exchange is under way. */
  abandoned(exchange: Exchange): void {
    this.#untold.delete(exchange);
    const { changed, isAnswered, hasBegun } = exchange;
    const hasStruck = isAnswered ? hasBegun : changed?.hasStruck;
    this.log?.outcome(exchange, hasStruck ? null : endedFirst);
    this.log?.end(exchange, "abandoned");
  }

  /** What a peer says can't be read from here on. */
  lost(item: RequestItem | ResponseItem, from: Side): void {
    if (item.kind !== "opaque" && item.kind !== "malformed") return;
    // What follows a failure to read is none.
    if (this.#isLost[from]) return;
    this.#isLost[from] = true;
    const reason = unreadReason(item);
    // The end of a connection in the middle of a message is no failure to read.
    if (reason !== "truncated") this.#unread(reason, from);
  }

  /** The connection is over: what the client has not got by now it does not get. */
  finish(): void {
    for (const exchange of this.#untold) this.#unsent(exchange);
    this.#untold.clear();
  }

  #whenGone(exchange: Exchange, what: "sent" | "ended", tell: () => void): void {
    this.#untold.add(exchange);
    this.#port.whenGone(what, (isGone) => {
      if (!this.#untold.delete(exchange)) return;
      if (isGone) tell();
      else this.#unsent(exchange);
    });
  }

  #unsent(exchange: Exchange): void {
    this.log?.outcome(exchange, this.#unsentReason);
    this.log?.end(exchange, "failed");
  }
}
