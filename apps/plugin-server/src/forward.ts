/**
 * Forward mode: whole requests and responses, answered so that every quirk of the host is met
 * (docs/fault-host.md, "Forward mode").
 */
import { type Decision, isEventStream, type RequestFacts, summarizeRequest } from "@faultwire/fault-engine";
import type {
  HttpRequest,
  HttpResponse,
  ProcessHttpRequestResponse,
  ProcessHttpResponseResponse,
} from "@faultwire/fault-protocol";
import { type FaultDesk, type FaultPolicy, hostOfAuthority } from "@faultwire/fault-session";
import { type Header, headerValue } from "@faultwire/http1";
import type { Timers } from "@faultwire/tunnel";
import { usageOf } from "./body-usage.ts";
import { answerInstead, goBack, goOn, headersOf } from "./forward-answers.ts";
import { ForwardExchanges, type SentRequest } from "./forward-exchanges.ts";
import { type ForwardPlan, type PlannedRequest, planForward } from "./forward-faults.ts";
import { ForwardLog } from "./forward-log.ts";
import { faultedWholeResponse } from "./forward-response.ts";
import { forwardLimits } from "./forward-way.ts";
import { HeldCalls } from "./held-calls.ts";

/** What was done with a request, for the log. */
export interface ForwardOutcome {
  readonly host: string;
  readonly method: string;
  readonly target: boolean;
  readonly injectedStatus: number | undefined;
}

/** What forward mode needs. */
export interface ForwardOptions {
  readonly policy: FaultPolicy;
  /** The clock of the policy, and its timers. */
  readonly timers: Timers;
  /** Names for requests, budgets, the time of day; the tunnels' own. */
  readonly desk: FaultDesk;
  readonly onOutcome?: (outcome: ForwardOutcome) => void;
  /** Takes what should never happen; the message went on unchanged. */
  readonly onError?: (error: unknown) => void;
}

/** A rule that hit, and what it means here. */
interface PlannedFault {
  readonly decision: Decision;
  readonly plan: ForwardPlan;
  /** `null` for a fault of the connection as such. */
  readonly request: string | null;
}

/** A request to a target, and all that has been decided about it. */
interface DecidedRequest {
  /** Its name in events. */
  readonly name: string;
  readonly planned: PlannedRequest;
  readonly faults: readonly PlannedFault[];
}

const notSendable = "the host takes no such answer: it is too large, or holds a header that is not ASCII";
const answered = "the request was answered by another rule before it came to a response";
const ambiguous =
  "several requests are under way, and the host does not say whose response this is; send one at a time";

/**
 * Answers the host's two forward-mode calls. Each request counts as a connection of its own: the host does not tell
 * which of them share one.
 */
export class ForwardMode {
  readonly #policy: FaultPolicy;
  readonly #timers: Timers;
  readonly #desk: FaultDesk;
  readonly #onOutcome: ((outcome: ForwardOutcome) => void) | undefined;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #log: ForwardLog;
  readonly #held: HeldCalls;
  readonly #exchanges: ForwardExchanges;

