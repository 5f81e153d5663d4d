/** Carries a decision out on a whole response in forward mode. */
import { createMachine, type Decision, isEventStream, type RequestSummary } from "@faultwire/fault-engine";
import { type Header, headerValue } from "@faultwire/http1";
import { changeWholeBody } from "./whole-body.ts";

/** What became of a response. */
export type ForwardResponse =
  | {
      readonly kind: "changed";
      readonly headers: readonly Header[];
      readonly body: Uint8Array;
      /** How long the response is to be held, in ms. */
      readonly holdMs: number;
      /** Whether the body came to its own end. */
      readonly isWhole: boolean;
    }
  | { readonly kind: "undone"; readonly reason: string };

/** What is known of the response, and of its request. */
export interface AnsweredRequest {
  readonly summary: RequestSummary;
  /** For error events where the response has no id of its own. */
  readonly requestId: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  /** Milliseconds on the clock of the faults. */
  readonly nowMs: number;
}

/** Changes a response as the fault says. The status stays: the host takes no other. */
export function faultedWholeResponse(decision: Decision, response: AnsweredRequest): ForwardResponse {
  const { summary, headers, body, nowMs } = response;
  const created = createMachine(decision.fault, {
    startMs: nowMs,
    random: decision.random,
    provider: summary.provider,
    requestId: headerValue(headers, "request-id") ?? response.requestId,
    isEventStream: isEventStream(headers),
    bodyBytes: body.length,
  });
  if (created.kind === "none") return { kind: "undone", reason: created.reason };
  const changed = changeWholeBody(created.machine, body, nowMs);
  const { outcome } = created.machine;
  if (outcome.kind === "undone") return outcome;
  const kept = headers.filter(([name]) => !/^(?:content-length|x-faultwire)$/i.test(name));
  const marker: readonly Header[] = decision.marker === null ? [] : [["x-faultwire", decision.marker]];
  return {
    kind: "changed",
    headers: [...kept, ...marker, ["content-length", String(changed.bytes.length)]],
    body: changed.bytes,
    holdMs: changed.tookMs,
    isWhole: changed.isWhole,
  };
}
