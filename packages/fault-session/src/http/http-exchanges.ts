/**
 * HTTP/1.1 between a client and an upstream: every request is read, decided and passed on or answered, every response
 * passed on or changed. A machine: bytes of both peers in, bytes for both out; it knows neither TLS nor the host.
 *
 * Without a fault every byte goes through as it came and at once. With one, the order of responses is the order of
 * requests, and the connection goes on wherever the fault leaves it in one piece.
 */
import type { ConnectionFacts } from "@faultwire/fault-engine";
import { type InterimResponse, type RequestHead, type RequestItem, RequestReader } from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { ExchangesAtRest, SessionAtRest } from "../session-rest.ts";
import type { ChangedResponse } from "./changed-response.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { Exchange, passOn } from "./exchange.ts";
import { httpExchangeLimits } from "./exchange-limits.ts";
import { ExchangeLog } from "./exchange-log.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { ExchangeTeller } from "./exchange-teller.ts";
import { type ExchangesUnderWay, resumeExchanges, underWayAtRest } from "./exchanges-rest.ts";
import type { HttpExchangesOptions, HttpPort } from "./http-port.ts";
import { openWebSocket } from "./open-web-socket.ts";
import { marked, readableHead } from "./readable-head.ts";
import { RequestDecider } from "./request-decider.ts";
import { ResponseSide, type ResponseTurn } from "./response-side.ts";
import { notReached, unreachablePlan } from "./unreachable-plan.ts";
import { UpstreamGate } from "./upstream-gate.ts";
import type { WebSocketTalk } from "./web-socket.ts";

export class HttpExchanges {
  readonly #options: HttpExchangesOptions;
  readonly #port: HttpPort;
  readonly #tell: ExchangeTeller;
  readonly #decider: RequestDecider;
  #connection: (ConnectionFacts & { readonly client: string }) | undefined;
  #lastHead: RequestHead | null = null;
  readonly #requests = new RequestReader();
  readonly #responses: ResponseSide;
  readonly #queue = new ExchangeQueue();
  readonly #gate: UpstreamGate;
  /** The request that is being read. */
  #reading: Exchange | null = null;
  /** What is spoken in place of HTTP, where an upgrade led to it. */
  #webSocket: WebSocketTalk | undefined;
  #hasClientEnded = false;
  #isOpaque = false;
  #isOver = false;
  /** Why the upstream can't be reached, where it can't. */
  #unreachable: string | undefined;
  #hasChanged = false;
  /** The client has said that it asks for nothing behind its last request. */
  #hasAskedLast = false;

  /** @param rest - What goes on here of a connection that rested. */
  constructor(options: HttpExchangesOptions, rest?: SessionAtRest) {
    this.#options = options;
    const { port, now, policy, desk, unread } = options;
    this.#port = port;
    const decided = (exchange: Exchange): void => this.#carryOut(exchange);
    this.#decider = new RequestDecider({ policy, desk, unread, decided });
    const clocks = { now, wallNow: () => desk.nowMs };
    this.#tell = new ExchangeTeller(port, unread, clocks, options.unsentReason);
    const turn: ResponseTurn = {
      isOver: () => this.#isOver,
      end: (how) => this.#end(how),
      becomeOpaque: () => this.#becomeOpaque(),
      openWebSocket: (exchange, head) => this.#openWebSocket(exchange, head),
      toWebSocket: (bytes) => {
        this.#webSocket?.receive("server", bytes);
        return this.#webSocket !== undefined;
      },
    };
    const expect = (method: string): void => this.#responses.expect(method);
    this.#gate = new UpstreamGate({ now, expect, send: (bytes) => port.toServer(bytes) });
    this.#responses = new ResponseSide({
      ...{ queue: this.#queue, tell: this.#tell, gate: this.#gate },
      ...{ port, desk, now, unread, turn, standsIn: options.hooks?.standsIn },
    });
    if (!rest?.exchanges) return;
    this.#hasChanged = rest.hasChanged;
    this.#hasAskedLast = rest.exchanges.underWay?.hasAskedLast ?? false;
    this.#know(rest.exchanges.connection);
    resumeExchanges(this.#underWay, rest.exchanges);
  }

