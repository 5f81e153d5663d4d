/** What a decision about a request means: a value, before anything is sent, whatever carries the messages. */
import {
  type Decision,
  type Duration,
  type Fault,
  faultResponse,
  type GrpcFault,
  type Http2Fault,
  type ModelFault,
  malformedResponse,
  type RequestSummary,
  type ResponseDelay,
  rateLimitScope,
  type StreamFault,
  type TlsFault,
  type WebSocketFault,
} from "@faultwire/fault-engine";
import {
  asGrpcAnswer,
  changedHeaders,
  DEFAULT_PROVIDER,
  drawDuration,
  estimateTokens,
  isGrpcFault,
  isInPlaceOfResponse,
  isWebSocketFault,
  mainFault,
  requestProvider,
  statusAnswer,
} from "@faultwire/fault-engine/internal";
import { isGrpcContentType } from "@faultwire/grpc";
import { type Header, type HttpResponse, headerValue } from "@faultwire/http1";
import type { EndKind } from "../carrier.ts";
import { connectedAlready } from "../connected-already.ts";
import { notHttp2, noWebSocket } from "../not-http2.ts";
import type { FaultDesk } from "./fault-desk.ts";
import type { MessageHead } from "./message-head.ts";

/**
 * What is to be done with a request, as messages: a carrier turns them into HTTP/1.1 bytes, HTTP/2 frames or a
 * `Response`.
 */
export type RequestPlan =
  /** The request goes on, and so does its response. */
  | { readonly kind: "pass" }
  /** The request does not go on; the client gets this response. */
  | {
      readonly kind: "answer";
      /** The answer, whole. */
      readonly response: HttpResponse;
      /** Whether the client's connection ends with it. */
      readonly closes: boolean;
      /** The response comes late; `null` at once. */
      readonly delay: ResponseDelay | null;
    }
  /** The request does not go on; the client gets these bytes, which are no proper message of HTTP/1.1. */
  | {
      readonly kind: "raw";
      /** What goes out, as it stands. */
      readonly bytes: Uint8Array;
      readonly closes: boolean;
      /** The status that a client reads; `null` where its status line can't be read. */
      readonly status: number | null;
      /** Whether a client reads the message to its end: only what is in it is wrong. */
      readonly isWhole: boolean;
      /** Milliseconds from the answer's turn until it comes; left out: at once. */
      readonly waitMs?: number;
    }
  /** The request does not go on; the client gets nothing but the end of its connection. */
  | {
      readonly kind: "end";
      /** How the connection ends. */
      readonly how: EndKind;
      /** Milliseconds from the end's turn until it comes; left out: at once. */
      readonly waitMs?: number;
    }
  /** The request waits before it goes on; `null` is for ever. */
  | {
      readonly kind: "wait";
      /** Milliseconds; `null` is for ever. */
      readonly ms: number | null;
    }
  /** The request goes on; something happens to its response. */
  | {
      readonly kind: "change";
      /** What happens to the response. */
      readonly fault: Fault;
      /** Whether the client's connection ends with it. */
      readonly ends: boolean;
      /** Laid over the response's headers. */
      readonly headers: readonly Header[];
      /** Takes the tokens that the response says it used from a budget; `null` where there is none. */
      readonly settle: SettleUsage | null;
      /** What else happens to the response; left out: nothing. */
      readonly beside?: FaultsBeside;
    }
  /** It can't be done here. */
  | {
      readonly kind: "none";
      /** Why it can't be done, in words. */
      readonly reason: string;
    };

/** Faults of the same rule that happen to a response beside the one that it is about. */
export interface FaultsBeside {
  /** In the order of `PIPELINE`. */
  readonly faults: readonly Fault[];
  /** Says which of them were not carried out, and why; `undefined` where all were. Set by whoever changes the response. */
  missing: () => string | undefined;
}

/** Takes tokens from a budget; `null` where the response does not say. */
export type SettleUsage = (inputTokens: number | null, outputTokens: number | null) => void;

/** An answer of ours. */
export type AnswerPlan = Extract<RequestPlan, { readonly kind: "answer" }>;

/** What a plan is made from. */
export interface PlanFacts {
  /** The rule's hit. */
  readonly decision: Decision;
  /** The head of the request. */
  readonly head: MessageHead;
  /** What the request asks for. */
  readonly summary: RequestSummary;
  /** Bytes of the request's body, as far as they are known. */
  readonly bodyBytes: number;
  /** Budgets that the plan may count in. */
  readonly desk: FaultDesk;
  /** Whether the connection ends with an answer of ours in any case. */
  readonly last: boolean;
  /** Whether the request is one of HTTP/2, over which alone gRPC is spoken, and whose frames are ours; false unless given. */
  readonly isHttp2?: boolean;
}

/** Why a fault of gRPC is none of HTTP/1.1. */
export const grpcNeedsHttp2 = "gRPC is spoken over HTTP/2 only";

