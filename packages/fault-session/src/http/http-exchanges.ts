/**
 * HTTP/1.1 between a client and an upstream: every request is read, decided and passed on or answered, every response
 * passed on or changed. A machine: bytes of both peers in, bytes for both out; it knows neither TLS nor the host.
 *
 * Without a fault every byte goes through as it came and at once. With one, the order of responses is the order of
 * requests, and the connection goes on wherever the fault leaves it in one piece.
 */
import type { ConnectionFacts } from "@faultwire/fault-engine";
import { type RequestHead, type RequestItem, RequestReader } from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import type { ChangedResponse } from "./changed-response.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { Exchange, passOn } from "./exchange.ts";
import { ExchangeLog } from "./exchange-log.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { ExchangeTeller } from "./exchange-teller.ts";
import type { HttpExchangesOptions, HttpPort } from "./http-port.ts";
import { readableHead } from "./readable-head.ts";
import { RequestDecider } from "./request-decider.ts";
import { ResponseSide, type ResponseTurn } from "./response-side.ts";
import { unreachablePlan } from "./unreachable-plan.ts";

const noFacts: ConnectionFacts = { connection: "" };

const emptyLine = Uint8Array.of(13, 10);

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
  /** The request that is being read. */
  #reading: Exchange | null = null;
  #hasClientEnded = false;
  #isOpaque = false;
  #isOver = false;
  /** Why the upstream can't be reached, where it can't. */
  #unreachable: string | undefined;
  #hasChanged = false;

  constructor(options: HttpExchangesOptions) {
    this.#options = options;
    this.#port = options.port;
    const { policy, desk, unread } = options;
    const decided = (exchange: Exchange): void => this.#carryOut(exchange);
    this.#decider = new RequestDecider({ policy, desk, unread, decided });
    this.#tell = new ExchangeTeller(options.port, options.unread, options.unsentReason);
    const isOver = (): boolean => this.#isOver;
    const turn: ResponseTurn = {
      get isOver() {
        return isOver();
      },
      end: (how) => this.#end(how),
      becomeOpaque: () => this.#becomeOpaque(),
    };
    const { port, now } = options;
    this.#responses = new ResponseSide({
      queue: this.#queue,
      tell: this.#tell,
      port,
      desk,
      now,
      unread,
      turn,
    });
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
    return this.#queue.isFull;
  }

  /** Whether a response that depends on the upstream no more is still being sent, slowly or never. */
  get isSending(): boolean {
    return this.#responses.isSending;
  }

  /** Whether the client is still to get something that depends on the upstream no more. */
  get owesClient(): boolean {
    if (this.#isOver || this.#isOpaque) return false;
    const { first } = this.#queue;
    return this.isSending || (first?.isAnswered === true && (first.isSent || !this.#hasClientEnded));
  }

  /** Whether a response has come to a standstill that is for ever. */
  get isStalled(): boolean {
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
    const plan = this.#queue.first?.plan;
    if (plan?.kind !== "change" || !plan.ends) return undefined;
    const { fault } = plan;
    const isReset = fault.kind === "connection.reset" || ("stop" in fault && fault.stop === "reset");
    return isReset ? "reset" : "fin";
  }

  /** Whether an answer that is given here is due, and the client's connection ends with it. */
  get isEndDue(): boolean {
    return this.#queue.first?.endsWithAnswer ?? false;
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
    if (from === "client") return this.#queue.waitingBytes + (this.#reading?.heldBytes ?? 0);
    return this.#responses.heldBytes;
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get wakeAtMs(): number | undefined {
    return this.#queue.first?.changed?.wakeAtMs;
  }

  fromClient(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#isOpaque) {
      this.#port.toServer(bytes);
      return;
    }
    for (const item of this.#requests.push(bytes)) this.#request(item);
    this.#responses.flush();
  }

  fromServer(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#isOpaque) this.#port.toClient(bytes);
    else this.#responses.push(bytes);
  }

  /** The upstream has ended: in order, that ends a body which lasts until then; any other is cut off. */
  serverEnded(how: EndKind): void {
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

  /** The client says no more: a request that it has begun will not be whole. */
  clientEnded(): void {
    this.#hasClientEnded = true;
  }

  /** Nothing goes to the client any more: what it still says passes unread, unless its request was not to go on. */
  leave(): void {
    if (this.#isOver || this.#isOpaque) return;
    if (this.#reading && !this.#reading.goesOn) this.#isOver = true;
    else this.#becomeOpaque();
  }

  /** Does what is due by now. */
  wake(): void {
    if (!this.#isOver) this.#responses.wake();
  }

  /** Whether {@link insert} would be between two requests, on a connection that is read. */
  get canInsert(): boolean {
    return !this.#isOpaque && !this.#responses.isDone && this.#reading?.goesOn !== true;
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
    this.#queue.push(inserted);
    this.#queue.owe(inserted);
    this.#responses.expect(head.method);
    this.#port.toServer(head.bytes);
  }

  /**
   * Sends the upstream an empty line, which a server skips before a request (RFC 9112 section 2.2). Only between requests.
   */
  insertEmptyLine(): void {
    this.#port.toServer(emptyLine);
  }

  /** The connection is over: tells how what is under way ended. */
  finish(): void {
    this.#abandon();
    this.#tell.finish();
  }

  #abandon(): void {
    for (const exchange of this.#queue.takeAll()) {
      this.#decider.letGo(exchange);
      this.#tell.abandoned(exchange);
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
      this.#queue.push(exchange);
      this.#decider.begin(exchange, this.#connection ?? noFacts);
      return;
    }
    const exchange = this.#reading;
    if (item.kind === "opaque" || item.kind === "malformed" || !exchange) {
      this.#requestLost(item);
      return;
    }
    if (item.kind === "body") exchange.remember(item.data);
    if (exchange.plan === null)
      this.#decider.more(exchange, this.#connection ?? noFacts, item.bytes, item.kind === "end");
    else if (exchange.goesOn) this.#port.toServer(item.bytes);
    if (item.kind !== "end") return;
    this.#sent(exchange);
  }

  /** The client has said all of a request that it is going to say. */
  #sent(exchange: Exchange): void {
    exchange.isSent = true;
    this.#reading = null;
    this.#tell.log?.request(exchange);
    const { hooks } = this.#options;
    if (exchange.goesOn) hooks?.requestSent?.(exchange.head);
    else if (exchange.endsWithAnswer && this.upstreamOwes) hooks?.endWaits?.(exchange.head);
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
    this.#tell.log = new ExchangeLog(
      connection,
      () => this.#options.now(),
      (event) => policy.record(event),
      this.#options.insteadOf,
    );
    return true;
  }

  /** Carries a plan out. */
  #carryOut(exchange: Exchange): void {
    const { head, plan, decision } = exchange;
    const { desk } = this.#options;
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
        exchange.answer = encodeAnswer(exchange, desk.nowMs);
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
    this.#port.toServer(plan?.kind === "change" ? readableHead(head, plan, this.#options.hooks) : first);
    for (const bytes of rest) this.#port.toServer(bytes);
    this.#responses.expect(head.method);
  }

  /** Answers a request in the place of an upstream that can't be reached. */
  #standIn(exchange: Exchange, reason: string): void {
    this.#hasChanged = true;
    this.#queue.answered(exchange);
    this.#tell.log?.outcome(exchange, "the upstream can't be reached");
    exchange.isStandIn = true;
    exchange.plan = unreachablePlan(reason);
    exchange.answer = encodeAnswer(exchange, this.#options.desk.nowMs);
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
    if (this.#reading) for (const held of this.#decider.letGo(this.#reading)) this.#port.toServer(held);
    this.#port.toServer(item.bytes);
    this.#becomeOpaque();
  }

  #becomeOpaque(): void {
    if (this.#isOpaque) return;
    this.#isOpaque = true;
    for (const { bytes } of this.#requests.becomeOpaque()) this.#port.toServer(bytes);
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
