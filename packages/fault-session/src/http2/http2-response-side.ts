/** The responses of an HTTP/2 connection: what goes to the client on a stream, of ours or of the upstream's, changed or as it is. */
import type { GrpcEnd } from "@faultwire/fault-engine";
import { asGrpcAnswer, hasNoContent } from "@faultwire/fault-engine/internal";
import { type Header, headerValue, ResponseReader } from "@faultwire/http1";
import { ErrorCode, type HeaderSection, type Http2Connection, sectionOf } from "@faultwire/http2";
import type { CarrierHooks, EndKind } from "../carrier.ts";
import { ChangedMessage, type MessageAction } from "../http/changed-message.ts";
import { eventCounterFor } from "../http/event-counter.ts";
import { passOn } from "../http/exchange.ts";
import type { FaultDesk } from "../http/fault-desk.ts";
import type { AnswerPlan, RequestPlan } from "../http/request-plan.ts";
import type { ChangePlan } from "../http/response-change.ts";
import { notReached, unreachablePlan } from "../http/unreachable-plan.ts";
import { regularFields, responseSection, statusOf, withoutField } from "./fields.ts";
import type { ExchangeStream, Http2Exchange } from "./http2-exchange.ts";
import type { Http2Alias } from "./http2-port.ts";
import type { Http2Striker } from "./http2-striker.ts";
import type { Http2Teller } from "./http2-teller.ts";
import { cutCode, endsConnection, malformedCode } from "./http2-way.ts";

/** What the responses are connected to. */
export interface Http2ResponseSideOptions {
  readonly client: Http2Connection<Http2Exchange>;
  /** `undefined` as long as no request has gone on. */
  readonly upstream: () => Http2Connection<Http2Exchange> | undefined;
  readonly desk: FaultDesk;
  readonly now: () => number;
  readonly tell: Http2Teller;
  readonly alias?: Http2Alias;
  readonly striker: Http2Striker;
  /** As of {@link CarrierHooks}. */
  readonly standsIn: CarrierHooks["standsIn"];
  /** Nothing more of an exchange is to be done. */
  readonly over: (exchange: Http2Exchange, end: NonNullable<Http2Exchange["end"]>) => void;
  /** The upstream gets room back for what is used of what it has said. */
  readonly returnRoom: (exchange: Http2Exchange) => void;
  /** The client's connection ends behind the data of a stream. */
  readonly endBehind: (stream: ExchangeStream, how: EndKind) => void;
}

export class Http2ResponseSide {
  readonly #options: Http2ResponseSideOptions;

  constructor(options: Http2ResponseSideOptions) {
    this.#options = options;
  }

  /** A response of ours, at once or late. */
  answer(exchange: Http2Exchange, { response, delay }: AnswerPlan): void {
    const { decision, head } = exchange;
    const { status, headers, body } = response;
    const data = head.method === "HEAD" ? new Uint8Array(0) : body;
    // The end of a gRPC call is all of its answer.
    const isBodiless = status === 204 || status === 304 || headerValue(headers, "grpc-status") !== undefined;
    const sized: readonly Header[] =
      isBodiless || headers.some(([name]) => name.toLowerCase() === "content-length")
        ? headers
        : [...headers, ["content-length", String(body.length)]];
    exchange.response = { status, section: responseSection(status, sized) };
    if (delay && decision) {
      const fault = { kind: "http.delay", ...delay } as const;
      this.#change(exchange, { kind: "change", fault, ends: false, headers: [], settle: null }, false);
      const { message } = exchange;
      if (!message) return;
      const nowMs = this.#options.now();
      this.#perform(exchange, [...message.push(data, nowMs), ...message.finish(nowMs, true)]);
      return;
    }
    this.#options.tell.head(exchange, status, headers, !exchange.isStandIn);
    this.#options.client.respond(exchange.client, exchange.response.section, data.length === 0);
    this.#options.client.data(exchange.client, data);
    this.#options.client.end(exchange.client);
    exchange.grpc?.ends(answeredBy(exchange), headers);
    this.#options.over(exchange, "complete");
  }