/** Makes a plan. */
export function planRequest(facts: PlanFacts): RequestPlan {
  const plan = planFault(facts);
  const { also = [] } = facts.decision;
  return also.length === 0 ? plan : withOthers(plan, also);
}

/** What several faults of one rule mean together: an answer of ours may be late and have other headers, the rest happens to a response. */
function withOthers(plan: RequestPlan, also: readonly Fault[]): RequestPlan {
  if (plan.kind === "answer") {
    const late = also.find((fault) => fault.kind === "http.delay");
    const changes = also.find((fault) => fault.kind === "http.headers");
    const { response } = plan;
    const headers = changes ? changedHeaders(response.headers, changes) : response.headers;
    return { ...plan, response: { ...response, headers }, delay: late ?? plan.delay };
  }
  if (plan.kind !== "change") return plan;
  const ends = plan.ends || also.some((fault) => fault.kind === "http.truncate" || endsByItself(fault));
  // A request within its budget is hit by nothing but the others.
  const main = plan.fault.kind === "http.rate-limit" ? mainFault(also) : plan.fault;
  return { ...plan, fault: main, ends, beside: besides(also.filter((fault) => fault !== main)) };
}

const besides = (faults: readonly Fault[]): FaultsBeside => ({ faults, missing: () => undefined });

/** One that stops a stream otherwise than in order ends the connection with it. */
const endsByItself = (fault: Fault): boolean =>
  "stop" in fault && fault.stop !== "clean" && fault.stop !== "none";

function planFault(facts: PlanFacts): RequestPlan {
  const { decision, head, isHttp2 = false } = facts;
  const { fault } = decision;
  const isCall = isHttp2 && isGrpcContentType(headerValue(head.headers, "content-type"));
  if (isGrpcFault(fault)) return planGrpc(fault, facts, isCall);
  const plan = planHttp(fault, facts);
  const isAsWritten =
    fault.kind === "http.error" && headerValue(fault.answer.headers, "content-type") !== undefined;
  if (plan.kind !== "answer" || !isCall || isAsWritten) return plan;
  return { ...plan, response: asGrpcAnswer(plan.response) };
}

function planGrpc(
  fault: GrpcFault,
  { decision, isHttp2 = false, last }: PlanFacts,
  isCall: boolean,
): RequestPlan {
  if (!isHttp2) return { kind: "none", reason: grpcNeedsHttp2 };
  if (!isCall) return { kind: "none", reason: "the request is no gRPC call" };
  if (fault.kind !== "grpc.status" || fault.afterMessages !== null) return change(fault, false);
  const { late } = fault;
  const delay = late === undefined ? null : { beforeHead: late, beforeBody: null, perChunk: null };
  return { kind: "answer", response: statusAnswer(fault, decision.marker), closes: last, delay };
}

function planHttp(fault: Exclude<Fault, GrpcFault>, facts: PlanFacts): RequestPlan {
  const { decision, head, desk, last } = facts;
  switch (fault.kind) {
    case "http.error":
      return {
        ...answer(faultResponse(fault.answer, desk.answerContext(decision, head)), facts),
        delay: fault.delay,
      };
    case "http.empty":
      return { kind: "end", how: "fin", ...waitOf(fault.late, decision) };
    case "http.malformed": {
      const provider = requestProvider(head) ?? DEFAULT_PROVIDER;
      const context = desk.answerContext(decision, head);
      const { bytes, close, status, isWhole } = malformedResponse(fault.how, provider, context);
      return { kind: "raw", bytes, closes: close || last, status, isWhole, ...waitOf(fault.late, decision) };
    }
    case "http.rate-limit":
      return admit(facts, fault);
    case "connect.refuse":
      return { kind: "none", reason: connectedAlready };
    case "connection.close":
    case "connection.reset":
      return endAt(fault);
    case "connection.stall":
      if (fault.at.kind === "moment" && fault.at.moment === "request")
        return { kind: "wait", ms: fault.forMs };
      if (fault.at.kind === "bytes" && fault.at.from === "client") return { kind: "wait", ms: fault.forMs };
      return change(fault, false);
    case "connection.latency":
      if (fault.per === "chunk") return change(fault, false);
      return { kind: "wait", ms: drawDuration(fault.duration, (index) => decision.random("latency", index)) };
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
      if (fault.from === "client")
        return {
          kind: "none",
          reason: "a rule for requests changes response bodies only; write one for connections",
        };
      return change(fault, false);
    case "http.delay":
      return change(fault, false);
    case "http.headers":
      return { ...change(fault, false), beside: besides([]) };
    case "http.truncate":
      return change(fault, true);
    case "http2.reset":
    case "http2.goaway":
    case "http2.settings":
    case "http2.window":
    case "http2.ping":
    case "http2.frame":
    case "http2.headers":
      return planHttp2(fault, facts.isHttp2 ?? false);
    default:
      return planLayer(fault, facts.isHttp2 ?? false);
  }
}

/** How long an answer waits that is no message. */
function waitOf(late: Duration | undefined, decision: Decision): { readonly waitMs?: number } {
  return late === undefined ? {} : { waitMs: drawDuration(late, (index) => decision.random("delay", index)) };
}

