/** Carries a fault out on a whole response in forward mode. */
import type { Decision, ResponseDelay } from "@faultwire/fault-engine";
import { wireMachines } from "@faultwire/fault-session/internal";
import {
  ChangedMessage,
  type ChangePlan,
  type FaultDesk,
  type MessageHead,
} from "@faultwire/fault-session/messages";
import type { Header } from "@faultwire/http1";
import { runWhole, tooManySteps } from "./whole-body.ts";

/** A response whose body is there, as its `content-encoding` made it. */
export interface WholeResponse {
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** What became of it. */
export type ChangedWhole =
  | {
      readonly kind: "changed";
      readonly headers: readonly Header[];
      readonly body: Uint8Array;
      /** How much later than the response the last of it would have come, in ms. */
      readonly tookMs: number;
      /** Whether the client gets less than the upstream's body. */
      readonly isCut: boolean;
      /** What of its head the client does not get, in words. */
      readonly leftOut?: string | undefined;
    }
  | { readonly kind: "undone"; readonly reason: string };

/** Changes a response; `nowMs` is the time on the clock of the faults. */
export type ResponseChange = (response: WholeResponse, nowMs: number) => ChangedWhole;

/** What a plan does to the response. */
export function changeByPlan(
  decision: Decision,
  plan: ChangePlan,
  head: MessageHead,
  desk: FaultDesk,
): ResponseChange {
  return ({ headers, body }, nowMs) => {
    const { requestId } = desk.answerContext(decision, head);
    const response = { headers, isEncoded: true, bodyBytes: body.length, hasBody: body.length > 0 };
    const { codings } = desk;
    const message = new ChangedMessage({
      decision,
      plan,
      request: head,
      requestId,
      nowMs,
      codings,
      response,
    });
    message.begin(nowMs);
    const whole = runWhole(message, body, nowMs);
    if (message.undoneReason !== null) return { kind: "undone", reason: message.undoneReason };
    if (whole === undefined) return { kind: "undone", reason: tooManySteps };
    const { bytes, tookMs } = whole;
    const { isCut, leftOut } = message;
    return { kind: "changed", headers: message.headers, body: bytes, tookMs, isCut, leftOut };
  };
}

/** What a fault of the connection's bytes does to the response; `undefined` where it is about the client's alone. */
export function changeByBytes(decision: Decision, nowMs: number): ResponseChange | undefined {
  if (wireMachines(decision, nowMs).server === undefined) return undefined;
  return ({ headers, body }, atMs) => {
    const machine = wireMachines(decision, atMs).server;
    const whole = machine && runWhole(machine, body, atMs);
    if (machine?.outcome.kind === "undone") return machine.outcome;
    if (whole === undefined) return { kind: "undone", reason: tooManySteps };
    return { kind: "changed", headers, body: whole.bytes, tookMs: whole.tookMs, isCut: false };
  };
}

/** How long a delay holds a response that comes in one piece, in ms. */
export function delayMs(
  decision: Decision,
  delay: ResponseDelay,
  head: MessageHead,
  desk: FaultDesk,
  nowMs: number,
): number {
  const fault = { kind: "http.delay", ...delay } as const;
  const plan = { kind: "change", fault, ends: false, headers: [], settle: null } as const;
  const changed = changeByPlan(decision, plan, head, desk)({ headers: [], body: onePiece }, nowMs);
  return changed.kind === "changed" ? changed.tookMs : 0;
}

const onePiece = new Uint8Array(1);
