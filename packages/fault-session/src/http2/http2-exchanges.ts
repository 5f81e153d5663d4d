/**
 * The requests and responses of an HTTP/2 connection: one end of HTTP/2 toward the client, one toward the upstream, and between
 * them the same plans and machines as for HTTP/1.1. Each stream of the client is one of the upstream, or is answered here.
 */
import type { ConnectionFacts } from "@faultwire/fault-engine";
import { isHttp2Fault } from "@faultwire/fault-engine/internal";
import { ErrorCode, type HeaderSection, Http2Connection } from "@faultwire/http2";
import type { EndKind } from "../carrier.ts";
import type { Side } from "../events.ts";
import { ExchangeLog } from "../http/exchange-log.ts";
import { endedFirst } from "../http/exchange-teller.ts";
import { RequestDecider } from "../http/request-decider.ts";
import type { Spoken } from "../spoken.ts";
import { requestHeadOf, responseSection, withField } from "./fields.ts";
import { type ExchangeStream, Http2Exchange } from "./http2-exchange.ts";
import type { Http2ExchangesOptions } from "./http2-port.ts";
import { Http2ResponseSide } from "./http2-response-side.ts";
import { Http2Strike } from "./http2-strike.ts";
import { firstSettings, Http2Striker } from "./http2-striker.ts";
import { Http2Teller } from "./http2-teller.ts";
import { Http2UpstreamSide } from "./http2-upstream-side.ts";
import { cutCode, endsByReset, insteadInHttp2 } from "./http2-way.ts";

/** Bytes that may wait for a peer on one stream before the other one gets no more room on it. */
const maxWaitingBytes = 65_536;

export class Http2Exchanges implements Spoken {
  readonly #options: Http2ExchangesOptions;
  readonly #client: Http2Connection<Http2Exchange>;
  readonly #upstreamSide: Http2UpstreamSide;
  readonly #decider: RequestDecider;
  readonly #tell: Http2Teller;
  /** Frames are ours, on both sides. */
  readonly hasChanged = true;
  readonly #responses: Http2ResponseSide;
  readonly #open: Set<Http2Exchange> = new Set();
  readonly #striker: Http2Striker;
  #isFaultKnown = false;
  #connection: (ConnectionFacts & { readonly client: string }) | null | undefined;
  #unreachable: string | undefined;
  /** The last stream that the client was told of in a GOAWAY. */
  #goawayAt = Number.POSITIVE_INFINITY;
  #hasServerEnded = false;
  #isOver = false;
  #isEnding: EndKind | undefined;
  /** The stream behind whose data that end comes: the client may have no room for all of it yet. */
  #endsBehind: ExchangeStream | undefined;

