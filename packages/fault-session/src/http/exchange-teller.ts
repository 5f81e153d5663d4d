/** Tells of exchanges when the client has got what is to be told: until then nothing is done. */
import type { ExchangeEnd, UnreadReason } from "@faultwire/fault-engine";
import type { RequestItem, ResponseItem } from "@faultwire/http1";
import type { Side } from "../events.ts";
import { unreadReason } from "../unread-teller.ts";
import type { Exchange } from "./exchange.ts";
import type { ExchangeLog } from "./exchange-log.ts";
import type { HttpPort } from "./http-port.ts";

/** Why a fault is not done whose connection was over before it. */
export const endedFirst = "the connection ended first";

/** The times that are told. */
export interface TellerClocks {
  /** Milliseconds on the clock of the events. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

export class ExchangeTeller {
  readonly #port: HttpPort;
  readonly #unread: (reason: UnreadReason, from: Side) => void;
  readonly #now: () => number;
  readonly #wallNow: () => number;
  readonly #unsentReason: string;
  /** `undefined` until the connection's target is known. */
  log: ExchangeLog | undefined;
  /** Exchanges that are over here, and of which the client is still to get the last. */
  #untold: Exchange[] = [];
  /** What this peer says is read no more. */
  readonly #isLost: Record<Side, boolean> = { client: false, server: false };

  constructor(
    port: HttpPort,
    unread: (reason: UnreadReason, from: Side) => void,
    { now, wallNow }: TellerClocks,
    unsentReason: string = endedFirst,
  ) {
    this.#now = now;
    this.#wallNow = wallNow;
    this.#port = port;
    this.#unread = unread;
    this.#unsentReason = unsentReason;
  }

  /** An answer of ours has been sent; its connection `ends` behind it. */
  answered(exchange: Exchange, ends: boolean): void {
    const { bytes, end } = exchange.answer;
    const sentAtMs = this.#now();
    this.#whenGone(exchange, bytes.length > 0 || !ends ? "sent" : "ended", () => {
      this.#answerHead(exchange, sentAtMs);
      this.log?.outcome(exchange, null);
      this.log?.end(exchange, end);
    });
  }

  /** The upstream's response, with a change, or an answer of ours that comes late has begun to go out. */
  begun(exchange: Exchange): void {
    const { heldHead, hasBegun, answer } = exchange;
    if (hasBegun || (heldHead === null && answer.status === null)) return;
    exchange.hasBegun = true;
    if (heldHead !== null) {
      this.log?.response(exchange, { ...heldHead, injected: false, wallNowMs: this.#wallNow() });
      return;
    }
    this.#answerHead(exchange, this.#now());
  }

  #answerHead(exchange: Exchange, atMs: number): void {
    const { status, headers } = exchange.answer;
    if (status === null) return;
    const wallNowMs = this.#wallNow();
    this.log?.response(exchange, { status, headers, injected: !exchange.isStandIn, wallNowMs, atMs });
  }

  /** A response has come to a standstill that is for ever. */
  stalled(exchange: Exchange): void {
    if (exchange.isTold || this.#untold.includes(exchange)) return;
    this.#whenGone(exchange, "sent", () => this.log?.outcome(exchange, null));
  }

  /** What became of the fault of an open WebSocket: done once the client has got it. Then `told` is called. */
  webSocketOutcome(exchange: Exchange, reason: string | null, by: "sent" | "ended", told: () => void): void {
    const tell = (why: string | null): void => {
      this.log?.outcome(exchange, why);
      told();
    };
    if (reason === null) this.#port.whenGone(by, (isGone) => tell(isGone ? null : this.#unsentReason));
    else tell(reason);
  }

  /** The connection of an open WebSocket was over before it was known that the client has got its fault. */
  webSocketUnsent(exchange: Exchange): void {
    this.log?.outcome(exchange, this.#unsentReason);
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
    this.#takeUntold(exchange);
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

  /** Whether there is nothing left to tell, and both peers are read. */
  get isIdle(): boolean {
    return this.#untold.length === 0 && !this.#isLost.client && !this.#isLost.server;
  }

  /** The connection is over: what the client has not got by now it does not get. */
  finish(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const exchange of untold) this.#unsent(exchange, isWhole(exchange) ? "unread" : "failed");
  }

  #whenGone(exchange: Exchange, what: "sent" | "ended", tell: () => void): void {
    if (!this.#untold.includes(exchange)) this.#untold.push(exchange);
    this.#port.whenGone(what, (isGone) => {
      if (!this.#takeUntold(exchange)) return;
      if (isGone) tell();
      else this.#unsent(exchange, "failed");
    });
  }

  /** @returns whether it was untold until now. */
  #takeUntold(exchange: Exchange): boolean {
    const at = this.#untold.indexOf(exchange);
    if (at >= 0) this.#untold.splice(at, 1);
    return at >= 0;
  }

  #unsent(exchange: Exchange, how: ExchangeEnd): void {
    this.log?.outcome(exchange, this.#unsentReason);
    this.log?.end(exchange, how);
  }
}

/** Whether all of a response was there for its client to read. */
function isWhole({ isAnswered, answer, changed }: Exchange): boolean {
  return isAnswered ? answer.end === "complete" : changed?.isCut !== true;
}