  /** What is no proper message of HTTP/1.1, as far as HTTP/2 has it. */
  answerRaw(exchange: Http2Exchange, { bytes, isWhole }: Extract<RequestPlan, { kind: "raw" }>): void {
    const reader = new ResponseReader();
    reader.expect(exchange.head.method);
    for (const item of reader.push(bytes)) {
      if (item.kind === "head") {
        this.#options.tell.head(exchange, item.status, item.headers, true);
        this.#options.client.respond(exchange.client, responseSection(item.status, item.headers), false);
      } else if (item.kind === "body" && exchange.isHeadTold)
        this.#options.client.data(exchange.client, item.data);
    }
    if (isWhole) this.#options.client.end(exchange.client);
    else this.#options.client.end(exchange.client, { kind: "reset", code: malformedCode });
    this.#options.over(exchange, isWhole ? "complete" : exchange.isHeadTold ? "cut" : "failed");
  }

  /** The client gets an end in place of a response, or behind a part of one. */
  cut(exchange: Http2Exchange, how: EndKind): void {
    const { plan, decision } = exchange;
    const fault = plan?.kind === "change" ? plan.fault : decision?.fault;
    const end = exchange.isHeadTold ? "cut" : "failed";
    if (exchange.strike) {
      this.#options.striker.inPlace(exchange);
      return;
    }
    if (fault && endsConnection(fault)) {
      this.#options.over(exchange, end);
      this.#options.endBehind(exchange.client, how);
      return;
    }
    this.#options.client.end(exchange.client, { kind: "reset", code: exchange.brokenBy ?? cutCode });
    this.#options.over(exchange, end);
  }

  /** Answers a request in the place of an upstream that can't be reached. */
  standIn(exchange: Http2Exchange, reason: string): void {
    this.#notReached(exchange);
    const made = unreachablePlan(reason);
    const plan = exchange.grpc ? { ...made, response: asGrpcAnswer(made.response) } : made;
    exchange.plan = plan;
    this.answer(exchange, plan);
  }