  constructor(options: Http2ExchangesOptions) {
    this.#options = options;
    const { port, policy, desk, now, unread, unsentReason = endedFirst } = options;
    this.#tell = new Http2Teller({ port, now, wallNow: () => desk.nowMs, unsentReason });
    this.#decider = new RequestDecider({
      policy,
      desk,
      unread,
      isHttp2: true,
      decided: (exchange) => this.#carryOut(exchange as Http2Exchange),
    });
    this.#client = new Http2Connection<Http2Exchange>({
      role: "server",
      now,
      settings: firstSettings(options.connectionFault?.()?.fault),
      handler: {
        headers: (stream, kind, section, endStream) => {
          if (kind === "request") this.#asked(stream, section, endStream);
          else if (stream.owner) this.#requestEnd(stream.owner, section);
        },
        data: (stream, data, endStream) => this.#requestData(stream, data, endStream),
        reset: (stream, code, isOurs) => this.#clientReset(stream, code, isOurs),
        drained: (stream) => {
          this.#striker.drained(stream.owner);
          this.#returnRoom(stream.owner, "server");
        },
        ping: (isAnswered) => this.#striker.pinged(isAnswered),
        pong: (opaque) => this.#striker.ponged(opaque),
        goaway: ({ code, debugData }) => this.#upstream?.goaway(code, 0, debugData),
        failed: () => {
          // Nothing of a stream goes any more.
          this.#endsBehind = undefined;
          this.#end("fin");
        },
      },
    });
    this.#striker = new Http2Striker({
      client: this.#client,
      open: this.#open,
      tell: this.#tell,
      now,
      codings: desk.codings,
      over: (exchange, end) => this.#over(exchange, end),
      ended: (exchange) => this.#responses.end(exchange, exchange.trailers),
      goneAway: (code, last, debugData) => this.#goneAway(code, last, debugData),
      end: (how) => this.#end(how),
    });
    this.#responses = new Http2ResponseSide({
      striker: this.#striker,
      client: this.#client,
      upstream: () => this.#upstream,
      desk,
      now,
      tell: this.#tell,
      over: (exchange, end) => this.#over(exchange, end),
      ...(options.alias ? { alias: options.alias } : {}),
      standsIn: options.hooks?.standsIn,
      returnRoom: (exchange) => this.#returnRoom(exchange, "server"),
      endBehind: (stream, how) => {
        this.#end(how);
        this.#endsBehind ??= stream;
      },
    });
    this.#upstreamSide = new Http2UpstreamSide({
      now,
      client: this.#client,
      open: this.#open,
      responses: () => this.#responses,
      drained: (exchange) => this.#returnRoom(exchange, "client"),
      goneAway: (code, last, debugData) => this.#goneAway(code, last, debugData),
      failed: () => {
        unread("other-protocol", "server");
        this.flush();
        port.endServer();
      },
    });
    this.#beginFault(true);
  }

  get #upstream(): Http2Connection<Http2Exchange> | undefined {
    return this.#upstreamSide.connection;
  }

  get isStalled(): boolean {
    if (this.#isOver || this.#open.size === 0) return false;
    for (const { message, goesOnAtMs } of this.#open)
      if (message?.isStalled !== true && goesOnAtMs !== Number.POSITIVE_INFINITY) return false;
    return true;
  }
  get upstreamOwes(): boolean {
    for (const { upstream } of this.#open) if (upstream && !upstream.isRemoteOver) return true;
    return false;
  }
  /** Whether no request is under way, and no end of a response, and all of it is told. */
  get isQuiet(): boolean {
    return this.#open.size === 0 && this.#tell.isQuiet;
  }
  get owesClient(): boolean {
    if (this.#isOver) return false;
    // The upstream has said all of a response, and windows or room have kept the end of it here.
    if (this.#tell.isLeaving) return true;
    for (const { isAnswered, message, client, upstream } of this.#open) {
      if (isAnswered || client.queuedBytes > 0) return true;
      if (message && upstream?.isRemoteOver && !message.isStalled) return true;
    }
    return false;
  }
  get dueAtMs(): number | undefined {
    let least = this.#striker.dueAtMs ?? Number.POSITIVE_INFINITY;
    for (const { wakeAtMs } of this.#open) if (wakeAtMs !== undefined && wakeAtMs < least) least = wakeAtMs;
    return Number.isFinite(least) ? least : undefined;
  }

  heldBytes(from: Side): number {
    const speaker = from === "client" ? this.#client : this.#upstream;
    const hearer = from === "client" ? this.#upstream : this.#client;
    let bytes = (speaker?.unreadBytes ?? 0) + (hearer?.unsentBytes ?? 0);
    for (const exchange of this.#open) bytes += exchange.keptBytes(from);
    return bytes;
  }

  fromClient(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#client.push(bytes);
    this.flush();
  }

  fromServer(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#upstreamSide.open().push(bytes);
    this.flush();
  }

  serverEnded(_how: EndKind): void {
    if (this.#hasServerEnded || this.#isOver) return;
    this.#hasServerEnded = true;
    for (const exchange of [...this.#open]) {
      if (exchange.isAnswered || exchange.upstream?.isRemoteOver) continue;
      if (exchange.message && !exchange.message.isOver) this.#responses.broken(exchange, cutCode, false);
    }
    this.flush();
  }

  clientEnded(): void {
    for (const exchange of [...this.#open]) this.#abandon(exchange, endedFirst);
    this.flush();
  }

  unreachable(reason: string): void {
    if (this.#isOver) return;
    this.#unreachable = reason;
    for (const exchange of this.#open)
      if (exchange.goesOn && !exchange.response) this.#responses.standIn(exchange, reason);
    this.flush();
  }

  leave(): void {
    this.#isOver = true;
    this.finish();
  }

  wake(): void {
    const nowMs = this.#options.now();
    for (const exchange of [...this.#open]) {
      const { goesOnAtMs } = exchange;
      if (goesOnAtMs !== undefined && goesOnAtMs <= nowMs) {
        exchange.goesOnAtMs = undefined;
        this.#goOn(exchange);
      }
      if (exchange.dueAtMs !== undefined) this.#answerHere(exchange);
      this.#responses.wake(exchange, nowMs);
    }
    this.#striker.wake(nowMs);
    this.flush();
  }

  /** Hands over what may go now; call it when a peer has room again. */
  flush(): void {
    const { port } = this.#options;
    if (this.#isOver) return;
    // What one peer takes gives the other one room, which it is told: so go on until nothing more goes to either.
    let hasSent = true;
    while (hasSent) {
      hasSent = this.#drain(this.#upstream, "server", (bytes) => port.toServer(bytes));
      if (this.#drain(this.#client, "client", (bytes) => port.toClient(bytes))) hasSent = true;
    }
    const isEnding = this.#isEnding !== undefined && (this.#endsBehind?.queuedBytes ?? 0) === 0;
    this.#tell.gone(isEnding);
    if (this.#isEnding === undefined || !isEnding) return;
    this.#isOver = true;
    port.endClient(this.#isEnding);
    for (const exchange of [...this.#open]) this.#abandon(exchange, endedFirst);
  }

  finish(): void {
    for (const exchange of [...this.#open]) this.#abandon(exchange, endedFirst);
    this.#striker.finish();
    this.#tell.finish();
    this.#isOver = true;
  }

  /** @returns whether anything went. */
  #drain(
    connection: Http2Connection<Http2Exchange> | undefined,
    to: Side,
    send: (bytes: Uint8Array) => void,
  ): boolean {
    const { port } = this.#options;
    // One that has ended takes nothing; what is to go to it first makes its connection.
    if (!connection || (to === "server" && (this.#hasServerEnded || this.#unreachable !== undefined)))
      return false;
    const next = (): Uint8Array => connection.take(port.hasRoom(to));
    let hasSent = false;
    for (let bytes = next(); bytes.length > 0; bytes = next()) {
      send(bytes);
      hasSent = true;
    }
    return hasSent;
  }

  #goneAway(code: number, last: number, debugData: Uint8Array): void {
    // It never rises (RFC 9113 section 6.8): nghttp2 ends a connection on which it does.
    this.#goawayAt = Math.min(this.#goawayAt, last);
    this.#client.goaway(code, this.#goawayAt, debugData);
  }

  /** Takes the connection's own fault up, as soon as it is known. */
  #beginFault(isFirst: boolean): void {
    const found = this.#isFaultKnown ? undefined : this.#options.connectionFault?.();
    if (!found) return;
    this.#isFaultKnown = true;
    this.#striker.connection(found, isFirst);
  }

  /** A request, for this upstream or another one. */
  #asked(client: ExchangeStream, section: HeaderSection, endStream: boolean): void {
    const routed = this.#options.alias?.request(section, endStream) ?? section;
    if ("fields" in routed) {
      this.#request(client, routed, endStream);
      return;
    }
    const { status, headers, body } = routed;
    this.#client.respond(client, responseSection(status, headers), body.length === 0);
    this.#client.data(client, body);
    this.#client.end(client);
  }

  #request(client: ExchangeStream, section: HeaderSection, endStream: boolean): void {
    const { desk, now, policy, introduce, insteadOf } = this.#options;
    const head = requestHeadOf(section, endStream);
    const isAfterGoaway = this.#striker.isGoawayRead;
    const name = desk.nextRequest();
    const exchange = new Http2Exchange({ head, name, nowMs: now(), section, client, isAfterGoaway });
    client.owner = exchange;
    if (this.#connection === undefined) {
      this.#connection = introduce(head);
      if (this.#connection)
        this.#tell.log = new ExchangeLog(
          this.#connection,
          now,
          (event) => policy.record(event),
          (fault) => insteadInHttp2(fault) ?? insteadOf?.(fault),
        );
      this.#beginFault(false);
    }
    this.#open.add(exchange);
    if (endStream) this.#ends(exchange, { kind: "end" });
    if (this.#striker.isBeyond(client.id)) {
      // It was told that such a stream is not worked on.
      this.#striker.drop(exchange);
    } else if (head.method === "CONNECT") {
      // A tunnel in a stream is none that we could look into, and no API has it.
      this.#client.respond(client, responseSection(501, []), true);
      this.#tell.over(exchange, "complete");
      this.#open.delete(exchange);
    } else if (this.#connection === null) {
      exchange.plan = { kind: "pass" };
      this.#goOn(exchange);
    } else this.#decider.begin(exchange, this.#connection);
    if (endStream) this.#tell.request(exchange);
  }

  #requestData(client: ExchangeStream, data: Uint8Array, endStream: boolean): void {
    const exchange = client.owner;
    exchange?.grpc?.fromClient(data);
    if (!exchange || exchange.isOver) {
      if (exchange) this.#tell.rest(exchange, data, endStream);
      // A response that is over ends no request: an upstream may read on.
      if (exchange?.upstream) this.#passRequest(exchange, exchange.upstream, data, endStream);
      else this.#client.consumed(client, data.length);
      return;
    }
    exchange.remember(data);
    exchange.own();
    if (endStream) this.#ends(exchange, { kind: "end" });
    this.#striker.requestData(exchange);
    if (exchange.plan === null) {
      this.#client.consumed(client, data.length);
      this.#decider.more(exchange, this.#connection, data, endStream);
    } else if (!exchange.goesOn) this.#client.consumed(client, data.length);
    else if (exchange.upstream) this.#passRequest(exchange, exchange.upstream, data, endStream);
    else {
      exchange.unreturnedBytes.client += data.length;
      exchange.waitingData.push(data);
    }
    if (endStream) this.#tell.request(exchange);
  }

  #passRequest(
    exchange: Http2Exchange,
    upstream: ExchangeStream,
    data: Uint8Array,
    endStream: boolean,
  ): void {
    exchange.unreturnedBytes.client += data.length;
    this.#upstream?.data(upstream, data);
    if (endStream) this.#upstream?.end(upstream);
    this.#returnRoom(exchange, "client");
  }

  /** Trailers of a request. */
  #requestEnd(exchange: Http2Exchange, section: HeaderSection): void {
    this.#ends(exchange, { kind: "trailers", section });
    if (exchange.plan === null) this.#decider.more(exchange, this.#connection, new Uint8Array(0), true);
    else if (exchange.upstream && this.#upstream && exchange.requestEnding)
      this.#upstream.end(exchange.upstream, exchange.requestEnding);
    this.#tell.request(exchange);
  }

  #ends(exchange: Http2Exchange, ending: NonNullable<Http2Exchange["requestEnding"]>): void {
    exchange.isSent = true;
    exchange.requestEnding = ending;
    if (!exchange.isAnswerHeld) return;
    exchange.isAnswerHeld = false;
    this.#answerHere(exchange);
  }

  /** The client gets an answer, or an end, of ours. */
  #answerHere(exchange: Http2Exchange): void {
    const { plan } = exchange;
    if (!exchange.isDue(this.#options.now())) return;
    if (plan?.kind === "answer") this.#responses.answer(exchange, plan);
    else if (plan?.kind === "raw") this.#responses.answerRaw(exchange, plan);
    else if (plan?.kind === "end") this.#responses.cut(exchange, plan.how);
  }

  /** Carries a plan out. */
  #carryOut(exchange: Http2Exchange): void {
    const { plan, decision } = exchange;
    if (decision && isHttp2Fault(decision.fault) && plan?.kind !== "none")
      exchange.strike = new Http2Strike(decision.fault);
    this.#tell.log?.decision(exchange);
    exchange.waitingData = this.#decider.letGo(exchange).filter(({ length }) => length > 0);
    switch (plan?.kind) {
      case "answer":
      case "raw":
      case "end":
        // A stream that is reset has no more of its request.
        exchange.isAnswerHeld = endsByReset(plan) && !exchange.isSent && exchange.declaresBody;
        if (!exchange.isAnswerHeld) this.#answerHere(exchange);
        return;
      case "none":
        this.#tell.log?.outcome(exchange, plan.reason);
        break;
      case "wait":
        exchange.goesOnAtMs = plan.ms === null ? Number.POSITIVE_INFINITY : this.#options.now() + plan.ms;
        this.#tell.log?.outcome(exchange, null);
        return;
      case "change":
      case "pass":
      case undefined:
        break;
      default:
        plan satisfies never;
    }
    this.#striker.request(exchange);
    if (exchange.isOver) return;
    this.#goOn(exchange);
  }

  /** The request goes to the upstream. */
  #goOn(exchange: Http2Exchange): void {
    const { requestEnding, waitingData } = exchange;
    if (this.#unreachable !== undefined) {
      this.#responses.standIn(exchange, this.#unreachable);
      return;
    }
    const upstream = this.#upstreamSide.open();
    // An upstream that has gone, or takes no more, has not worked on it.
    if (this.#hasServerEnded || upstream.isGoingAway || upstream.failure) {
      this.#responses.broken(exchange, ErrorCode.REFUSED_STREAM, true);
      return;
    }
    const isWhole = requestEnding?.kind === "end" && waitingData.length === 0;
    const mark = exchange.name === null ? undefined : this.#options.hooks?.markFor?.(exchange.name);
    const section = mark ? withField(exchange.sentSection, mark) : exchange.sentSection;
    const stream = upstream.request(section, isWhole, exchange);
    exchange.upstream = stream;
    for (const data of waitingData) upstream.data(stream, data);
    exchange.waitingData = [];
    if (requestEnding && !isWhole) upstream.end(stream, requestEnding);
  }

  /** Nothing more of this exchange is to be done: what is framed still goes. */
  #over(exchange: Http2Exchange, end: NonNullable<Http2Exchange["end"]>): void {
    this.#open.delete(exchange);
    this.#decider.letGo(exchange);
    this.#striker.over(exchange);
    exchange.goesOnAtMs = undefined;
    const { upstream } = exchange;
    // A response that is over before its request: the rest of that is nobody's.
    if (upstream && !upstream.isClosed && end !== "complete")
      this.#upstream?.reset(upstream, ErrorCode.CANCEL);
    this.#client.consumed(exchange.client, exchange.unreturnedBytes.client);
    exchange.unreturnedBytes.client = 0;
    this.#tell.over(exchange, end);
  }

  #clientReset(client: ExchangeStream, code: number, isOurs: boolean): void {
    const exchange = client.owner;
    if (!exchange) return;
    if (exchange.upstream) this.#upstream?.reset(exchange.upstream, isOurs ? ErrorCode.CANCEL : code);
    this.#abandon(exchange, "the client went away first");
  }

  #abandon(exchange: Http2Exchange, reason: string): void {
    this.#open.delete(exchange);
    this.#decider.letGo(exchange);
    this.#striker.over(exchange);
    if (exchange.upstream) this.#upstream?.reset(exchange.upstream, ErrorCode.CANCEL);
    exchange.goesOnAtMs = undefined;
    this.#tell.abandoned(exchange, reason);
  }

  /** Data of a peer was used: it gets that room back, as long as the other peer takes data. */
  #returnRoom(exchange: Http2Exchange | undefined, of: Side): void {
    if (!exchange) return;
    const { client, upstream, unreturnedBytes } = exchange;
    const bytes = unreturnedBytes[of];
    if (bytes === 0) return;
    const waiting =
      of === "client" ? (upstream?.queuedBytes ?? 0) : client.queuedBytes + exchange.keptBytes("server");
    if (waiting > maxWaitingBytes) return;
    unreturnedBytes[of] = 0;
    if (of === "client") this.#client.consumed(client, bytes);
    else if (upstream) this.#upstream?.consumed(upstream, bytes);
  }

  #end(how: EndKind): void {
    this.#isEnding ??= how;
  }
}