  /**
   * What has to be kept of them; `undefined` while something waits here, is read, or is to be changed.
   *
   * @param connection - What they are connected to, where that is known before the first request.
   */
  atRest(
    connection: ExchangesAtRest["connection"] | undefined = this.#connection,
  ): SessionAtRest | undefined {
    const isLeft = this.#isOver || this.#isOpaque || this.#hasClientEnded || this.#unreachable !== undefined;
    if (!connection || isLeft || this.#reading || !this.#tell.isIdle) return undefined;
    const underWay = underWayAtRest(this.#underWay, this.#hasAskedLast);
    if (underWay === undefined) return undefined;
    const exchanges = { connection, isStrict: this.#gate.isStrict, underWay: underWay ?? undefined };
    return { hasChanged: this.#hasChanged, exchanges };
  }

  get #underWay(): ExchangesUnderWay {
    return { queue: this.#queue, requests: this.#requests, responses: this.#responses, gate: this.#gate };
  }

  /** Whether a peer has said that its last message was the last, and all of both has come. */
  get isSpent(): boolean {
    const isLast = this.#hasAskedLast || this.#responses.isDone;
    return isLast && !this.#isOpaque && this.#queue.length === 0 && this.#reading === null;
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
    return this.#responses.isOwed;
  }

  /** Whether so much is under way that nothing more should be read from the client for now. */
  get isFull(): boolean {
    if (this.#webSocket) return this.#webSocket.isFull("client");
    // What goes nowhere is read all the same: a carrier may see no other way that the client has gone.
    if (this.#gate.isShut) return false;
    return this.#queue.isFull || this.#gate.heldBytes >= httpExchangeLimits.maxWaitingBytes;
  }

  /** Whether something of the client waits behind a question of the carrier's own ({@link insert}). */
  get isBehindQuestion(): boolean {
    return !this.#isOver && this.#gate.heldBytes > 0;
  }

  /** What waits there can't be sent later: it goes nowhere, and the connection is not used again. */
  dropBehindQuestion(): void {
    if (!this.#gate.drop()) this.#end("fin");
  }

  /** Whether a response that depends on the upstream no more is still being sent, slowly or never. */
  get isSending(): boolean {
    return this.#responses.isSending;
  }

  /** Whether the client is still to get something that depends on the upstream no more. */
  get owesClient(): boolean {
    if (this.#webSocket && !this.#isOver) return this.#webSocket.holdsEnd;
    if (this.#isOver || this.#isOpaque) return false;
    const { first } = this.#queue;
    return this.isSending || (first?.isAnswered === true && (first.isSent || !this.#hasClientEnded));
  }

  /** Whether a response has come to a standstill that is for ever. */
  get isStalled(): boolean {
    if (this.#webSocket) return !this.#isOver && this.#webSocket.isStalled;
    return !this.#isOver && this.#queue.first?.changed?.isStalled === true;
  }

  /** The response that is due, from its head on, where something happens to it. */
  get changed(): ChangedResponse | null {
    return this.#queue.first?.changed ?? null;
  }

  /** Whether nothing is sent to the client any more: its connection ends. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How the client's connection will end with the upstream's response that is due; `undefined` where it will not. */
  get dueEnd(): EndKind | undefined {
    return this.#queue.first?.endOfResponse;
  }

  /** Whether an answer that is given here is due, and the client's connection ends with it. */
  get isEndDue(): boolean {
    return this.#queue.first?.endsWithAnswer ?? false;
  }

  /** The last request's head, where it is kept ({@link HttpExchangesOptions.keepsLastHead}). */
  get lastHead(): RequestHead | null {
    return this.#lastHead;
  }

  /** The connection's target, as its first request or its TLS named it. */
  get host(): string {
    return this.#connection?.host ?? "";
  }

  /** Bytes that this peer has said, or has made us say, and that are kept here. */
  heldBytes(from: Side): number {
    if (this.#webSocket) return this.#webSocket.heldBytes(from);
    if (from === "server") return this.#responses.heldBytes;
    const read = (this.#reading?.heldBytes ?? 0) + this.#requests.pendingBytes;
    return read + this.#queue.waitingBytes + this.#gate.heldBytes;
  }

  /** When the response that is due goes on; `undefined` while it waits for no time. */
  get wakeAtMs(): number | undefined {
    return this.#webSocket ? this.#webSocket.wakeAtMs : this.#queue.first?.goesOnNextAtMs;
  }

  /** What is spoken in place of HTTP, where an upgrade led to a WebSocket. */
  get webSocket(): WebSocketTalk | undefined {
    return this.#webSocket;
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get dueAtMs(): number | undefined {
    // What waits behind a question has time until the response before it is over.
    if (this.#isOver || this.#isOpaque || this.#queue.first?.isUnderWay) return this.wakeAtMs;
    return this.#gate.wakeAtMs;
  }

  fromClient(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#webSocket) {
      this.#webSocket.receive("client", bytes);
      return;
    }
    if (this.#isOpaque) {
      this.#gate.send(bytes);
      return;
    }
    // Behind the connection's last request nothing is asked any more.
    if (this.#gate.isShut && !this.#reading) return;
    for (const item of this.#requests.push(bytes)) this.#request(item);
    this.#reading?.own();
    this.#responses.flush();
  }

  fromServer(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#webSocket) this.#webSocket.receive("server", bytes);
    else if (this.#isOpaque) this.#port.toClient(bytes);
    else this.#responses.push(bytes);
  }

  /** The upstream has ended: in order, that ends a body which lasts until then; any other is cut off. */
  serverEnded(how: EndKind): void {
    if (!this.#isOver) this.#webSocket?.ended("server");
    if (this.#isOver || this.#isOpaque) return;
    this.#responses.ended(how);
  }

  /**
   * The upstream can't be reached: requests that need it, those under way included, are answered with 502 in its place,
   * and the client's connection ends with that. Requests that are answered by rule are as ever.
   */
  unreachable(reason: string): void {
    if (this.#isOver) return;
    this.#unreachable = reason;
    if (this.#isOpaque) this.#end("fin");
    for (const exchange of this.#queue)
      if (exchange.goesOn && exchange.name !== null) this.#standIn(exchange, reason);
    this.#responses.flush();
  }

  /** The client says no more: a request that it has begun will not be whole. What is there of it goes on as it is. */
  clientEnded(): void {
    this.#hasClientEnded = true;
    if (!this.#isOver) this.#webSocket?.ended("client");
    if (this.#isOver || this.#isOpaque) return;
    const reading = this.#reading;
    if (!reading?.goesOn && this.#queue.hasOwnMessages) return;
    // A body that rules wait for comes no more.
    if (reading) for (const held of this.#decider.letGo(reading)) this.#port.toServer(held);
    // The line in which the client ended: a head's, or a chunk's.
    for (const { bytes } of this.#requests.becomeOpaque()) this.#port.toServer(bytes);
  }

  /** Nothing goes to the client any more: what it still says passes unread, unless its request was not to go on. */
  leave(): void {
    if (this.#isOver || this.#isOpaque) return;
    if (this.#reading && !this.#reading.goesOn) this.#isOver = true;
    else this.#becomeOpaque();
  }

  /** Does what is due by now. */
  wake(): void {
    if (this.#isOver) return;
    this.#webSocket?.wake();
    this.#responses.wake();
    if (!this.#isOpaque && !this.#queue.first?.isUnderWay && !this.#gate.wake()) this.#end("fin");
  }

  /** Whether {@link insert} would be between two requests, on a connection that is read. */
  get canInsert(): boolean {
    if (this.#isOpaque || this.#responses.isDone || this.#gate.isBroken) return false;
    return this.#reading?.goesOn !== true;
  }

  /**
   * Sends the upstream a request of the carrier's own, behind those of the client; its response goes nowhere. Only where
   * {@link canInsert}. Nothing is sent where the upstream closes behind what it was asked before.
   *
   * @param head - Of the request; its method tells how its response is read. `bytes`: all of it.
   */
  insert(head: RequestHead): void {
    if (!this.#gate.takesMore) return;
    const inserted = new Exchange(head, null, this.#options.now());
    inserted.plan = passOn;
    this.#hasChanged = true;
    this.#queue.push(inserted);
    this.#queue.owe(inserted);
    this.#gate.ask(head);
  }

  /** Sends the upstream an empty line, which a server skips before a request (RFC 9112 section 2.2). Only between requests. */
  insertEmptyLine(): void {
    this.#gate.sendEmptyLine();
  }

  /** The connection is over: tells how what is under way ended. */
  finish(): void {
    // A request of which not all came was asked, and may have been answered.
    if (this.#reading) this.#tell.log?.request(this.#reading);
    this.#reading = null;
    this.#abandon();
    this.#webSocket?.finish();
    this.#tell.finish();
  }

  #openWebSocket(exchange: Exchange, { headers }: InterimResponse): void {
    this.#isOpaque = true;
    this.#gate.open();
    const { now, unread } = this.#options;
    const webSocket = openWebSocket(exchange, headers, {
      now,
      tell: this.#tell,
      send: (to, bytes) => (to === "client" ? this.#port.toClient(bytes) : this.#gate.send(bytes)),
      end: (how) => this.#end(how),
      unread: (from) => unread("bad-frame", from),
    });
    this.#webSocket = webSocket;
    webSocket.open();
    for (const { bytes } of this.#requests.becomeOpaque()) webSocket.receive("client", bytes);
  }

  #abandon(): void {
    for (const exchange of this.#queue.takeAll()) {
      this.#decider.letGo(exchange);
      this.#tell.abandoned(exchange);
    }
  }

  #request(item: RequestItem): void {
    if (this.#isOpaque) {
      this.#gate.send(item.bytes);
      return;
    }
    if (item.kind === "head") {
      if (!this.#connection && !this.#introduce(item)) return;
      this.#hasAskedLast = !item.keepAlive;
      const exchange = new Exchange(item, this.#options.desk.nextRequest(), this.#options.now());
      if (this.#options.keepsLastHead ?? true) this.#lastHead = item;
      this.#reading = exchange;
      this.#queue.push(exchange);
      this.#decider.begin(exchange, this.#connection);
      return;
    }
    const exchange = this.#reading;
    if (item.kind === "opaque" || item.kind === "malformed" || !exchange) {
      this.#requestLost(item);
      return;
    }
    if (item.kind === "body") exchange.remember(item.data);
    if (exchange.plan === null)
      this.#decider.more(exchange, this.#connection, item.bytes, item.kind === "end");
    else if (exchange.goesOn) this.#gate.send(item.bytes);
    if (item.kind !== "end") return;
    this.#sent(exchange);
  }

  /** The client has said all of a request that it is going to say. */
  #sent(exchange: Exchange): void {
    exchange.isSent = true;
    this.#reading = null;
    this.#tell.log?.request(exchange);
    const { hooks } = this.#options;
    if (exchange.asksToClose) this.#gate.last();
    if (exchange.goesOn) hooks?.requestSent?.(exchange.head);
    else if (exchange.endsWithAnswer && this.upstreamOwes) hooks?.endWaits?.(exchange.head);
  }

  #introduce(head: RequestHead): boolean {
    const connection = this.#options.introduce(head);
    if (!connection) {
      this.#gate.send(head.bytes);
      this.#becomeOpaque();
      return false;
    }
    this.#know(connection);
    return true;
  }

  #know(connection: ConnectionFacts & { readonly client: string }): void {
    const { policy, now, insteadOf } = this.#options;
    this.#connection = connection;
    this.#tell.log = new ExchangeLog(connection, now, (event) => policy.record(event), insteadOf);
  }

  /** Carries a plan out. */
  #carryOut(exchange: Exchange): void {
    const { head, plan, decision } = exchange;
    this.#tell.log?.decision(exchange);
    const [first = head.bytes, ...rest] = this.#decider.letGo(exchange);
    if (this.#unreachable !== undefined && exchange.goesOn) {
      this.#standIn(exchange, this.#unreachable);
      return;
    }
    switch (plan?.kind) {
      case "answer":
      case "raw":
      case "end":
        this.#hasChanged = true;
        this.#gate.guard();
        exchange.answer = encodeAnswer(exchange);
        this.#queue.wait(exchange, exchange.answer.bytes.length);
        if (!exchange.awaitsContinue) return;
        // Its body comes when we say so, and we never do.
        this.#sent(exchange);
        return;
      case "none":
        this.#tell.log?.outcome(exchange, plan.reason);
        break;
      case "wait":
        if (!decision) break;
        this.#hasChanged = true;
        // What goes nowhere is not held: it is told when the connection ends.
        if (!this.#gate.takesMore) break;
        this.#port.hold("server", plan.ms);
        this.#tell.log?.outcome(exchange, null);
        break;
      case "change":
        this.#hasChanged = true;
        break;
      case "pass":
      case undefined:
        break;
      default:
        plan satisfies never;
    }
    this.#queue.owe(exchange);
    const changed = plan?.kind === "change" && readableHead(head, plan, this.#options.hooks);
    if (changed) exchange.asksToClose = changed.asksToClose;
    this.#gate.send(marked(changed ? changed.bytes : first, exchange.name, this.#options.hooks));
    for (const bytes of rest) this.#gate.send(bytes);
    this.#gate.expect(head.method);
  }

  /** Answers a request in the place of an upstream that can't be reached. */
  #standIn(exchange: Exchange, reason: string): void {
    this.#hasChanged = true;
    this.#queue.answered(exchange);
    this.#tell.log?.outcome(exchange, notReached);
    exchange.isStandIn = true;
    exchange.plan = unreachablePlan(reason);
    exchange.answer = encodeAnswer(exchange);
    this.#queue.wait(exchange, exchange.answer.bytes.length);
    if (exchange.awaitsContinue && !exchange.isSent) this.#sent(exchange);
  }

  /** Nobody can say any more where a request ends. What is not changed yet goes on unread. */
  #requestLost(item: RequestItem): void {
    this.#tell.lost(item, "client");
    if (this.#queue.hasOwnMessages) {
      this.#end("fin");
      return;
    }
    if (this.#reading) for (const held of this.#decider.letGo(this.#reading)) this.#gate.send(held);
    this.#gate.send(item.bytes);
    this.#becomeOpaque();
  }

  #becomeOpaque(): void {
    if (this.#isOpaque) return;
    this.#isOpaque = true;
    this.#gate.open();
    for (const { bytes } of this.#requests.becomeOpaque()) this.#gate.send(bytes);
    this.#responses.release();
  }

  #end(how: EndKind): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hasChanged = true;
    this.#abandon();
    this.#port.endClient(how);
  }
}