  /** The answer is in the place of one of an upstream that was not reached: what has not happened by now does not happen. */
  #notReached(exchange: Http2Exchange): void {
    const { strike } = exchange;
    exchange.isStandIn = true;
    if (strike?.isDone || strike?.outlivesRequest) return;
    this.#options.tell.log?.outcome(exchange, notReached);
    exchange.strike = null;
  }

  /** The head of the upstream's response has come. */
  head(exchange: Http2Exchange, said: HeaderSection, endStream: boolean): void {
    const { client, head, name } = exchange;
    if (name !== null && this.#options.standsIn?.(name)) {
      this.#notReached(exchange);
      exchange.plan = passOn;
    }
    const { plan } = exchange;
    const section = this.#options.alias?.response(said, head.target) ?? said;
    const status = statusOf(section);
    exchange.response = { status, section };
    const { strike } = exchange;
    if (plan?.kind === "change" && !strike) {
      this.#change(exchange, plan, endStream);
      return;
    }
    const sent = strike ? this.#options.striker.head(exchange, section) : section;
    if (exchange.isOver) return;
    const headers = regularFields(section);
    this.#options.tell.head(exchange, status, headers, false);
    exchange.passing = eventCounterFor(headers, exchange.head.target, this.#options.desk.codings);
    this.#options.client.respond(client, sent, endStream);
    if (strike) this.#options.striker.behindHead(exchange);
    if (!endStream || exchange.isOver) return;
    exchange.grpc?.ends("server", headers);
    this.#options.striker.ended(exchange);
    this.#options.over(exchange, "complete");
  }

  /** From here on a machine stands between the response and the client. */
  #change(exchange: Http2Exchange, plan: ChangePlan, endStream: boolean): void {
    const { decision, head, response } = exchange;
    if (!decision || !response) return;
    const { desk, now } = this.#options;
    const nowMs = now();
    const message = new ChangedMessage({
      decision,
      plan,
      request: head,
      requestId: desk.answerContext(decision, head).requestId,
      nowMs,
      codings: desk.codings,
      response: {
        headers: regularFields(response.section),
        isEncoded: true,
        hasBody: !endStream && head.method !== "HEAD" && !hasNoContent(response.status),
      },
    });
    exchange.message = message;
    const actions = message.begin(nowMs);
    this.#perform(exchange, endStream ? [...actions, ...message.finish(nowMs, true)] : actions);
  }

  /** Data of the upstream's response. */
  data(upstream: ExchangeStream, data: Uint8Array, endStream: boolean): void {
    const exchange = upstream.owner;
    const { message } = exchange ?? {};
    if (!exchange || exchange.isOver) {
      this.#options.upstream()?.consumed(upstream, data.length);
      return;
    }
    exchange.unreturnedBytes.server += data.length;
    exchange.grpc?.fromServer(data);
    if (message) this.#perform(exchange, message.push(data, this.#options.now()));
    else {
      exchange.passing?.push(data);
      if (exchange.strike) this.#options.striker.data(exchange, exchange.strike, data);
      else this.#options.client.data(exchange.client, data);
    }
    if (endStream) this.end(exchange, undefined);
    this.#options.returnRoom(exchange);
  }

  /** The upstream's response is whole. */
  end(exchange: Http2Exchange, trailers: HeaderSection | undefined): void {
    exchange.trailers = trailers;
    if (exchange.isOver) return;
    if (exchange.message) {
      this.#perform(exchange, exchange.message.finish(this.#options.now(), true));
      return;
    }
    if (exchange.strike?.held) {
      exchange.strike.isEndHeld = true;
      return;
    }
    exchange.passing?.finish();
    this.#endResponse(exchange);
    this.#options.striker.ended(exchange);
    this.#options.over(exchange, "complete");
  }

  /** @param own - Trailers of a fault, in place of the upstream's; empty for none. */
  #endResponse(exchange: Http2Exchange, own?: readonly Header[]): void {
    const { client, trailers } = exchange;
    const made = own && (own.length === 0 ? undefined : sectionOf(own));
    const section = own ? made : trailers;
    const by = own ? "fault" : answeredBy(exchange);
    exchange.grpc?.ends(by, section?.fields ?? exchange.response?.section.fields ?? []);
    this.#options.client.end(client, section ? { kind: "trailers", section } : { kind: "end" });
  }

  /** The upstream breaks a stream off. `tells`: the client is told so on its stream. */
  broken(exchange: Http2Exchange, code: number, tells: boolean): void {
    if (exchange.isOver) return;
    exchange.brokenBy = code;
    const { message } = exchange;
    if (message && !message.isOver) {
      this.#perform(exchange, message.finish(this.#options.now(), false));
      return;
    }
    if (!tells) return;
    this.#options.client.end(exchange.client, { kind: "reset", code });
    this.#options.over(exchange, exchange.isHeadTold ? "cut" : "failed");
  }

  /** Goes on with a response whose time has come. */
  wake(exchange: Http2Exchange, nowMs: number): void {
    if (exchange.message) this.#perform(exchange, exchange.message.wake(nowMs));
  }

  /** Does what a changed response says. */
  #perform(exchange: Http2Exchange, actions: readonly MessageAction[]): void {
    const { message, client, response } = exchange;
    if (!message || exchange.isOver) return;
    if (message.isStalled) this.#options.tell.stalled(exchange);
    for (const [at, action] of actions.entries()) {
      if (action.kind === "head" && response)
        this.#changedHead(exchange, message, response, actions[at + 1]?.kind === "end");
      else if (action.kind === "bytes") this.#options.client.data(client, action.bytes);
      else if (action.kind === "end") {
        this.#endResponse(exchange, action.trailers);
        // What the upstream still says goes nowhere.
        if (exchange.upstream) this.#options.upstream()?.reset(exchange.upstream, ErrorCode.CANCEL);
        this.#options.over(exchange, message.isCut && message.undoneReason === null ? "cut" : "complete");
      } else if (action.kind !== "head") {
        this.cut(exchange, action.kind === "reset" ? "reset" : "fin");
        return;
      }
    }
  }

  #changedHead(
    exchange: Http2Exchange,
    message: ChangedMessage,
    { status, section }: NonNullable<Http2Exchange["response"]>,
    isAll: boolean,
  ): void {
    const injected = exchange.isAnswered && !exchange.isStandIn;
    this.#options.tell.head(exchange, status, message.headers, injected);
    const made = responseSection(status, message.headers, section.neverIndexed);
    const sent = message.changesLength ? withoutField(made, "content-length") : made;
    this.#options.client.respond(exchange.client, sent, isAll && exchange.trailers === undefined);
  }
}

/** Whose a response is. */
function answeredBy({ isStandIn, isAnswered }: Http2Exchange): GrpcEnd["by"] {
  if (isStandIn) return "carrier";
  return isAnswered ? "fault" : "server";
}
