/** What a failure asks of a client: to wait, to ask again, to leave it, to notice it. */
import { nameOfStatus, STATUS_CODES } from "@faultwire/grpc";
import type { DecisionEvent, EndEvent, GrpcEnd, ResponseEvent } from "../events/event.ts";
import type { FaultKind } from "../faults/fault.ts";
import type { Attempt } from "./attempts.ts";
import type { Looked } from "./demands.ts";
import type { IsHit } from "./hits.ts";
import { http2Subject } from "./http2-subjects.ts";
import type { Operation } from "./operations.ts";
import type { Subject } from "./subject.ts";

/** Statuses that say that the same request will fail again. */
const refusals: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 410, 413, 414, 415, 422]);
/** Presets of limits on spending: they have the status of other errors, and waiting does not help. */
const spendLimits =
  /\/(?:spend_limit|tier_limit|billing_error|insufficient_quota|budget_exceeded|(?:enforced|contract)_spend_limit_reached)$/;
const stalls: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "stream.stall",
  "connection.stall",
  "tls.handshake-stall",
  "websocket.stall",
]);
/** Codes of closes that say that the same WebSocket will be closed again. */
const closedForGood: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/** Statuses of gRPC that pass by themselves. */
const grpcPassing: ReadonlySet<number> = new Set([STATUS_CODES.UNAVAILABLE, STATUS_CODES.RESOURCE_EXHAUSTED]);
/** Those that say that the same call will fail again. */
const grpcRefusals: ReadonlySet<number> = new Set([
  STATUS_CODES.INVALID_ARGUMENT,
  STATUS_CODES.NOT_FOUND,
  STATUS_CODES.ALREADY_EXISTS,
  STATUS_CODES.PERMISSION_DENIED,
  STATUS_CODES.FAILED_PRECONDITION,
  STATUS_CODES.OUT_OF_RANGE,
  STATUS_CODES.UNIMPLEMENTED,
  STATUS_CODES.UNAUTHENTICATED,
]);

/** What a fault of ours came to; `undefined` where nothing is to be expected of a client. */
function subjectOf(attempt: Attempt): Subject | undefined {
  const { request, decision, carriedOut, response, end } = attempt;
  if (decision === null || carriedOut?.type === "undone") return undefined;
  if (decision.fault === "http.rate-limit" && response?.injected !== true) return undefined;
  if (stalls.has(decision.fault))
    return { group: "stalls", subject: standstills[decision.fault] ?? "a standstill" };
  const ofHttp2 = http2Subject(attempt);
  if (ofHttp2 !== null) return ofHttp2;
  if (end?.webSocket) return webSocketSubject(end);
  if (end?.grpc?.status) return grpcSubject(end.grpc.status, decision, response);
  const status = response?.status;
  if (end?.how === "cut" && (status ?? 200) < 400)
    return { group: "cut", subject: request.stream ? "a cut stream" : "a response that ends early" };
  // Its head had come to us, and did not go on.
  const isEndedBefore = end?.how === "failed" && decision.fault.startsWith("connection.");
  if (status === undefined || response?.standsIn || isEndedBefore)
    return end?.how === "failed" ? { group: "passes", subject: "a lost connection" } : undefined;
  if (spendLimits.test(decision.preset ?? ""))
    return { group: "refuses", subject: `${status} (a spend limit)` };
  if (refusals.has(status)) return { group: "refuses", subject: String(status) };
  if (status !== 408 && status !== 429 && status < 500) return undefined;
  return response?.retryAfterMs == null
    ? { group: "passes", subject: String(status) }
    : { group: "asksToWait", subject: String(status) };
}

/**
 * What the status of a gRPC call came to. UNAVAILABLE and RESOURCE_EXHAUSTED pass by themselves. Whether to ask again after ABORTED,
 * CANCELLED, DEADLINE_EXCEEDED, UNKNOWN, INTERNAL and DATA_LOSS depends on what the method does, which nobody here knows.
 */
function grpcSubject(
  { code, pushback, retryDelayMs }: GrpcEnd,
  { preset }: DecisionEvent,
  response: ResponseEvent | null,
): Subject | undefined {
  if (response?.standsIn) return undefined;
  const subject = nameOfStatus(code);
  if (spendLimits.test(preset ?? "")) return { group: "refuses", subject: `${subject} (a spend limit)` };
  if (grpcRefusals.has(code)) return { group: "refuses", subject };
  if (!grpcPassing.has(code)) return undefined;
  if (pushback === "never") return { group: "refuses", subject: `${subject} that forbids retries` };
  if (pushback !== undefined) return { group: "asksToWait", subject: `${subject} with a pushback` };
  if (retryDelayMs !== undefined) return { group: "asksToWait", subject: `${subject} with RetryInfo` };
  return { group: "passes", subject };
}

/**
 * What the end of a WebSocket came to. A close with 1000 is one in order; what codes from 3000 on mean the API's own
 * documentation says.
 */
function webSocketSubject({ how, webSocket }: EndEvent): Subject | undefined {
  if (how !== "cut") return undefined;
  const { code = null, by = "server" } = webSocket?.close ?? {};
  // A client that closes because of what it read met a WebSocket that can't go on.
  if (code === null || by === "client") return { group: "passes", subject: "a WebSocket that breaks off" };
  return {
    group: closedForGood.has(code) ? "refuses" : "passes",
    subject: `a WebSocket closed with ${code}`,
  };
}

const standstills: Partial<Record<FaultKind, string>> = {
  "stream.stall": "a stalled stream",
  "connection.stall": "a stalled connection",
  "tls.handshake-stall": "a stalled handshake",
  "websocket.stall": "a silent WebSocket",
};

/** Every failure of ours that asks something of a client, with the operations that met it. */
export function subjectsOf(operations: readonly Operation[]): [Subject, Looked][] {
  const found = new Map<string, { readonly subject: Subject; readonly operations: Set<Operation> }>();
  for (const operation of operations)
    for (const attempt of operation.attempts) {
      const subject = subjectOf(attempt);
      if (subject === undefined) continue;
      const name = `${subject.group} ${subject.subject}`;
      const row = found.get(name) ?? { subject, operations: new Set<Operation>() };
      found.set(name, row);
      row.operations.add(operation);
    }
  return Array.from(found.values(), ({ subject, operations: of }): [Subject, Looked] => [
    subject,
    {
      operations: [...of],
      isHit: (attempt) => {
        const its = subjectOf(attempt);
        return its?.group === subject.group && its.subject === subject.subject;
      },
    },
  ]);
}

/** Whether a fault of ours asks something of the client of an attempt. */
export const isFailure: IsHit = (attempt) => subjectOf(attempt) !== undefined;
