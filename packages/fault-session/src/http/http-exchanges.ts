/**
 * HTTP/1.1 between a client and an upstream: every request is read, decided and passed on or answered, every response
 * passed on or changed. A machine: bytes of both peers in, bytes for both out; it knows neither TLS nor the host.
 *
 * Without a fault every byte goes through as it came and at once. With one, the order of responses is the order of
 * requests, and the connection goes on wherever the fault leaves it in one piece.
 */
import {
  type ConnectionFacts,
  type Decision,
  type ResponseDelay,
  retryAfterMs,
  summarizeRequest,
  type UnreadReason,
  type WireAction,
} from "@faultwire/fault-engine";
import {
  type BodyItem,
  encodeHead,
  headerValue,
  joinBytes,
  LENIENT_RESPONSES,
  type RequestHead,
  type RequestItem,
  RequestReader,
  type ResponseHead,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import { hostOfAuthority } from "../host-name.ts";
import { unreadReason } from "../unread-teller.ts";
import { ChangedResponse } from "./changed-response.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { Exchange, passOn } from "./exchange.ts";
import { ExchangeLog } from "./exchange-log.ts";
import type { HttpExchangesOptions, HttpPort } from "./http-port.ts";
import { lateAnswer } from "./late-answer.ts";
import { planRequest, type RequestPlan, readableHeaders } from "./request-plan.ts";

/** Limits of one connection's exchanges. */
export const httpExchangeLimits = {
  /**
   * Requests whose responses are not over, before nothing more is read from the client. A client that pipelines behind a
   * slow response would otherwise be stored without end; clients of model APIs have one or two under way.
   */
  maxExchanges: 100,
  /** Bytes of those requests' heads and of our answers to them, before nothing more is read from the client. */
  maxWaitingBytes: 1_048_576,
  /** Requests without a response that are remembered: what one more read can bring on top of `maxExchanges`. */
  maxOutstandingRequests: 2048,
  /** Bytes of one request that wait for a rule that asks for its body; a longer one is decided without it. */
  maxHeldRequestBytes: 10_551_296,
  /** Bytes of responses that wait while the one before them is still being sent slowly. */
  maxDeferredBytes: 4_194_304,
} as const;

const nothingBehind: { readonly items: readonly ResponseItem[]; readonly at: number } = { items: [], at: 0 };

/** Why a fault is not done though it was carried out here. */
export const unsentReason =
  "the client can't have got it: its tunnel speaks to it only when the upstream speaks";

export class HttpExchanges {
  readonly #options: HttpExchangesOptions;
  readonly #port: HttpPort;
  #log: ExchangeLog | undefined;
  #connection: (ConnectionFacts & { readonly client: string }) | undefined;
  #lastHead: RequestHead | null = null;
  readonly #requests = new RequestReader();
  readonly #responses = new ResponseReader(
    { maxOutstandingRequests: httpExchangeLimits.maxOutstandingRequests },
    LENIENT_RESPONSES,
  );
  /** In the order of the requests; the first is the one whose response is due. */
  readonly #exchanges: Exchange[] = [];
  /** Those that the upstream has still to say something about. */
  #owed = 0;
  /** Bytes of heads and answers that {@link #exchanges} keeps. */
  #waitingBytes = 0;
  /** The request that is being read. */
  #reading: Exchange | null = null;
  /** Items of later responses, while an earlier one is still being sent. */
  #deferred: ResponseItem[] = [];
  #deferredBytes = 0;
  /** What came together with the item of a response that is being taken, from that item on. */
  #behind = nothingBehind;
  /** Responses that are whole among them. */
  #deferredEnds = 0;
  /** The response that is being read is the connection's last. */
  #isLastResponse = false;
  /** The upstream says no more, whatever it still owes. */
  #isUpstreamDone = false;
  /** Exchanges that are over here, and of which the client is still to get the last. */
  readonly #untold = new Set<Exchange>();
  #isOpaque = false;
  /** What this peer says is read no more. */
  readonly #isLost: Record<Side, boolean> = { client: false, server: false };
  #isOver = false;
  #hasChanged = false;

  constructor(options: HttpExchangesOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** Whether anything was sent that the peers did not say themselves, or kept from them. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** True once nothing is read as HTTP any more: an upgrade, or something that is no HTTP. Every byte then passes. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** Whether the upstream still owes a response, so that it will say something by itself. */
  get upstreamOwes(): boolean {
    return !this.#isUpstreamDone && this.#owed > this.#deferredEnds;
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

  /** Whether a response that depends on the upstream no more is still being sent, slowly or never. */
  get isSending(): boolean {
    const changed = this.#exchanges[0]?.changed;
    return changed ? (changed.isComplete || changed.isStalled) && !changed.isOver : false;
  }

  /** The response that is due, from its head on, where something happens to it. */
  get changed(): ChangedResponse | null {
    return this.#exchanges[0]?.changed ?? null;
  }

  /** Whether nothing is sent to the client any more: its connection ends. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the client's connection will end with the response that is due, or with the last answer given here. */
  get endsClient(): boolean {
    const plan = this.#exchanges[0]?.plan;
    return (plan?.kind === "change" && plan.ends) || (this.#exchanges.at(-1)?.endsWithAnswer ?? false);
  }

  /** Whether an answer that is given here is due, and the client's connection ends with it. */
  get isEndDue(): boolean {
    return this.#exchanges[0]?.endsWithAnswer ?? false;
  }

  /** The last request's head. */
  get lastHead(): RequestHead | null {
    return this.#lastHead;
  }

  /** The connection's target, as its first request or its TLS named it. */
  get host(): string {
    return this.#connection?.host ?? "";
  }

  /** Bytes that this peer has said, or has made us say, and that are kept here. */
  heldBytes(from: Side): number {
    if (from === "client") return this.#waitingBytes + (this.#reading?.heldBytes ?? 0);
    return (this.#exchanges[0]?.changed?.pendingBytes ?? 0) + this.#deferredBytes;
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get wakeAtMs(): number | undefined {
    return this.#exchanges[0]?.changed?.wakeAtMs;
  }

  fromClient(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#isOpaque) {
      this.#port.toServer(bytes);
      return;
    }
    for (const item of this.#requests.push(bytes)) this.#request(item);
    this.#flush();
  }

  fromServer(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#isOpaque) this.#port.toClient(bytes);
    else this.#heard(this.#responses.push(bytes));
  }

  /** The upstream has ended: that is the end of a body which lasts until then, or of one that is cut off. */
  serverEnded(): void {
    if (this.#isOver || this.#isOpaque) return;
    this.#heard(this.#responses.finish());
    this.#isUpstreamDone = true;
  }

  /** Does what is due by now. */
  wake(): void {
    const exchange = this.#exchanges[0];
    if (this.#isOver || !exchange?.changed) return;
    this.#carry(exchange, exchange.changed, exchange.changed.wake(this.#options.now()));
    this.#undefer();
  }

  /** Whether {@link insert} would be between two requests, on a connection that is read. */
  get canInsert(): boolean {
    return !this.#isOpaque && !this.#isUpstreamDone && this.#reading?.goesOn !== true;
  }

  /**
   * Sends the upstream a request of the carrier's own, behind those of the client; its response goes nowhere. Only where
   * {@link canInsert}.
   *
   * @param head - Of the request; its method tells how its response is read. `bytes`: all of it.
   */
  insert(head: RequestHead): void {
    const inserted = new Exchange(head, null);
    inserted.plan = passOn;
    this.#enqueue(inserted);
    this.#owe(inserted);
    this.#responses.expect(head.method);
    this.#port.toServer(head.bytes);
  }

  /** The connection is over: tells how what is under way ended. */
  finish(): void {
    this.#abandon();
    for (const exchange of this.#untold) this.#tellUnsent(exchange);
    this.#untold.clear();
  }

  #abandon(): void {
    for (const exchange of this.#exchanges.splice(0)) {
      this.#settled(exchange);
      this.#letGo(exchange);
      this.#untold.delete(exchange);
      const { changed, isAnswered, hasBegun } = exchange;
      const hasStruck = isAnswered ? hasBegun : changed?.hasStruck;
      this.#log?.outcome(exchange, hasStruck ? null : "the connection ended first");
      this.#log?.end(exchange, "abandoned");
    }
  }

  #request(item: RequestItem): void {
    if (this.#isOpaque) {
      this.#port.toServer(item.bytes);
      return;
    }
    if (item.kind === "head") {
      if (!this.#connection && !this.#introduce(item)) return;
      const exchange = new Exchange(item, this.#options.desk.nextRequest());
      this.#lastHead = item;
      this.#reading = exchange;
      this.#enqueue(exchange);
      this.#hold(exchange, item.bytes);
      this.#decide(exchange, exchange.hasNoBody ? new Uint8Array(0) : undefined);
      return;
    }
    const exchange = this.#reading;
    if (item.kind === "opaque" || item.kind === "malformed" || !exchange) {
      this.#requestLost(item);
      return;
    }
    if (item.kind === "body") exchange.remember(item.data);
    if (exchange.plan === null) {
      const hasRoom = this.#hold(exchange, item.bytes);
      if (item.kind === "end") this.#decide(exchange, joinBytes(exchange.body));
      else if (!hasRoom || exchange.heldBytes > exchange.maxHeldBytes)
        this.#decideWithout(exchange, "body-too-large");
    } else if (exchange.goesOn) this.#port.toServer(item.bytes);
    if (item.kind !== "end") return;
    this.#sent(exchange);
  }

  /** The client has said all of a request that it is going to say. */
  #sent(exchange: Exchange): void {
    exchange.isSent = true;
    this.#reading = null;
    this.#log?.request(exchange);
    if (exchange.goesOn) this.#options.hooks?.requestSent?.(exchange.head);
  }

  #enqueue(exchange: Exchange): void {
    this.#exchanges.push(exchange);
    this.#wait(exchange, exchange.head.bytes.length);
  }

  #dequeue(): void {
    const exchange = this.#exchanges.shift();
    if (exchange) this.#settled(exchange);
  }

  #wait(exchange: Exchange, bytes: number): void {
    exchange.waitingBytes += bytes;
    this.#waitingBytes += bytes;
  }

  /** The upstream has to answer it. */
  #owe(exchange: Exchange): void {
    exchange.isOwed = true;
    this.#owed++;
  }

  /** The upstream has said all that it will say about it. */
  #answered(exchange: Exchange): void {
    if (exchange.isOwed) this.#owed--;
    exchange.isOwed = false;
  }

  /** It is over: nothing of it is kept. */
  #settled(exchange: Exchange): void {
    this.#answered(exchange);
    this.#wait(exchange, -exchange.waitingBytes);
  }

  #introduce(head: RequestHead): boolean {
    const { introduce, policy } = this.#options;
    const connection = introduce(head);
    if (!connection) {
      this.#port.toServer(head.bytes);
      this.#becomeOpaque();
      return false;
    }
    this.#connection = connection;
    this.#log = new ExchangeLog(
      connection,
      () => this.#options.now(),
      (event) => policy.record(event),
      this.#options.insteadOf,
    );
    return true;
  }

  /** Keeps a part of a request that waits for its decision. @returns false where there is no room for more. */
  #hold(exchange: Exchange, bytes: Uint8Array): boolean {
    exchange.hold(bytes);
    return this.#options.desk.hold(bytes.length);
  }

  #letGo(exchange: Exchange): Uint8Array[] {
    const { held, heldBytes } = exchange;
    this.#options.desk.release(heldBytes);
    exchange.held = [];
    exchange.heldBytes = 0;
    return held;
  }

  /** Asks about a request, with its body, without it, or with the word that there will be none to see. */
  #decide(exchange: Exchange, body: Uint8Array | null | undefined): void {
    const { policy } = this.#options;
    const connection = this.#connection;
    if (!connection) return;
    const { head } = exchange;
    const { method, target, headers } = head;
    const host = hostOfAuthority(headerValue(headers, "host") ?? connection.host ?? "");
    const facts = { ...connection, host, method, target, headers, ...(body === undefined ? {} : { body }) };
    const found = policy.isTarget(host) ? policy.request(facts) : null;
    if (found?.kind !== "needs-body") {
      this.#carryOut(exchange, found?.kind === "fault" ? found.decision : null);
      return;
    }
    const most = Math.min(found.maxBytes, httpExchangeLimits.maxHeldRequestBytes);
    exchange.maxHeldBytes = head.bytes.length + most;
    if (body !== undefined) this.#carryOut(exchange, null);
    // A client that waits for a 100 sends no body that could be waited for.
    else if (exchange.awaitsContinue) this.#decideWithout(exchange, "awaits-continue");
    else if (exchange.knownBodyBytes > most) this.#decideWithout(exchange, "body-too-large");
  }

  /** Decides about a request whose body a rule asks for, and can't see. */
  #decideWithout(exchange: Exchange, reason: UnreadReason): void {
    this.#options.unread(reason, "client");
    this.#decide(exchange, null);
  }

  #carryOut(exchange: Exchange, decision: Decision | null): void {
    const { head } = exchange;
    const { desk } = this.#options;
    exchange.decision = decision;
    exchange.plan = passOn;
    if (decision) {
      this.#log?.decision(exchange);
      exchange.plan = planRequest({
        decision,
        head,
        summary: summarizeRequest({ connection: "", ...head, body: joinBytes(exchange.body) }),
        bodyBytes: exchange.knownBodyBytes,
        desk,
        // A client that waits for 100 may or may not send its body after a final answer.
        last: !head.keepAlive || exchange.awaitsContinue,
      });
    }
    const { plan } = exchange;
    const [first = head.bytes, ...rest] = this.#letGo(exchange);
    switch (plan.kind) {
      case "answer":
      case "raw":
      case "end":
        this.#hasChanged = true;
        exchange.answer = encodeAnswer(exchange, desk.nowMs);
        this.#wait(exchange, exchange.answer.bytes.length);
        if (!exchange.awaitsContinue) return;
        // Its body comes when we say so, and we never do.
        this.#sent(exchange);
        return;
      case "none":
        this.#log?.outcome(exchange, plan.reason);
        break;
      case "wait":
        if (!decision) break;
        this.#hasChanged = true;
        this.#port.hold("server", plan.ms);
        this.#log?.outcome(exchange, null);
        break;
      case "change":
        this.#hasChanged = true;
        break;
      case "pass":
        break;
      default:
        plan satisfies never;
    }
    this.#owe(exchange);
    this.#port.toServer(plan.kind === "change" ? this.#readableHead(head, plan) : first);
    for (const bytes of rest) this.#port.toServer(bytes);
    this.#responses.expect(head.method);
  }

  /** Nobody can say any more where a request ends. What is not changed yet goes on unread. */
  #requestLost(item: RequestItem): void {
    this.#tellUnread(item, "client");
    if (this.#hasOwnMessages) {
      this.#end("fin");
      return;
    }
    if (this.#reading) for (const held of this.#letGo(this.#reading)) this.#port.toServer(held);
    this.#port.toServer(item.bytes);
    this.#becomeOpaque();
  }

  #becomeOpaque(): void {
    if (this.#isOpaque) return;
    this.#isOpaque = true;
    for (const { bytes } of this.#requests.becomeOpaque()) this.#port.toServer(bytes);
    for (const { bytes } of this.#deferred.splice(0)) this.#port.toClient(bytes);
    for (const { bytes } of this.#responses.becomeOpaque()) this.#port.toClient(bytes);
  }

  /** The head of a request whose response is to be read and changed. */
  #readableHead(head: RequestHead, plan: Extract<RequestPlan, { kind: "change" }>): Uint8Array {
    const last = plan.ends ? this.#options.hooks?.headersOfLast?.(head) : undefined;
    const headers = readableHeaders(last ?? head.headers);
    if (headers === head.headers) return head.bytes;
    return encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, headers);
  }

  /** Sends the answers of ours whose turn it is. */
  #flush(): void {
    for (;;) {
      const [exchange] = this.#exchanges;
      const delay = exchange?.plan?.kind === "answer" ? exchange.plan.delay : null;
      if (!exchange?.isAnswered || !exchange.isSent || this.#isOver) return;
      if (delay !== null) {
        if (exchange.changed === null) this.#sendLate(exchange, delay);
        return;
      }
      this.#dequeue();
      this.#answer(exchange);
    }
  }

  #answer(exchange: Exchange): void {
    const { bytes, status, retryAfterMs: afterMs } = exchange.answer;
    if (bytes.length > 0) this.#port.toClient(bytes);
    const ends = exchange.endsWithAnswer;
    if (ends) this.#end(exchange.plan?.kind === "end" ? exchange.plan.how : "fin");
    this.#whenGone(exchange, bytes.length > 0 || !ends ? "sent" : "ended", () => {
      if (status !== null) this.#log?.response(exchange, status, true, afterMs);
      this.#log?.outcome(exchange, null);
      this.#log?.end(exchange, bytes.length > 0 ? "complete" : "failed");
    });
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
    for (const item of items) {
      if (item.kind === "head") this.#isLastResponse = !item.keepAlive;
      if (item.kind === "end" && this.#isLastResponse) this.#isUpstreamDone = true;
    }
    this.#respond(items);
  }

  #respond(items: readonly ResponseItem[]): void {
    for (const [at, item] of items.entries()) {
      this.#behind = { items, at };
      if (this.isSending) {
        this.#defer(items.slice(at));
        return;
      }
      this.#response(item);
      if (this.#isOver) break;
    }
    this.#behind = nothingBehind;
  }

  #defer(items: readonly ResponseItem[]): void {
    for (const item of items) {
      this.#deferredBytes += item.bytes.length;
      if (item.kind === "end") this.#deferredEnds++;
    }
    this.#deferred.push(...items);
    if (this.#deferredBytes > httpExchangeLimits.maxDeferredBytes) this.#end("reset");
  }

  #undefer(): void {
    if (this.#deferred.length === 0 || this.isSending) return;
    this.#deferredBytes = 0;
    this.#deferredEnds = 0;
    this.#respond(this.#deferred.splice(0));
  }

  #response(item: ResponseItem): void {
    const [exchange] = this.#exchanges;
    const now = this.#options.now();
    if (exchange && (item.kind === "end" || item.kind === "malformed" || item.kind === "opaque"))
      this.#answered(exchange);
    if (item.kind === "opaque" || item.kind === "malformed" || !exchange) {
      this.#responseLost(exchange, item);
      return;
    }
    if (item.kind === "interim") {
      if (exchange.name !== null) this.#port.toClient(item.bytes);
      if (item.status === 101) this.#upgraded(exchange);
    } else if (item.kind === "head") this.#responseHead(exchange, item, now);
    else if (exchange.changed) this.#carry(exchange, exchange.changed, exchange.changed.push(item, now));
    else if (exchange.name !== null) this.#port.toClient(item.bytes);
    if (item.kind === "end" && (!exchange.changed || exchange.changed.isOver)) this.#completed(exchange);
  }

  #upgraded(exchange: Exchange): void {
    this.#dequeue();
    this.#log?.response(exchange, 101, false, null);
    this.#options.unread("upgraded", "server");
    this.#log?.outcome(exchange, exchange.plan?.kind === "change" ? "the connection was upgraded" : null);
    this.#log?.end(exchange, "complete");
    this.#becomeOpaque();
  }

  #responseHead(exchange: Exchange, head: ResponseHead, nowMs: number): void {
    const { plan, decision, name } = exchange;
    const { desk } = this.#options;
    if (name === null) return;
    this.#log?.response(exchange, head.status, false, retryAfterMs(head.headers, desk.nowMs));
    if (plan?.kind !== "change" || !decision) {
      this.#port.toClient(head.bytes);
      return;
    }
    const { requestId } = desk.answerContext(decision, exchange.head);
    const changed = new ChangedResponse({ decision, plan, head, request: exchange.head, requestId, nowMs });
    exchange.changed = changed;
    this.#carry(exchange, changed, changed.begin(nowMs));
  }

  /** Does what a changed response says. */
  #carry(exchange: Exchange, changed: ChangedResponse, actions: readonly WireAction[]): void {
    if (changed.isStalled && !exchange.isTold && !this.#untold.has(exchange))
      this.#whenGone(exchange, "sent", () => this.#log?.outcome(exchange, null));
    const { status, retryAfterMs: afterMs } = exchange.answer;
    if (status !== null && actions.length > 0 && !exchange.hasBegun) {
      exchange.hasBegun = true;
      this.#log?.response(exchange, status, true, afterMs);
    }
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
      this.#dequeue();
      this.#end(action.kind === "reset" ? "reset" : "fin");
      this.#tellEnd(exchange, changed);
      return;
    }
  }

  #completed(exchange: Exchange): void {
    if (this.#exchanges[0] !== exchange) return;
    this.#dequeue();
    this.#tellEnd(exchange, exchange.changed);
    this.#flush();
  }

  #tellEnd(exchange: Exchange, changed: ChangedResponse | null): void {
    // An error that came was done, late or, where its body was empty, less late than asked for.
    const reason = exchange.isAnswered ? null : (changed?.undoneReason ?? null);
    const tell = (): void => {
      this.#log?.outcome(exchange, reason);
      this.#log?.end(exchange, changed?.isCut ? (changed.hasSentHead ? "cut" : "failed") : "complete");
    };
    // An upstream that has said all ends by itself where it was asked to, of which a carrier may not hear.
    const isWhole = changed?.isComplete || this.#hasHeardEnd;
    const isEnding = this.#isOver && !isWhole;
    if (exchange.decision && reason === null) this.#whenGone(exchange, isEnding ? "ended" : "sent", tell);
    else tell();
  }

  /** Whether the upstream has said the response that is being taken to its end. */
  get #hasHeardEnd(): boolean {
    const { items, at } = this.#behind;
    return items.slice(at).some(({ kind }) => kind === "end");
  }

  /** Tells of a fault once the client has got what is to be told: until then it is not done. */
  #whenGone(exchange: Exchange, what: "sent" | "ended", tell: () => void): void {
    this.#untold.add(exchange);
    this.#port.whenGone(what, (isGone) => {
      if (!this.#untold.delete(exchange)) return;
      if (isGone) tell();
      else this.#tellUnsent(exchange);
    });
  }

  #tellUnsent(exchange: Exchange): void {
    this.#log?.outcome(exchange, unsentReason);
    this.#log?.end(exchange, "failed");
  }

  /** The upstream says something that can't be read: it goes on as it is where nothing of ours depends on it. */
  #responseLost(exchange: Exchange | undefined, item: ResponseItem): void {
    this.#tellUnread(item, "server");
    if (exchange?.changed) {
      this.#changedLost(exchange, exchange.changed, item as BodyItem);
      return;
    }
    if (this.#hasOwnMessages) {
      this.#end("fin");
      return;
    }
    if (exchange) {
      this.#dequeue();
      this.#log?.outcome(exchange, exchange.plan?.kind === "change" ? "the response can't be read" : null);
      this.#log?.end(exchange, "cut");
    }
    this.#port.toClient(item.bytes);
    this.#becomeOpaque();
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
    for (const action of actions) if (action.kind === "bytes") this.#port.toClient(action.bytes);
    const isOver = changed.isOver;
    const reason = changed.hasStruck ? null : "the response can't be read";
    this.#dequeue();
    const isEnd = isOver || this.#hasOwnMessages;
    if (isEnd) this.#end(wasOver ? "fin" : "reset");
    if (isOver) this.#tellEnd(exchange, changed);
    else {
      this.#log?.outcome(exchange, reason);
      this.#log?.end(exchange, "cut");
    }
    if (isEnd) return;
    this.#port.toClient(item.bytes);
    this.#becomeOpaque();
  }

  /** Whether an answer or a question of ours is under way, so that nothing can pass unread. */
  get #hasOwnMessages(): boolean {
    return this.#exchanges.some(({ isAnswered, name }) => isAnswered || name === null);
  }

  /** The end of a connection in the middle of a message is no failure to read, and what follows a failure is none. */
  #tellUnread(item: RequestItem | ResponseItem, from: Side): void {
    if (item.kind !== "opaque" && item.kind !== "malformed") return;
    if (this.#isLost[from]) return;
    this.#isLost[from] = true;
    const reason = unreadReason(item);
    if (reason !== "truncated") this.#options.unread(reason, from);
  }

  #end(how: EndKind): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hasChanged = true;
    this.#abandon();
    this.#port.endClient(how);
  }
}