/** Frames of HTTP/2 are no matter of messages: what is done with them, the exchanges of HTTP/2 know. */
function planHttp2(fault: Http2Fault, isHttp2: boolean): RequestPlan {
  if (!isHttp2) return { kind: "none", reason: notHttp2 };
  return isInPlaceOfResponse(fault) ? { kind: "end", how: "reset" } : change(fault, false);
}

type LayerFault = StreamFault | ModelFault | TlsFault | WebSocketFault;

/** What all faults of a layer have in common: a new one of streams, models or TLS needs no line here. */
function planLayer(fault: LayerFault, isHttp2: boolean): RequestPlan {
  if (isOfLayer(fault, "tls"))
    return { kind: "none", reason: "a fault of TLS is decided for connections, not for requests" };
  // It begins behind a 101, and ends the connection by itself.
  if (isWebSocketFault(fault)) return isHttp2 ? { kind: "none", reason: noWebSocket } : change(fault, false);
  // One that stops a stream otherwise than in order ends the connection with it.
  return change(fault, "stop" in fault && fault.stop !== "clean" && fault.stop !== "none");
}

const isOfLayer = (fault: LayerFault, layer: "tls"): fault is TlsFault => fault.kind.startsWith(`${layer}.`);

/** Whether a plan lets a request pass because its budget allows it. */
export function isAdmission(plan: RequestPlan | null): boolean {
  return plan?.kind === "change" && plan.settle !== null && plan.fault.kind === "http.rate-limit";
}

/**
 * The headers of a request whose response is to be read and changed: it must not be compressed.
 *
 * @returns the same array where nothing has to be changed.
 * @example
 * ```ts
 * const headers = readableHeaders([["content-type", "application/json"]]);
 * ```
 */
export function readableHeaders(headers: readonly Header[]): readonly Header[] {
  if (headerValue(headers, "accept-encoding") === undefined) return headers;
  return headers.map(
    ([name, value]): Header => [name, name.toLowerCase() === "accept-encoding" ? "identity" : value],
  );
}

/**
 * The headers of a request for a WebSocket on which messages are left out or sent twice: a compressed message depends on
 * those before it (RFC 7692 section 7.1.1), so that none of it would be read any more.
 *
 * @returns the same array where nothing has to be changed.
 */
export function withoutExtensions(headers: readonly Header[]): readonly Header[] {
  if (headerValue(headers, "sec-websocket-extensions") === undefined) return headers;
  return headers.filter(([name]) => name.toLowerCase() !== "sec-websocket-extensions");
}

type EndFault = Extract<Fault, { readonly kind: "connection.close" | "connection.reset" }>;

function endAt(fault: EndFault): RequestPlan {
  const end: RequestPlan = { kind: "end", how: fault.kind === "connection.close" ? "fin" : "reset" };
  if (fault.at.kind === "moment") return fault.at.moment === "response-head" ? change(fault, true) : end;
  // The upstream would wait for the rest of a request that was cut off: better that it sees none.
  return fault.at.from === "client" ? end : change(fault, true);
}

function admit(facts: PlanFacts, fault: Extract<Fault, { kind: "http.rate-limit" }>): RequestPlan {
  const { decision, head, desk, summary } = facts;
  const limits = desk.budgetOf(decision.rule, fault);
  const scope = rateLimitScope(fault.per, summary);
  const inputTokens = estimateTokens(facts.bodyBytes);
  const { requestId, marker, nowMs } = desk.answerContext(decision, head);
  const provider = fault.provider ?? requestProvider(head) ?? DEFAULT_PROVIDER;
  const admission = limits.admit(scope, { inputTokens, nowMs, requestId, provider });
  if (admission.kind === "refused") {
    const { status, headers, body } = admission.response;
    const marked: Header[] = marker === null ? [...headers] : [...headers, ["x-faultwire", marker]];
    return answer({ status, headers: marked, body }, facts);
  }
  return {
    kind: "change",
    fault,
    ends: false,
    headers: admission.headers,
    settle: (input, output) =>
      limits.settle(scope, {
        estimatedInputTokens: inputTokens,
        inputTokens: input ?? inputTokens,
        outputTokens: output ?? 0,
        nowMs: desk.nowMs,
      }),
  };
}

function answer(response: HttpResponse, { last }: PlanFacts): AnswerPlan {
  return { kind: "answer", response, closes: last, delay: null };
}

/** Whether a plan does nothing to the body, and reads nothing in it: the upstream may compress it. */
export function leavesBody({ fault, settle, beside }: ChangeOfResponse): boolean {
  return fault.kind === "http.headers" && settle === null && (beside?.faults.length ?? 0) === 0;
}

type ChangeOfResponse = Extract<RequestPlan, { readonly kind: "change" }>;

function change(fault: Fault, ends: boolean): ChangeOfResponse {
  return { kind: "change", fault, ends, headers: [], settle: null };
}
