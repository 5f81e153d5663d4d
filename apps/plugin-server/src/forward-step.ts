/** What a plan means for one whole request in forward mode, before it is sent on. */
import type { Decision } from "@faultwire/fault-engine";
import { drawDuration } from "@faultwire/fault-engine/internal";
import type { FaultDesk } from "@faultwire/fault-session";
import { leavesBody, type RequestPlan, wireMachines } from "@faultwire/fault-session/internal";
import { type HttpResponse, type RequestHead, ResponseReader } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { forwardWay, hostsConnection } from "./forward-way.ts";
import { changeByBytes, changeByPlan, delayMs, type ResponseChange } from "./response-change.ts";
import { runWhole, tooManySteps } from "./whole-body.ts";

/** What is to be done with a request. Times are in ms. */
export type ForwardStep =
  /** The client is answered after `holdMs`, and the upstream does not see the request. */
  | { readonly kind: "answer"; readonly response: HttpResponse; readonly holdMs: number }
  | {
      /** The request goes on after `holdMs`. */
      readonly kind: "continue";
      readonly holdMs: number;
      /** Goes on in place of the request's body; `null`: that one goes on. */
      readonly body: Uint8Array | null;
      /** Happens to the response. */
      readonly change: ResponseChange | null;
      /** Whether it has to read the body for that, which must not be compressed then. */
      readonly readsBody: boolean;
    }
  | { readonly kind: "undone"; readonly reason: string };

const several = "forward mode carries out one fault of a rule at a time, and this rule has several";

/** A request that was decided about. */
export interface DecidedRequest {
  readonly head: Pick<RequestHead, "method" | "target" | "headers">;
  /** `null` where it is too long to be read. */
  readonly body: Uint8Array | null;
  readonly desk: FaultDesk;
  /** Milliseconds on the clock of the faults. */
  readonly nowMs: number;
}

/**
 * What a decision does to a request.
 *
 * A wait is spent before the request goes on and not before its response goes back. The host does not say which request a
 * response belongs to, and shows no event streams of its HTTP mappings.
 *
 * @param plan - `null` if the decision is about the connection. Each request counts as a connection of its own.
 */
export function forwardStep(
  decision: Decision,
  plan: RequestPlan | null,
  request: DecidedRequest,
): ForwardStep {
  const { fault } = decision;
  const { head, desk, nowMs } = request;
  const ability = forwardWay.abilities[fault.kind];
  if (ability.kind === "no") return undone(ability.reason);
  if (decision.also !== undefined) return undone(several);
  switch (fault.kind) {
    case "connection.stall":
      return hold(fault.forMs);
    case "connection.latency":
      return hold(drawDuration(fault.duration, (index) => decision.random("latency", index)));
    case "connection.throttle":
    case "connection.corrupt":
      return touchBytes(decision, request);
    case "http.delay":
      return hold(delayMs(decision, fault, head, desk, nowMs));
    case "stream.stall":
      if (fault.forMs === null) return undone(forEver);
      break;
    default:
  }
  switch (plan?.kind) {
    case "answer": {
      const { response, delay } = plan;
      const holdMs = delay === null ? 0 : delayMs(decision, delay, head, desk, nowMs);
      return { kind: "answer", response, holdMs };
    }
    case "raw": {
      const response = readResponse(plan.bytes);
      if (response !== undefined) return { kind: "answer", response, holdMs: plan.waitMs ?? 0 };
      const what = fault.kind === "http.malformed" ? fault.how : fault.kind;
      return undone(`${what}: the host frames its responses itself`);
    }
    case "wait":
      return hold(plan.ms);
    case "change":
      // A budget changes headers alone, and its request is none that fails.
      if (plan.settle !== null) return goOn({});
      return goOn({ change: changeByPlan(decision, plan, head, desk), readsBody: !leavesBody(plan) });
    case "none":
      return undone(plan.reason);
    case "end":
    case "pass":
    case undefined:
      return undone(hostsConnection);
    default:
      return plan satisfies never;
  }
}

const forEver = "a call can't be held for ever";

const undone = (reason: string): ForwardStep => ({ kind: "undone", reason });
const goOn = (how: Partial<Extract<ForwardStep, { readonly kind: "continue" }>>): ForwardStep => ({
  holdMs: 0,
  body: null,
  change: null,
  readsBody: how.change != null,
  ...how,
  kind: "continue",
});
const hold = (ms: number | null): ForwardStep => (ms === null ? undone(forEver) : goOn({ holdMs: ms }));

/** Reads bytes as one whole response; `undefined` where they are none: the host could not send them as they are. */
function readResponse(bytes: Uint8Array): HttpResponse | undefined {
  const reader = new ResponseReader();
  reader.expect("GET");
  const [head, ...items] = [...reader.push(bytes), ...reader.finish()];
  if (head?.kind !== "head" || items.at(-1)?.kind !== "end") return undefined;
  const body = items.flatMap((item) => (item.kind === "body" ? [item.data] : []));
  if (body.length < items.length - 1) return undefined;
  return { status: head.status, headers: head.headers, body: joinBytes(body) };
}

/** A fault of the connection's bytes, on the bodies. */
function touchBytes(decision: Decision, { body, nowMs }: DecidedRequest): ForwardStep {
  const change = changeByBytes(decision, nowMs) ?? null;
  const { client } = wireMachines(decision, nowMs);
  if (client === undefined) return goOn({ change });
  const untouched = (reason: string): ForwardStep => (change === null ? undone(reason) : goOn({ change }));
  if (body === null) return untouched("the request's body is too long to be touched");
  if (body.length === 0) return untouched("the request has no body to be touched");
  const whole = runWhole(client, body, nowMs);
  if (client.outcome.kind === "undone") return untouched(client.outcome.reason);
  if (whole === undefined) return untouched(tooManySteps);
  return goOn({ holdMs: whole.tookMs, body: whole.bytes, change });
}
