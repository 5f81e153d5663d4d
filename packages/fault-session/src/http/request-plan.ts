/** What a decision about a request means on a connection that speaks HTTP/1.1: a value, before anything is sent. */
import {
  type Decision,
  drawDuration,
  estimateTokens,
  type Fault,
  faultResponse,
  malformedResponse,
  type RequestSummary,
  type ResponseDelay,
  rateLimitScope,
  requestProvider,
  retryAfterMs,
} from "@faultwire/fault-engine";
import {
  encodeHead,
  encodeResponse,
  type Header,
  type HttpResponse,
  headerValue,
  type RequestHead,
} from "@faultwire/http1";
import type { FaultDesk } from "./fault-desk.ts";

/** How the client's end of a connection ends: in order, or as if it broke. */
export type ClientEnd = "close" | "reset";

export type RequestPlan =
  /** The request does not go on; `bytes` (perhaps none) go to the client, and then perhaps the end. */
  | {
      readonly kind: "answer";
      readonly bytes: Uint8Array;
      /** `null` where the bytes are no response. */
      readonly status: number | null;
      readonly retryAfterMs: number | null;
      readonly end: ClientEnd | "none";
      /** The response comes late; `null` at once. */
      readonly delay: ResponseDelay | null;
    }
  /** The request waits before it goes on; `null` is for ever. */
  | { readonly kind: "wait"; readonly ms: number | null }
  /** The request goes on; something happens to its response. */
  | {
      readonly kind: "change";
      readonly fault: Fault;
      /** Whether the client's connection ends with it: the upstream is then asked to close its own. */
      readonly ends: boolean;
      /** Laid over the response's headers. */
      readonly headers: readonly Header[];
      /** Called with the tokens that the response says it used. */
      readonly settle: ((inputTokens: number, outputTokens: number) => void) | null;
    }
  /** It can't be done here. */
  | { readonly kind: "none"; readonly reason: string };

/** An answer of ours. */
export type AnswerPlan = Extract<RequestPlan, { readonly kind: "answer" }>;

/** What a plan is made from. */
export interface PlanFacts {
  readonly decision: Decision;
  readonly head: RequestHead;
  readonly summary: RequestSummary;
  /** Bytes of the request's body, as far as they are known. */
  readonly bodyBytes: number;
  readonly desk: FaultDesk;
  /** Whether the connection ends with an answer of ours in any case. */
  readonly last: boolean;
}

/** Makes a plan. */
export function planRequest(facts: PlanFacts): RequestPlan {
  const { decision, head, desk, last } = facts;
  const { fault } = decision;
  switch (fault.kind) {
    case "http.error":
      return {
        ...answer(faultResponse(fault.answer, desk.answerContext(decision, head)), facts),
        delay: fault.delay,
      };
    case "http.empty":
      return nothing("close");
    case "http.malformed": {
      const provider = requestProvider(head.target, head.headers) ?? "anthropic";
      const { bytes, close } = malformedResponse(fault.how, provider, desk.answerContext(decision, head));
      return {
        kind: "answer",
        bytes,
        status: null,
        retryAfterMs: null,
        end: close || last ? "close" : "none",
        delay: null,
      };
    }
    case "http.rate-limit":
      return admit(facts, fault);
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
    case "model.stop-reason":
    case "model.empty-content":
    case "model.garble-tool-input":
    case "stream.stall":
    case "stream.pace":
    case "stream.drop":
    case "stream.duplicate":
    case "stream.reorder":
    case "stream.split":
    case "stream.damage":
      return change(fault, false);
    case "http.truncate":
      return change(fault, true);
    case "stream.error-event":
    case "stream.cut":
      return change(fault, fault.stop !== "clean");
    case "tls.alert":
    case "tls.certificate":
    case "tls.version":
    case "tls.cipher":
    case "tls.alpn":
    case "tls.handshake-stall":
    case "tls.handshake-slow":
    case "tls.bad-mac":
    case "tls.oversized-record":
    case "tls.garbage":
    case "tls.truncate":
      return { kind: "none", reason: "a fault of TLS is decided for connections, not for requests" };
    default:
      return fault satisfies never;
  }
}

/** The head of a request whose response is to be read and changed: not compressed, and the last one where it must be. */
export function readableRequest(
  head: RequestHead,
  plan: Extract<RequestPlan, { kind: "change" }>,
): Uint8Array {
  const compresses = headerValue(head.headers, "accept-encoding") !== undefined;
  const close = plan.ends && head.version === "1.1";
  if (!compresses && !close) return head.bytes;
  const headers = head.headers
    .filter(([name]) => !(close && name.toLowerCase() === "connection"))
    .map(([name, value]): Header => [name, name.toLowerCase() === "accept-encoding" ? "identity" : value]);
  if (close) headers.push(["connection", "close"]);
  return encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, headers);
}

type EndFault = Extract<Fault, { readonly kind: "connection.close" | "connection.reset" }>;

function endAt(fault: EndFault): RequestPlan {
  const how: ClientEnd = fault.kind === "connection.close" ? "close" : "reset";
  if (fault.at.kind === "moment")
    return fault.at.moment === "response-head" ? change(fault, true) : nothing(how);
  // The upstream would wait for the rest of a request that was cut off: better that it sees none.
  return fault.at.from === "client" ? nothing(how) : change(fault, true);
}

function admit(facts: PlanFacts, fault: Extract<Fault, { kind: "http.rate-limit" }>): RequestPlan {
  const { decision, head, desk, summary } = facts;
  const limits = desk.budgetOf(decision.rule, fault);
  const scope = rateLimitScope(fault.per, summary);
  const inputTokens = estimateTokens(facts.bodyBytes);
  const { requestId, marker, nowMs } = desk.answerContext(decision, head);
  const admission = limits.admit(scope, { inputTokens, nowMs, requestId });
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
        inputTokens: input,
        outputTokens: output,
        nowMs: desk.nowMs,
      }),
  };
}

function answer(response: HttpResponse, { head, last, desk }: PlanFacts): AnswerPlan {
  return {
    kind: "answer",
    bytes: encodeResponse(response, { method: head.method, close: last }),
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers, desk.nowMs),
    end: last ? "close" : "none",
    delay: null,
  };
}

function nothing(end: ClientEnd): RequestPlan {
  return { kind: "answer", bytes: new Uint8Array(0), status: null, retryAfterMs: null, end, delay: null };
}

function change(fault: Fault, ends: boolean): RequestPlan {
  return { kind: "change", fault, ends, headers: [], settle: null };
}
