/** One call: what is asked about it, what is planned, what is carried out, and what is told of it. */
import {
  type Decision,
  type ExchangeEnd,
  summarizeRequest,
  type UnreadReason,
} from "@faultwire/fault-engine";
import {
  ChangedMessage,
  type ChangePlan,
  ExchangeLog,
  eventCounterFor,
  type FaultDesk,
  type FaultPolicy,
  type LoggedExchange,
  type LoggedRequest,
  type PassingCounter,
  type RequestPlan,
} from "@faultwire/fault-session/messages";
import { type BodySource, type CarriedResponse, carriedFrom, responseOf } from "./carried-response.ts";
import { changeResponse } from "./changed-fetch.ts";
import { Departure, type FetchClock, waitFor } from "./clock.ts";
import { fetchFailed, isHeadersTimeout } from "./fetch-errors.ts";
import { planFetch } from "./fetch-plan.ts";
import { insteadInFetch } from "./fetch-way.ts";
import { type AnswerOfOurs, madeAnswer } from "./made-answer.ts";
import type { RequestView, UnseenBody } from "./request-view.ts";

/** What all calls of one `fetch` share. */
export interface FaultyCallOptions {
  readonly policy: FaultPolicy;
  readonly desk: FaultDesk;
  readonly clock: FetchClock;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** A fault, and what it means here. `name` is `null` for one of the connection as such. */
interface Planned extends LoggedExchange {
  readonly head: LoggedRequest["head"];
  readonly decision: Decision;
  readonly plan: RequestPlan;
}

const answeredBefore = "the call was answered by another fault before it came to that";
const gaveUp = "fetch had given up waiting for a head";
const clientGone = "the client went away first";

export class FaultyCall {
  readonly #options: FaultyCallOptions;
  readonly #view: RequestView;
  readonly #host: string;
  readonly #log: ExchangeLog;
  readonly #startMs: number;
  readonly #departure: Departure;
  readonly #facts: ReturnType<FaultPolicy["connection"]>;
  readonly #request: LoggedRequest;
  readonly #faults: Planned[] = [];
  #passing: PassingCounter | undefined;
  #hasEnded = false;

