/**
 * The half of the exchanges that goes to the client: the upstream's responses in the order of the requests, passed on or
 * changed, and answers of ours in their turn.
 */
import type { ResponseDelay, UnreadReason, WireAction } from "@faultwire/fault-engine";
import { asksForWebSocket } from "@faultwire/fault-engine/internal";
import {
  type BodyItem,
  headerTokens,
  type InterimResponse,
  LENIENT_RESPONSES,
  type ResponseHead,
  type ResponseItem,
  type ResponsePlace,
  ResponseReader,
} from "@faultwire/http1";
import type { CarrierHooks, EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { UnderWayAtRest } from "../session-rest.ts";
import { ChangedResponse } from "./changed-response.ts";
import { DeferredItems } from "./deferred-items.ts";
import { eventCounterFor } from "./event-counter.ts";
import { type Exchange, passOn } from "./exchange.ts";
import { httpExchangeLimits } from "./exchange-limits.ts";
import type { ExchangeQueue } from "./exchange-queue.ts";
import type { ExchangeTeller } from "./exchange-teller.ts";
import type { FaultDesk } from "./fault-desk.ts";
import type { HttpPort } from "./http-port.ts";
import { lateAnswer } from "./late-answer.ts";
import { notReached } from "./unreachable-plan.ts";
import type { UpstreamGate } from "./upstream-gate.ts";
import { UpstreamTalk } from "./upstream-talk.ts";

/** What a response side shares with the exchanges that it belongs to. */
export interface ResponseTurn {
  /** Whether nothing is sent to the client any more. */
  isOver(): boolean;
  /** The client's connection ends behind what was sent. */
  end(how: EndKind): void;
  /** Nothing is read as HTTP any more. */
  becomeOpaque(): void;
  /** Nothing is read as HTTP any more, but as frames: this exchange has opened a WebSocket. */
  openWebSocket(exchange: Exchange, head: InterimResponse): void;
  /** Bytes of the upstream behind a 101. @returns false where they are no frames. */
  toWebSocket(bytes: Uint8Array): boolean;
}

export interface ResponseSideOptions {
  readonly queue: ExchangeQueue;
  readonly tell: ExchangeTeller;
  readonly port: HttpPort;
  readonly desk: FaultDesk;
  readonly now: () => number;
  readonly unread: (reason: UnreadReason, from: Side) => void;
  readonly turn: ResponseTurn;
  /** Sees what the upstream says, before it is taken. */
  readonly gate: UpstreamGate;
  /** As of {@link CarrierHooks}. */
  readonly standsIn: CarrierHooks["standsIn"];
}

export class ResponseSide {
  readonly #options: ResponseSideOptions;
  readonly #queue: ExchangeQueue;
  readonly #tell: ExchangeTeller;
  readonly #port: HttpPort;
  readonly #turn: ResponseTurn;
  readonly #gate: UpstreamGate;
  readonly #reader = new ResponseReader(
    { maxOutstandingRequests: httpExchangeLimits.maxOutstandingRequests },
    LENIENT_RESPONSES,
  );
  readonly #deferred = new DeferredItems();
  readonly #talk = new UpstreamTalk();
  #upstreamEnd: EndKind | undefined;
  /** The client's connection ends behind the answer of ours that is due. */
  #endsBehindAnswer = false;

  constructor(options: ResponseSideOptions) {
    this.#options = options;
    const { queue, tell, port, turn, gate } = options;
    this.#queue = queue;
    this.#tell = tell;
    this.#port = port;
    this.#turn = turn;
    this.#gate = gate;
  }

  /** Whether the upstream says no more, whatever it still owes. */
  get isDone(): boolean {
    return this.#talk.isDone;
  }

  /** Where the upstream is in what it says; `undefined` while something of it waits here, and once it says no more. */
  get place(): (ResponsePlace & { readonly isLast: boolean }) | undefined {
    const { place } = this.#reader;
    const isLeft = this.#talk.isDone || this.#upstreamEnd !== undefined || this.#endsBehindAnswer;
    return !place || isLeft || this.#deferred.length > 0
      ? undefined
      : { ...place, isLast: this.#talk.isLast };
  }

  /** Goes on where the upstream was. */
  resume({ responses, isLast }: Pick<UnderWayAtRest, "isLast" | "responses">): void {
    this.#reader.resume(responses);
    this.#talk.resume(isLast);
  }

  /** Whether the upstream still owes a response, so that it will say something by itself. */
  get isOwed(): boolean {
    return !this.#talk.isDone && this.#queue.owed > this.#deferred.ends;
  }

  /** Whether a response that depends on the upstream no more is still being sent, slowly or never. */
  get isSending(): boolean {
    const { first } = this.#queue;
    if (first?.dueAtMs !== undefined) return true;
    const changed = first?.changed;
    return changed ? (changed.isComplete || changed.isStalled) && !changed.isOver : false;
  }

  /** Bytes that are kept of what the upstream has said. */
  get heldBytes(): number {
    return (this.#queue.first?.changed?.pendingBytes ?? 0) + this.#deferred.bytes;
  }

  /** A request with this method has gone to the upstream. */
  expect(method: string): void {
    this.#reader.expect(method);
  }

  /** The upstream has said this. */
  push(bytes: Uint8Array): void {
    this.#heard(this.#reader.push(bytes));
  }

  /** The upstream has ended: in order, that ends a body which lasts until then; any other is cut off. */
  ended(how: EndKind): void {
    this.#upstreamEnd = how;
    this.#heard(this.#reader.finish().map((item) => (how === "reset" ? brokenOff(item) : item)));
    this.#talk.isDone = true;
    // An upstream that has gone hears nothing of what waits for it.
    if (this.#gate.heldBytes > 0) this.#gate.close();
  }

  /** Does what is due by now. */
  wake(): void {
    const exchange = this.#queue.first;
    if (exchange?.dueAtMs !== undefined) this.flush();
    else if (exchange?.changed)
      this.#carry(exchange, exchange.changed, exchange.changed.wake(this.#options.now()));
    else return;
    if (this.#turn.isOver()) return;
    if (this.#deferred.length > 0 && !this.isSending) this.#respond(this.#deferred.take());
  }

  /** Gives out what is held back, unread: nothing is read as HTTP any more. */
  release(): void {
    for (const { bytes } of this.#deferred.take()) this.#port.toClient(bytes);
    for (const { bytes } of this.#reader.becomeOpaque()) this.#port.toClient(bytes);
  }

  /** Sends the answers of ours whose turn it is. */
  flush(): void {
    for (;;) {
      const { first: exchange } = this.#queue;
      const delay = exchange?.plan?.kind === "answer" ? exchange.plan.delay : null;
      if (!exchange?.isAnswered || !exchange.isSent || this.#turn.isOver()) return;
      if (delay !== null) {
        if (exchange.changed === null) this.#sendLate(exchange, delay);
        return;
      }
      if (!exchange.isDue(this.#options.now())) return;
      this.#queue.shift();
      this.#answer(exchange);
    }
  }

  #answer(exchange: Exchange): void {
    const { bytes } = exchange.answer;
    if (bytes.length > 0) this.#port.toClient(bytes);
    const ends = exchange.endsWithAnswer || this.#endsBehindAnswer;
    if (ends) this.#turn.end(exchange.plan?.kind === "end" ? exchange.plan.how : "fin");
    this.#tell.answered(exchange, ends);
  }

  #sendLate(exchange: Exchange, delay: ResponseDelay): void {
    const { decision, head, answer } = exchange;
    const nowMs = this.#options.now();
    const late = decision && lateAnswer(decision, head, answer.bytes, delay, nowMs);
    if (!late) return;
    const { changed, items } = late;
    exchange.changed = changed;
    this.#carry(exchange, changed, changed.begin(nowMs));
    for (const item of items) this.#carry(exchange, changed, changed.push(item, nowMs));
  }

  #heard(items: readonly ResponseItem[]): void {
    const taken = this.#gate.heard(items, this.#reader.pendingBytes);
    this.#talk.heard(taken);
    this.#respond(taken);
  }

  #respond(items: readonly ResponseItem[]): void {
    for (const [at, item] of items.entries()) {
      this.#talk.take(items, at);
      if (this.isSending) {
        this.#deferred.push(items.slice(at));
        if (this.#deferred.bytes > httpExchangeLimits.maxDeferredBytes) this.#turn.end("reset");
        return;
      }
      this.#response(item);
      if (this.#turn.isOver()) break;
    }
    this.#talk.take([], 0);
  }

  #response(item: ResponseItem): void {
    const { first: exchange } = this.#queue;
    const now = this.#options.now();
    if (item.kind === "opaque" && this.#turn.toWebSocket(item.bytes)) return;
    if (exchange && (item.kind === "end" || item.kind === "malformed" || item.kind === "opaque"))
      this.#queue.answered(exchange);
    if (item.kind === "opaque" || item.kind === "malformed" || !exchange) {
      this.#responseLost(exchange, item);
      return;
    }
    if (item.kind === "interim") {
      if (exchange.name !== null) this.#port.toClient(item.bytes);
      if (item.status === 101) this.#upgraded(exchange, item);
    } else if (item.kind === "head") this.#responseHead(exchange, item, now);
    else if (exchange.changed) this.#carry(exchange, exchange.changed, exchange.changed.push(item, now));
    else if (exchange.name !== null) {
      this.#port.toClient(item.bytes);
      if (item.kind === "body") exchange.passing?.push(item.data);
      else if (item.kind === "end") exchange.passing?.finish();
    }
    if (item.kind === "end" && (!exchange.changed || exchange.changed.isOver)) this.#completed(exchange);
  }

  #upgraded(exchange: Exchange, head: InterimResponse): void {
    this.#queue.shift();
    const wallNowMs = this.#options.desk.nowMs;
    this.#tell.log?.response(exchange, { status: 101, headers: [], injected: false, wallNowMs });
    if (asksForWebSocket(exchange.head) && headerTokens(head.headers, "upgrade").includes("websocket")) {
      this.#turn.openWebSocket(exchange, head);
      return;
    }
    this.#options.unread("upgraded", "server");
    this.#tell.log?.outcome(
      exchange,
      exchange.plan?.kind === "change" ? "the connection was upgraded" : null,
    );
    this.#tell.log?.end(exchange, "complete");
    this.#turn.becomeOpaque();
  }

  #responseHead(exchange: Exchange, head: ResponseHead, nowMs: number): void {
    const { decision, name } = exchange;
    const { desk, standsIn } = this.#options;
    if (name === null) return;
    if (standsIn?.(name)) this.#standsIn(exchange);
    const { plan } = exchange;
    const { status, headers } = head;
    if (plan?.kind !== "change" || !decision) {
      this.#tell.log?.response(exchange, { status, headers, injected: false, wallNowMs: desk.nowMs });
      exchange.passing = eventCounterFor(headers, exchange.head.target, desk.codings);
      this.#port.toClient(head.bytes);
      return;
    }
    const { requestId } = desk.answerContext(decision, exchange.head);
    const { codings } = desk;
    const request = exchange.head;
    const changed = new ChangedResponse({ decision, plan, head, request, requestId, nowMs, codings });
    exchange.changed = changed;
    exchange.heldHead = { status, headers: changed.headers };
    this.#carry(exchange, changed, changed.begin(nowMs));
  }

  /** The response is in the place of one of an upstream that was not reached: no fault happens to it. */
  #standsIn(exchange: Exchange): void {
    this.#tell.log?.outcome(exchange, notReached);
    exchange.isStandIn = true;
    exchange.plan = passOn;
  }

  /** Does what a changed response says. */
  #carry(exchange: Exchange, changed: ChangedResponse, actions: readonly WireAction[]): void {
    if (changed.isStalled) this.#tell.stalled(exchange);
    if (changed.hasSentHead) this.#tell.begun(exchange);
    for (const action of actions) {
      if (action.kind === "bytes") {
        this.#port.toClient(action.bytes);
        continue;
      }
      if (action.kind === "end" && action.keepAlive) {
        // What the upstream still says of this response goes nowhere; the exchange lasts until it has said it.
        if (changed.isComplete) this.#completed(exchange);
        continue;
      }
      this.#queue.shift();
      const isBroken = changed.isBrokenOff && this.#upstreamEnd === "reset";
      this.#turn.end(action.kind === "reset" || isBroken ? "reset" : "fin");
      this.#tellEnd(exchange);
      return;
    }
  }

  #completed(exchange: Exchange): void {
    if (this.#queue.first !== exchange) return;
    this.#queue.shift();
    if (this.#endsBehindAnswer && exchange.isAnswered) this.#turn.end("fin");
    this.#tellEnd(exchange);
    this.flush();
  }

  #tellEnd(exchange: Exchange): void {
    // An upstream that has said all ends by itself where it was asked to, of which a carrier may not hear.
    const isWhole = exchange.changed?.isComplete || this.#talk.hasEnd;
    this.#tell.ended(exchange, this.#turn.isOver() && !isWhole);
  }

  /** The upstream says something that can't be read: it goes on as it is where nothing of ours depends on it. */
  #responseLost(exchange: Exchange | undefined, item: ResponseItem): void {
    this.#tell.lost(item, "server");
    if (this.#gate.isBroken) {
      // An answer of ours needs no upstream: it still comes, once its request is whole.
      this.#endsBehindAnswer = exchange?.isAnswered === true;
      if (this.#endsBehindAnswer) return;
      this.#turn.end(this.#upstreamEnd ?? "fin");
      return;
    }
    if (exchange?.changed) {
      this.#changedLost(exchange, exchange.changed, item as BodyItem);
      return;
    }
    if (this.#queue.hasOwnMessages) {
      this.#turn.end(this.#upstreamEnd ?? "fin");
      return;
    }
    if (exchange) {
      this.#queue.shift();
      this.#tell.log?.outcome(
        exchange,
        exchange.plan?.kind === "change" ? "the response can't be read" : null,
      );
      this.#tell.log?.end(exchange, "cut");
    }
    this.#port.toClient(item.bytes);
    this.#turn.becomeOpaque();
  }

  /** The same of a response that is being changed: what is held of it goes out, and the rest as it comes. */
  #changedLost(exchange: Exchange, changed: ChangedResponse, item: BodyItem): void {
    const isCutOff = item.kind === "malformed" && item.code === "truncated";
    if (isCutOff || changed.isStalled) {
      this.#carry(exchange, changed, changed.push(item, this.#options.now()));
      return;
    }
    // A client that has all of it already gets the end: where the upstream's next response begins can't be told.
    const wasOver = changed.isOver;
    const actions = changed.release(this.#options.now());
    if (changed.hasSentHead) this.#tell.begun(exchange);
    for (const action of actions) if (action.kind === "bytes") this.#port.toClient(action.bytes);
    const isOver = changed.isOver;
    const reason = changed.hasStruck ? null : "the response can't be read";
    this.#queue.shift();
    const isEnd = isOver || this.#queue.hasOwnMessages;
    if (isEnd) this.#turn.end(wasOver ? "fin" : "reset");
    if (isOver) this.#tellEnd(exchange);
    else {
      this.#tell.log?.outcome(exchange, reason);
      this.#tell.log?.end(exchange, "cut");
    }
    if (isEnd) return;
    this.#port.toClient(item.bytes);
    this.#turn.becomeOpaque();
  }
}

/** A body whose end is the connection's is not whole where the connection broke. */
function brokenOff(item: ResponseItem): ResponseItem {
  return item.kind === "end" ? { kind: "malformed", code: "truncated", offset: 0, bytes: item.bytes } : item;
}