  constructor(options: ForwardOptions) {
    this.#policy = options.policy;
    this.#timers = options.timers;
    this.#desk = options.desk;
    this.#onOutcome = options.onOutcome;
    this.#onError = options.onError;
    this.#log = new ForwardLog(options.policy, options.timers, options.desk);
    this.#held = new HeldCalls(options.timers);
    this.#exchanges = new ForwardExchanges(({ decided }) => {
      if (decided !== undefined) this.#log.end(decided.name, "abandoned");
    });
  }

  /** Decides about one request. @param signal - Aborts when the client has gone. */
  async request(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse> {
    try {
      return await this.#request(request, signal);
    } catch (error) {
      this.#onError?.(error);
      return goOn(request);
    }
  }

  /** Lets a response through, changed where a rule says so. A host that gets an error here is gone. */
  async response(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse> {
    try {
      return await this.#response(response, signal);
    } catch (error) {
      this.#onError?.(error);
      return goBack(response.statusCode, headersOf(response), response.body);
    }
  }

  /** Lets go of everything that is held: for a shutdown. */
  drain(): void {
    this.#held.release();
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<ProcessHttpRequestResponse> {
    const host = hostOfAuthority(headerValue(headersOf(request), "host") ?? "");
    const target = this.#policy.isTarget(host);
    const decided = target ? this.#decide(request, host) : undefined;
    const injected = decided?.faults.flatMap(({ plan }) =>
      plan.kind === "answer" ? [plan.response] : [],
    )[0];
    this.#onOutcome?.({ host, method: request.method, target, injectedStatus: injected?.status });
    if (decided === undefined) {
      this.#exchanges.add({ sentAtMs: this.#timers.now() });
      return goOn(request);
    }
    const holds = decided.faults.flatMap(({ plan }) => (plan.kind === "continue" ? [plan] : []));
    const lateMs = decided.faults.reduce(
      (sum, { plan }) => sum + (plan.kind === "answer" ? (plan.holdMs ?? 0) : 0),
      0,
    );
    const holdMs = holds.reduce((sum, plan) => sum + plan.holdMs, lateMs);
    if (holdMs > 0 && !(await this.#held.hold(holdMs, signal))) {
      this.#log.end(decided.name, "abandoned");
      return goOn(request);
    }
    const answer = injected && answerInstead(injected);
    const { connection } = decided.planned.facts;
    for (const { decision, plan, request: of } of decided.faults) {
      const tell = (reason?: string): void => this.#log.outcome(decision, of, connection, reason);
      if (plan.kind === "undone") tell(plan.reason);
      else if (plan.kind === "continue") tell(beyondHold(plan.holdMs));
      else if (plan.kind === "answer")
        tell(answer === undefined ? notSendable : beyondHold(plan.holdMs ?? 0));
      else if (plan.kind === "response" && answer !== undefined) tell(answered);
    }
    if (injected !== undefined && answer !== undefined) {
      this.#log.response(decided.name, injected, true);
      this.#log.end(decided.name, "complete");
      return answer;
    }
    this.#exchanges.add({ sentAtMs: this.#timers.now(), decided: sent(decided) });
    return goOn(request, holds.findLast(({ body }) => body !== undefined)?.body);
  }

  async #response(response: HttpResponse, signal: AbortSignal): Promise<ProcessHttpResponseResponse> {
    const { statusCode: status } = response;
    let headers = headersOf(response);
    let { body } = response;
    const found = this.#exchanges.take({ status, isEventStream: isEventStream(headers) }, this.#timers.now());
    const of = found?.exchange.decided;
    if (found === undefined || of === undefined) return goBack(status, headers, body);
    if (of.settle.length > 0) {
      const { inputTokens, outputTokens } = usageOf(body, isEventStream(headers));
      for (const settle of of.settle) settle(inputTokens, outputTokens ?? 0);
    }
    headers = overlaid(headers, of.headers);
    let isWhole = true;
    let holdMs = 0;
    const { summary, connection, facts } = of;
    for (const { decision, request } of of.faults) {
      const nowMs = this.#timers.now();
      const { requestId } = this.#desk.answerContext(decision, facts);
      const outcome = found.isCertain
        ? faultedWholeResponse(decision, { summary, requestId, headers, body, nowMs })
        : ({ kind: "undone", reason: ambiguous } as const);
      if (outcome.kind === "changed") {
        headers = [...outcome.headers];
        body = outcome.body;
        holdMs += outcome.holdMs;
        isWhole &&= outcome.isWhole;
      }
      const reason = outcome.kind === "undone" ? outcome.reason : beyondHold(outcome.holdMs);
      this.#log.outcome(decision, request, connection, reason);
    }
    const isHere = holdMs === 0 || (await this.#held.hold(holdMs, signal));
    if (isHere) this.#log.response(of.name, { status, headers }, false);
    this.#log.end(of.name, isHere ? (isWhole ? "complete" : "cut") : "abandoned");
    return goBack(status, headers, body);
  }

  /** Asks the policy about the connection and the request, and plans what it says. */
  #decide(request: HttpRequest, host: string): DecidedRequest {
    const headers = headersOf(request);
    const { facts: of, decision: onConnection } = this.#policy.connection({
      way: "plain",
      host,
      alpnProtocols: [],
      clientHello: undefined,
      userAgent: headerValue(headers, "user-agent"),
    });
    const atMs = this.#timers.now();
    this.#log.connection(of);
    const { method, path: target } = request;
    const body = request.body.length > forwardLimits.maxReadBodyBytes ? null : request.body;
    const facts = { ...of, method, target, headers, body };
    const summary = summarizeRequest(facts);
    const name = this.#desk.nextRequest();
    this.#log.request({ name, facts, summary });
    const planned: PlannedRequest = { facts, summary, nowMs: atMs };
    const faults = [
      ...(onConnection ? [this.#plan(onConnection, planned, null)] : []),
      ...this.#ask(facts).map((decision) => this.#plan(decision, planned, name)),
    ];
    return { name, planned, faults };
  }

  #ask(facts: RequestFacts): Decision[] {
    const answer = this.#policy.request(facts);
    return answer.kind === "fault" ? [answer.decision] : [];
  }

  #plan(decision: Decision, planned: PlannedRequest, request: string | null): PlannedFault {
    const plan = planForward(decision, planned, this.#desk);
    // A request within its budget is no hit that a client could be judged by: nothing fails.
    if (plan.kind !== "admitted") this.#log.decision(decision, request, planned.facts.connection);
    return { decision, plan, request };
  }
}

/** What has to be known of a request when its response comes. */
function sent({ name, planned, faults }: DecidedRequest): SentRequest {
  const { facts, summary } = planned;
  const admissions = faults.flatMap(({ plan }) => (plan.kind === "admitted" ? [plan] : []));
  return {
    name,
    connection: facts.connection,
    facts,
    summary,
    faults: faults.filter(({ plan }) => plan.kind === "response"),
    headers: admissions.flatMap(({ headers }) => headers),
    settle: admissions.map(({ settle }) => settle),
  };
}

/** Why a fault counts as undone though the call was held: it asked for longer than the host can bear. */
function beyondHold(holdMs: number): string | undefined {
  const { maxHoldMs } = forwardLimits;
  if (holdMs <= maxHoldMs) return undefined;
  return `${Math.round(holdMs)} ms asked for, ${maxHoldMs} ms held: a longer hold stops the host`;
}

/** Headers with others in the place of those of the same name. */
function overlaid(headers: readonly Header[], others: readonly Header[]): Header[] {
  const names = new Set(others.map(([name]) => name.toLowerCase()));
  return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...others];
}
