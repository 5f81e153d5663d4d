/**
 * HTTP/1.1 in clear in a tunnel that the host wrapped on one side only. A request that is answered here never reaches the
 * upstream. The upstream gets a question that costs nothing (`OPTIONS /`) in its place, and the client gets our answer in place
 * of the upstream's. The connection ends with that answer. Every other fault of a request needs both sides.
 */

import { type Decision, summarizeRequest } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import {
  type Acquaintance,
  Exchange,
  ExchangeLog,
  encodeAnswer,
  hostOfHead,
  meetHttp,
  passOn,
  planRequest,
  unreadReason,
} from "@faultwire/fault-session/internal";
import {
  headerValue,
  httpLimits,
  LENIENT_RESPONSES,
  type Malformed,
  type OpaqueBytes,
  type RequestHead,
  RequestReader,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { type ChunkAnswer, closed, needsBothSides, pass } from "./chunk-answer.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation-context.ts";
import { questionHead } from "./question.ts";

/**
 * With so many requests that have no response yet, the connection is read no more. The client can't be slowed down instead:
 * on one side the host can't be made to wait.
 */
const { maxOutstandingRequests } = httpLimits;

const emptyLine = Uint8Array.of(13, 10);

export class HttpConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #requests = new RequestReader();
  readonly #responses = new ResponseReader({}, LENIENT_RESPONSES);
  /** Requests whose responses are still to come. For a request that is answered here, the upstream has got our question. */
  readonly #exchanges: Exchange[] = [];
  /** The client's bytes that a reader still holds, though they have gone on already. */
  #gone = 0;
  /** Whether the rest of the client's request goes nowhere, because a question went in its place. */
  #drops = false;
  #met: Acquaintance | undefined;
  #log: ExchangeLog | undefined;
  /** The request that is being read. */
  #reading: Exchange | undefined;
  #left = false;

  /** @param forwarded - The client's bytes before, which have gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    this.#requests.push(forwarded);
    this.#gone = forwarded.length;
  }

  get heldBytes(): number {
    return this.#requests.pendingBytes + this.#responses.pendingBytes;
  }

  fromClient(chunk: Uint8Array, kind: CallKind): ChunkAnswer {
    const out: Uint8Array[] = [];
    let changed = this.#injecting;
    // A write call always sends its bytes, so the bytes of an unfinished head went on with an earlier call.
    if (kind === "write") this.#gone = this.#requests.pendingBytes;
    for (const item of this.#requests.push(chunk)) {
      if (item.kind === "head" && this.#injecting) {
        // The connection ends with our answer: what the client asks behind it is not to happen.
        this.#drops = true;
        this.#reading = undefined;
      } else if (item.kind === "head") {
        const question = this.#take(item);
        this.#drops = question !== undefined;
        if (question) out.push(question);
      } else if (item.kind === "opaque" || item.kind === "malformed") {
        // The end of a request can't be found any more. A connection that is not changed yet goes on unread.
        if (!this.#left) this.#tellUnread(item, "client");
        if (this.#drops || this.#injecting) return this.#giveUp();
        this.#left = true;
      } else if (item.kind === "body") this.#reading?.remember(item.data);
      else if (item.kind === "end" && this.#reading) this.#log?.request(this.#reading);
      if (this.#drops) changed = true;
      else out.push(this.#fresh(item.bytes));
    }
    if (this.#left) {
      for (const item of this.#requests.becomeOpaque()) out.push(this.#fresh(item.bytes));
      this.#context.leave();
    }
    const bytes = joinBytes(out);
    if (kind === "read") return bytes.length === chunk.length && !changed ? pass : { kind: "bytes", bytes };
    if (!changed) return pass;
    // An answer to a write call can't be empty. A server skips an empty line before a request (RFC 9112 section 2.2).
    return { kind: "bytes", bytes: bytes.length > 0 ? bytes : emptyLine };
  }

  fromServer(chunk: Uint8Array): ChunkAnswer {
    if (this.#exchanges[0]?.isAnswered) return this.#answer(this.#exchanges.shift()!);
    for (const item of this.#responses.push(chunk)) this.#note(item);
    return pass;
  }

  endingRead(): ChunkAnswer {
    return closed;
  }

  endingWrite(): ChunkAnswer {
    return closed;
  }

  finish(): void {
    for (const exchange of this.#exchanges) {
      this.#log?.outcome(exchange, "the connection ended first");
      this.#log?.end(exchange, "abandoned");
    }
    this.#met?.outcome("the connection ended first");
  }

  /** Takes a request. @returns the question that goes to the upstream in its place, where it is answered here. */
  #take(head: RequestHead): Uint8Array | undefined {
    this.#introduce(head);
    const exchange = new Exchange(head, this.#context.desk.nextRequest(), this.#context.now());
    this.#reading = exchange;
    exchange.plan = passOn;
    const { policy } = this.#context;
    const met = this.#met;
    const host = hostOfHead(head);
    const { method, target, headers } = head;
    const facts = { ...met?.facts, connection: met?.facts.connection ?? "", host, method, target, headers };
    const known = exchange.hasNoBody ? { ...facts, body: new Uint8Array(0) } : facts;
    let found = met && policy.isTarget(host) ? policy.request(known) : undefined;
    if (found?.kind === "needs-body") {
      // A body may come in later calls, and the request can't wait for them.
      this.#context.unread("body-on-one-side", "client", met);
      found = policy.request({ ...facts, body: null });
    }
    if (found && found.kind !== "needs-body" && found.unjudged)
      this.#context.unread("expression-too-costly", "client", met);
    const obstacle = found?.kind === "fault" ? this.#carryOut(exchange, found.decision) : undefined;
    if (obstacle !== undefined) this.#log?.outcome(exchange, obstacle);
    const { isAnswered } = exchange;
    this.#responses.expect(isAnswered ? "OPTIONS" : method);
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > maxOutstandingRequests && !this.#injecting) {
      this.#context.unread("too-many-outstanding", "client", this.#met);
      this.#left = true;
    }
    if (!isAnswered) return undefined;
    return questionHead({ head, host: "", userAgent: this.#context.userAgent, isLast: true }).bytes;
  }

  /** Plans a decision. @returns why it can't be carried out, where it can't. */
  #carryOut(exchange: Exchange, decision: Decision): string | undefined {
    const { head } = exchange;
    exchange.decision = decision;
    this.#log?.decision(exchange);
    if (this.#gone > 0) return "the request's first bytes had gone on before they could be read";
    // An answer can't wait its turn behind others.
    if (this.#exchanges.length > 0 || !this.#responses.isIdle) return needsBothSides;
    const summary = summarizeRequest({ connection: "", ...head, body: null });
    const { desk } = this.#context;
    const plan = planRequest({
      decision,
      head,
      summary,
      bodyBytes: exchange.knownBodyBytes,
      desk,
      last: true,
    });
    if (plan.kind === "none") return plan.reason;
    exchange.plan = plan;
    if (exchange.isAnswered) return undefined;
    exchange.plan = passOn;
    return needsBothSides;
  }

  #introduce(head: RequestHead): void {
    if (this.#met || this.#left) return;
    const met = meetHttp(this.#context, hostOfHead(head), headerValue(head.headers, "user-agent"));
    this.#met = met;
    this.#left = met === undefined;
    if (!met) return;
    met.outcome(needsBothSides);
    const { policy, now } = this.#context;
    this.#log = new ExchangeLog(met.facts, now, (event) => policy.record(event), this.#context.insteadOf);
  }

  /**
   * Our answer goes in place of whatever the upstream says to our question, with its first bytes, and then comes the end: an
   * upstream that says more than a head speaks to nobody.
   */
  #answer(exchange: Exchange): ChunkAnswer {
    const { bytes, status, headers, end } = encodeAnswer(exchange);
    const wallNowMs = this.#context.desk.nowMs;
    if (status !== null) this.#log?.response(exchange, { status, headers, injected: true, wallNowMs });
    this.#log?.outcome(exchange, null);
    this.#log?.end(exchange, end);
    this.#context.close();
    return bytes.length > 0 ? { kind: "bytes", bytes } : closed;
  }

  #note(item: ResponseItem): void {
    const [exchange] = this.#exchanges;
    if (item.kind === "head" && exchange) {
      const { status, headers } = item;
      const wallNowMs = this.#context.desk.nowMs;
      this.#log?.response(exchange, { status, headers, injected: false, wallNowMs });
    } else if (item.kind === "end" && exchange) {
      this.#exchanges.shift();
      this.#log?.end(exchange, "complete");
    } else if (item.kind === "interim" && item.status === 101)
      this.#context.unread("upgraded", "server", this.#met);
    else if (item.kind === "opaque" || item.kind === "malformed") {
      this.#tellUnread(item, "server");
      this.#context.leave();
    }
  }

  #tellUnread(item: OpaqueBytes | Malformed, from: Side): void {
    this.#context.unread(unreadReason(item), from, this.#met);
  }

  /** An item's bytes without those that have gone on already. */
  #fresh(bytes: Uint8Array): Uint8Array {
    const gone = Math.min(this.#gone, bytes.length);
    this.#gone -= gone;
    return gone === 0 ? bytes : bytes.subarray(gone);
  }

  /** An answer of ours can't be finished: the tunnel ends, as a broken connection does. */
  #giveUp(): ChunkAnswer {
    this.#context.close();
    return closed;
  }

  get #injecting(): boolean {
    return this.#exchanges.some(({ isAnswered }) => isAnswered);
  }
}
