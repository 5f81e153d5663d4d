/** What a decision means for one whole request in forward mode, before it is sent on. */
import {
  createMachine,
  type Decision,
  type Duration,
  drawDuration,
  estimateTokens,
  type Fault,
  faultResponse,
  type Header,
  type HttpResponse,
  malformedResponse,
  RateLimits,
  type RequestFacts,
  type RequestSummary,
  ResponseReader,
  rateLimitScope,
  requestId,
} from "@faultwire/fault-engine";
import { forwardWay } from "./forward-way.ts";
import { changeWholeBody } from "./whole-body.ts";

/** What is to be done. */
export type ForwardPlan =
  /** The client is answered, and the upstream hears nothing. */
  | { readonly kind: "answer"; readonly response: HttpResponse }
  /** The request goes on after `holdMs`, with another body where one is given. */
  | { readonly kind: "continue"; readonly holdMs: number; readonly body?: Uint8Array }
  /** The response's body is to be changed, or the response to be held. */
  | { readonly kind: "response" }
  /** A budget lets the request pass: no fault. `settle` takes what the response says it used. */
  | {
      readonly kind: "admitted";
      readonly headers: readonly Header[];
      readonly settle: (inputTokens: number | null, outputTokens: number, wallMs: number) => void;
    }
  | { readonly kind: "undone"; readonly reason: string };

/** A request, as the plan needs it. */
export interface PlannedRequest {
  readonly facts: RequestFacts & { readonly body: Uint8Array | null };
  readonly summary: RequestSummary;
  /** Milliseconds on the clock of the faults. */
  readonly nowMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

/** Rules with budgets that are remembered; the oldest is forgotten. A reload may bring new ones, again and again. */
const maxBudgets = 1000;

/** Makes plans; remembers budgets from one request to the next. */
export class ForwardPlanner {
  readonly #budgets = new Map<string, RateLimits>();

  /** What `decision` does to the request. */
  plan(decision: Decision, request: PlannedRequest): ForwardPlan {
    const { fault } = decision;
    const ability = forwardWay.abilities[fault.kind];
    if (ability.kind === "no") return undone(ability.reason);
    switch (fault.kind) {
      case "http.error":
        return { kind: "answer", response: faultResponse(fault.answer, responseContext(decision, request)) };
      case "http.malformed":
        return planMalformed(fault.how, decision, request);
      case "http.rate-limit":
        return this.#planBudget(fault, decision, request);
      case "http.delay":
        return hold(
          drawn(decision, "delay-head", fault.beforeHead) +
            drawn(decision, "delay-first", fault.beforeBody) +
            drawn(decision, "delay-chunk", fault.perChunk),
        );
      case "connection.latency":
        return hold(drawn(decision, "latency", fault.duration));
      case "connection.stall":
        return fault.forMs === null ? undone("a call can't be held for ever") : hold(fault.forMs);
      case "stream.stall":
        return fault.forMs === null ? undone("a call can't be held for ever") : { kind: "response" };
      case "connection.throttle":
      case "connection.corrupt":
        return fault.from === "client" ? planRequestBody(decision, request) : { kind: "response" };
      default:
        return { kind: "response" };
    }
  }

  #planBudget(
    fault: Extract<Fault, { readonly kind: "http.rate-limit" }>,
    decision: Decision,
    request: PlannedRequest,
  ): ForwardPlan {
    const name = JSON.stringify([decision.source, decision.rule, fault]);
    let budgets = this.#budgets.get(name);
    if (budgets === undefined) {
      budgets = new RateLimits(fault.budget, fault.provider);
      const [oldest] = this.#budgets.keys();
      if (this.#budgets.size >= maxBudgets && oldest !== undefined) this.#budgets.delete(oldest);
      this.#budgets.set(name, budgets);
    }
    const known = budgets;
    const scope = rateLimitScope(fault.per, request.summary);
    const estimatedInputTokens = estimateTokens(request.facts.body?.length ?? 0);
    const { wallMs, requestId: id, marker } = responseContext(decision, request, fault.provider);
    const admission = known.admit(scope, { inputTokens: estimatedInputTokens, nowMs: wallMs, requestId: id });
    if (admission.kind === "admitted")
      return {
        kind: "admitted",
        headers: admission.headers,
        settle: (inputTokens, outputTokens, nowMs) =>
          known.settle(scope, {
            estimatedInputTokens,
            inputTokens: inputTokens ?? estimatedInputTokens,
            outputTokens,
            nowMs,
          }),
      };
    const { response } = admission;
    const headers: Header[] = [
      ...response.headers,
      ...(marker === null ? [] : [["x-faultwire", marker] as const]),
    ];
    return { kind: "answer", response: { ...response, headers } };
  }
}

const undone = (reason: string): ForwardPlan => ({ kind: "undone", reason });
const hold = (holdMs: number): ForwardPlan => ({ kind: "continue", holdMs });

const drawn = (decision: Decision, purpose: string, duration: Duration | null): number =>
  duration === null ? 0 : drawDuration(duration, (index) => decision.random(purpose, index));

/** What an injected response has to know; its id is the decision's, the same in every run. */
function responseContext(
  { rule, matchNumber, marker }: Decision,
  { summary, facts, wallMs }: PlannedRequest,
  provider = summary.provider ?? "anthropic",
): { requestId: string; nowMs: number; wallMs: number; marker: string | null } {
  const id = requestId(provider, `${rule}/${facts.connection}`, matchNumber);
  return { requestId: id, nowMs: wallMs, wallMs, marker };
}

/** The malformations that a host can send which frames its responses itself. */
const sendable: ReadonlySet<string> = new Set(["invalid-json", "wrong-content-type", "html"]);

function planMalformed(
  how: Extract<Fault, { readonly kind: "http.malformed" }>["how"],
  decision: Decision,
  request: PlannedRequest,
): ForwardPlan {
  if (!sendable.has(how)) return undone(`${how}: the host frames its responses itself`);
  const provider = request.summary.provider ?? "anthropic";
  const { bytes } = malformedResponse(how, provider, responseContext(decision, request));
  const reader = new ResponseReader();
  reader.expect("POST");
  let response: HttpResponse = { status: 200, headers: [], body: new Uint8Array(0) };
  for (const item of reader.push(bytes))
    if (item.kind === "head") response = { ...response, status: item.status, headers: item.headers };
    else if (item.kind === "body") response = { ...response, body: item.data };
  return { kind: "answer", response };
}

function planRequestBody(decision: Decision, { facts, summary, nowMs }: PlannedRequest): ForwardPlan {
  const { body } = facts;
  if (body === null || body.length === 0) return undone("the request has no body to be touched");
  const created = createMachine(decision.fault, {
    startMs: nowMs,
    random: decision.random,
    provider: summary.provider,
    requestId: "",
    isEventStream: false,
    bodyBytes: body.length,
  });
  if (created.kind === "none") return undone(created.reason);
  const { bytes, tookMs } = changeWholeBody(created.machine, body, nowMs);
  const { outcome } = created.machine;
  if (outcome.kind === "undone") return outcome;
  return { kind: "continue", holdMs: tookMs, body: bytes };
}
