/** What a decision means for one whole request in forward mode, before it is sent on. */
import {
  createMachine,
  type Decision,
  type Duration,
  drawDuration,
  estimateTokens,
  type Fault,
  type FaultResponseContext,
  faultResponse,
  malformedResponse,
  type RequestFacts,
  type RequestSummary,
  type ResponseDelay,
  rateLimitScope,
} from "@faultwire/fault-engine";
import type { FaultDesk } from "@faultwire/fault-session";
import { type Header, type HttpResponse, ResponseReader } from "@faultwire/http1";
import { forwardWay } from "./forward-way.ts";
import { changeWholeBody } from "./whole-body.ts";

/** What is to be done. */
export type ForwardPlan =
  /** The client is answered after `holdMs` (at once without it), and the upstream hears nothing. */
  | { readonly kind: "answer"; readonly response: HttpResponse; readonly holdMs?: number }
  /** The request goes on after `holdMs`, with another body where one is given. */
  | { readonly kind: "continue"; readonly holdMs: number; readonly body?: Uint8Array }
  /** The response's body is to be changed, or the response to be held. */
  | { readonly kind: "response" }
  /** A budget lets the request pass: no fault. `settle` takes what the response says it used. */
  | {
      readonly kind: "admitted";
      readonly headers: readonly Header[];
      readonly settle: (inputTokens: number | null, outputTokens: number) => void;
    }
  | { readonly kind: "undone"; readonly reason: string };

/** A request, as the plan needs it. */
export interface PlannedRequest {
  readonly facts: RequestFacts & { readonly body: Uint8Array | null };
  readonly summary: RequestSummary;
  /** Milliseconds on the clock of the faults. */
  readonly nowMs: number;
}

/** What `decision` does to the request. */
export function planForward(decision: Decision, request: PlannedRequest, desk: FaultDesk): ForwardPlan {
  const { fault } = decision;
  const ability = forwardWay.abilities[fault.kind];
  if (ability.kind === "no") return undone(ability.reason);
  switch (fault.kind) {
    case "http.error":
      return {
        kind: "answer",
        response: faultResponse(fault.answer, desk.answerContext(decision, request.facts)),
        holdMs: fault.delay === null ? 0 : delayMs(decision, fault.delay),
      };
    case "http.malformed":
      return planMalformed(fault.how, request, desk.answerContext(decision, request.facts));
    case "http.rate-limit":
      return planBudget(fault, decision, request, desk);
    case "http.delay":
      return hold(delayMs(decision, fault));
    case "connection.latency":
      return hold(drawn(decision, "latency", fault.duration));
    case "connection.stall":
      return fault.forMs === null ? undone(forEver) : hold(fault.forMs);
    case "stream.stall":
      return fault.forMs === null ? undone(forEver) : { kind: "response" };
    case "connection.throttle":
    case "connection.corrupt":
      return fault.from === "client" ? planRequestBody(decision, request) : { kind: "response" };
    default:
      return { kind: "response" };
  }
}

const forEver = "a call can't be held for ever";

function planBudget(
  fault: Extract<Fault, { readonly kind: "http.rate-limit" }>,
  decision: Decision,
  { facts, summary }: PlannedRequest,
  desk: FaultDesk,
): ForwardPlan {
  const budgets = desk.budgetOf(decision.rule, fault);
  const scope = rateLimitScope(fault.per, summary);
  const estimatedInputTokens = estimateTokens(facts.body?.length ?? 0);
  const { requestId, nowMs, marker } = desk.answerContext(decision, facts);
  const admission = budgets.admit(scope, { inputTokens: estimatedInputTokens, nowMs, requestId });
  if (admission.kind === "refused") {
    const { response } = admission;
    const marked: readonly Header[] = marker === null ? [] : [["x-faultwire", marker]];
    return { kind: "answer", response: { ...response, headers: [...response.headers, ...marked] } };
  }
  return {
    kind: "admitted",
    headers: admission.headers,
    settle: (inputTokens, outputTokens) =>
      budgets.settle(scope, {
        estimatedInputTokens,
        inputTokens: inputTokens ?? estimatedInputTokens,
        outputTokens,
        nowMs: desk.nowMs,
      }),
  };
}

const undone = (reason: string): ForwardPlan => ({ kind: "undone", reason });
const hold = (holdMs: number): ForwardPlan => ({ kind: "continue", holdMs });

const drawn = (decision: Decision, purpose: string, duration: Duration | null): number =>
  duration === null ? 0 : drawDuration(duration, (index) => decision.random(purpose, index));

/** A whole message has one head, one body and one chunk. */
const delayMs = (decision: Decision, { beforeHead, beforeBody, perChunk }: ResponseDelay): number =>
  drawn(decision, "delay-head", beforeHead) +
  drawn(decision, "delay-first", beforeBody) +
  drawn(decision, "delay-chunk", perChunk);

/** The malformations that a host can send which frames its responses itself. */
const sendable: ReadonlySet<string> = new Set(["invalid-json", "wrong-content-type", "html"]);

function planMalformed(
  how: Extract<Fault, { readonly kind: "http.malformed" }>["how"],
  { summary }: PlannedRequest,
  context: FaultResponseContext,
): ForwardPlan {
  if (!sendable.has(how)) return undone(`${how}: the host frames its responses itself`);
  const { bytes } = malformedResponse(how, summary.provider ?? "anthropic", context);
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