  constructor(options: FaultyCallOptions, view: RequestView, host: string) {
    const { policy, clock } = options;
    this.#options = options;
    this.#view = view;
    this.#host = host;
    this.#startMs = clock.now();
    this.#departure = new Departure(view.signal);
    const { headers, url } = view;
    const isTls = url.protocol === "https:";
    this.#facts = policy.connection({
      way: isTls ? "decrypted" : "plain",
      host,
      port: url.port === "" ? (isTls ? 443 : 80) : Number(url.port),
      alpnProtocols: [],
      clientHello: undefined,
      userAgent: headers.find(([name]) => name === "user-agent")?.[1],
    });
    this.#log = new ExchangeLog(
      { ...this.#facts.facts, host },
      () => clock.now(),
      (event) => policy.record(event),
      insteadInFetch,
    );
    this.#request = {
      name: options.desk.nextRequest(),
      head: this.#head,
      beganAtMs: this.#startMs,
      body: [],
      bodyBytes: 0,
      ...undecided(),
    };
  }

  /** Makes the call, with `send` for what goes on. */
  async run(send: () => Promise<Response>): Promise<Response> {
    try {
      this.#log.connection(this.#startMs);
      await this.#decide();
      const carried = await this.#carryOut(send);
      return carried instanceof Response ? carried : responseOf(carried);
    } catch (error) {
      if (this.#departure.hasLeft) this.#abandon("abandoned");
      else this.#abandon("failed", isHeadersTimeout(error) ? gaveUp : answeredBefore);
      throw error;
    }
  }

  get #head(): LoggedRequest["head"] {
    const { method, url, headers } = this.#view;
    return { method, target: `${url.pathname}${url.search}`, headers };
  }

  /** Asks about the connection and the request. */
  async #decide(): Promise<void> {
    const { decision } = this.#facts;
    const body = this.#departure.hasLeft ? new Uint8Array(0) : await this.#readBody();
    const seen = typeof body === "string" ? null : body;
    this.#request.body = seen === null ? [] : [seen];
    this.#request.bodyBytes = seen?.length ?? 0;
    this.#log.request(this.#request);
    if (this.#departure.hasLeft) throw this.#departure.reason;
    if (decision) this.#plan(decision, null, seen);
    if (this.#faults.some(({ plan }) => plan.kind === "end")) return;
    const { policy } = this.#options;
    const facts = { ...this.#facts.facts, host: this.#host, ...this.#head };
    const asked = policy.request(seen === null ? facts : { ...facts, body: seen });
    if (asked.kind === "needs-body") this.#tellUnread(body as UnseenBody);
    const found = asked.kind === "needs-body" ? policy.request({ ...facts, body: null }) : asked;
    if (found.kind !== "needs-body" && found.unjudged) this.#tellUnread("expression-too-costly");
    if (found.kind === "fault") this.#plan(found.decision, this.#request.name, seen);
  }

  async #readBody(): Promise<Uint8Array | UnseenBody> {
    const body = this.#view.body();
    // A failure of the body is for fetch itself to tell.
    const read = body.catch((): UnseenBody => "body-not-replayable");
    const waited = await waitFor(this.#options.clock, Number.POSITIVE_INFINITY, this.#departure, read);
    return waited === "aborted" ? new Uint8Array(0) : read;
  }

  #tellUnread(reason: UnreadReason): void {
    const { connection, client } = this.#facts.facts;
    const atMs = this.#options.clock.now();
    this.#options.policy.record({
      type: "unread",
      atMs,
      connection,
      client,
      host: this.#host,
      from: "client",
      reason,
    });
  }

  #plan(decision: Decision, name: string | null, body: Uint8Array | null): void {
    const head = this.#head;
    const summary = summarizeRequest({ connection: "", ...head, body });
    const { desk } = this.#options;
    const plan = planFetch(decision, { head, summary, bodyBytes: body?.length ?? 0, desk });
    const fault: Planned = { ...undecided(), name, head, decision, plan };
    this.#faults.push(fault);
    this.#log.decision(fault);
  }

  async #carryOut(send: () => Promise<Response>): Promise<CarriedResponse | Response> {
    for (const fault of this.#faults) {
      const { plan } = fault;
      if (plan.kind === "none") this.#log.outcome(fault, plan.reason);
      else if (plan.kind === "wait") {
        this.#log.outcome(fault, null);
        await this.#wait(plan.ms);
      }
    }
    for (const fault of this.#faults) {
      const { plan } = fault;
      if ((plan.kind === "end" || plan.kind === "raw") && plan.waitMs !== undefined)
        await this.#wait(plan.waitMs);
      if (plan.kind === "end") this.#endInstead(fault, plan.how);
      if (plan.kind === "answer" || plan.kind === "raw") return this.#answer(fault, plan);
    }
    const response = await this.#send(send);
    // What a page may not look into has neither status nor body to it.
    if (response.type === "opaque" || response.type === "opaqueredirect") {
      this.#abandon("complete", "the response is opaque: the page may not read it");
      return response;
    }
    return this.#passOn(carriedFrom(response));
  }

  async #send(send: () => Promise<Response>): Promise<Response> {
    try {
      return await send();
    } catch (error) {
      if (!this.#departure.hasLeft) this.#abandon("failed", "no response came from the upstream");
      throw error;
    }
  }

  async #wait(ms: number | null): Promise<void> {
    const { clock, headersTimeoutMs } = this.#options;
    const leftMs = this.#startMs + headersTimeoutMs - clock.now();
    const waited = await waitFor(clock, Math.min(ms ?? Number.POSITIVE_INFINITY, leftMs), this.#departure);
    if (waited === "aborted") throw this.#departure.reason;
    if (ms === null || ms > leftMs) throw fetchFailed("headers-timeout");
  }

  #endInstead(fault: Planned, how: "fin" | "reset"): never {
    this.#log.outcome(fault, null);
    throw fetchFailed(how === "reset" ? "reset" : "closed");
  }

  /** The upstream hears nothing; what is planned for its response comes to nothing, but for late ones. */
  async #answer(fault: Planned, plan: AnswerOfOurs): Promise<CarriedResponse> {
    let answer: CarriedResponse;
    try {
      answer = madeAnswer(plan, this.#view.method);
    } catch (error) {
      this.#log.outcome(fault, null);
      throw error;
    }
    const delay = plan.kind === "answer" ? plan.delay : null;
    if (delay !== null) {
      const late = { kind: "http.delay", ...delay } as const;
      const change: ChangePlan = { kind: "change", fault: late, ends: false, headers: [], settle: null };
      answer = await this.#change(fault, change, answer, () => {});
    }
    return this.#hand(
      answer,
      true,
      () => false,
      () => this.#log.outcome(fault, null),
    );
  }

  async #passOn(upstream: CarriedResponse): Promise<CarriedResponse> {
    let response = upstream;
    const cuts: ChangedMessage[] = [];
    // The connection's own fault is the nearest to the client.
    for (const fault of [...this.#faults].reverse()) {
      const { plan } = fault;
      if (plan.kind !== "change") continue;
      const tell = (reason: string | null): void => this.#log.outcome(fault, reason);
      response = await this.#change(fault, plan, response, tell, (changed) => cuts.push(changed));
    }
    if (cuts.length === 0) this.#count(upstream);
    return this.#hand(response, false, () => cuts.some(({ isCut }) => isCut));
  }

  /** Counts the events of a stream that passes unchanged. The runtime has undone its coding already. */
  #count({ headers }: CarriedResponse): void {
    const plain = headers.filter(([name]) => name !== "content-encoding");
    this.#passing = eventCounterFor(plain, this.#head.target);
  }

  #change(
    { decision }: Planned,
    plan: ChangePlan,
    response: CarriedResponse,
    tell: (undoneReason: string | null) => void,
    made: (changed: ChangedMessage) => void = () => {},
  ): Promise<CarriedResponse> {
    const { clock, desk, headersTimeoutMs, bodyTimeoutMs } = this.#options;
    const changed = new ChangedMessage({
      decision,
      plan,
      request: this.#head,
      requestId: desk.answerContext(decision, this.#head).requestId,
      nowMs: clock.now(),
      // The runtime has undone the body's coding already.
      response: { headers: response.headers, isEncoded: false, hasBody: response.body !== null },
    });
    made(changed);
    return changeResponse(response, changed, {
      clock,
      departure: this.#departure,
      headersTimeoutMs,
      bodyTimeoutMs,
      startMs: this.#startMs,
      tell,
    });
  }

  /** The caller gets the head now, and the body as it asks for it. */
  #hand(
    response: CarriedResponse,
    isInjected: boolean,
    isCut: () => boolean,
    handed: () => void = () => {},
  ): CarriedResponse {
    const { status, headers, body } = response;
    const wallNowMs = this.#options.desk.nowMs;
    this.#log.response(this.#request, { status, headers, injected: isInjected, wallNowMs });
    handed();
    const isWhole = (): ExchangeEnd => (isCut() ? "cut" : "complete");
    if (body === null || body instanceof Uint8Array) {
      this.#abandon(isWhole());
      return response;
    }
    return { ...response, body: this.#told(body, isWhole) };
  }

  /** Tells how a body ended. */
  #told(source: BodySource, isWhole: () => ExchangeEnd): BodySource {
    const departure = this.#departure;
    // Whoever cancels the body, or aborts while nobody reads it, is told of as well; the upstream is let go.
    departure.onLeave(() => {
      source.cancel(departure.reason);
      this.#abandon("abandoned");
    });
    return {
      read: async () => {
        if (departure.hasLeft) throw departure.reason;
        try {
          const part = await source.read();
          if (departure.hasLeft) throw departure.reason;
          if (part === null) this.#passing?.finish();
          else this.#passing?.push(part);
          if (part === null) this.#abandon(isWhole());
          return part;
        } catch (error) {
          this.#abandon(departure.hasLeft ? "abandoned" : "cut");
          throw departure.hasLeft ? departure.reason : error;
        }
      },
      cancel: (reason) => departure.leave(reason),
    };
  }

  /** The call is over: what is not told yet is told, and nothing listens any more. */
  #abandon(how: ExchangeEnd, reason: string = how === "abandoned" ? clientGone : answeredBefore): void {
    this.#departure.end();
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const fault of this.#faults) this.#log.outcome(fault, reason);
    this.#log.end({ ...this.#request, passing: this.#passing }, how);
  }
}

function undecided(): Pick<LoggedExchange, "decision" | "plan" | "isTold"> {
  return { decision: null, plan: null, isTold: false };
}
